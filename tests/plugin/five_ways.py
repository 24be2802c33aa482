"""Run by test_plugins.py in a process that sees the package `extra`: its operations in every model and file, its
backend against PyTorch. In float64, with random weights in every role."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.graph.ops import known
from archspec.lowering.backend import ready
from archspec.parity.comparing import compare
from archspec.parity.workers import in_process

LEAKY = str(Path(__file__).with_name("leaky.yaml"))
PLAIN = [{"squares": False, "act": "prelu"}, {"squares": False, "act": "relu6", "slope": 0.5}]
CASES = [{}, *PLAIN]
EVERY = pytest.mark.parametrize("settings", CASES, ids=str)


def relative(found: Any, reference: Any) -> float:
    assert found.shape == reference.shape
    return float(np.abs(found - reference).max() / max(np.abs(reference).max(), 1e-300))


@EVERY
def test_models_and_files_agree(ways: Any, settings: dict[str, Any]) -> None:
    found = ways(LEAKY, **settings)
    reference = found.outputs["torch"]
    assert set(found.outputs) == {"torch", "torch source", "keras", "keras source"}
    assert np.abs(reference).max() > 1e-3
    differences = {way: relative(output, reference) for way, output in found.outputs.items()}
    assert max(differences.values()) <= 1e-10, differences
    assert np.array_equal(found.outputs["torch source"], reference)


@EVERY
def test_rows_agree(ways: Any, settings: dict[str, Any]) -> None:
    found = ways(LEAKY, **settings)
    predicted = {node.path: node.output.shape for node in found.network.graph.nodes()}
    ours = {n.path for n in found.network.graph.nodes() if n.op.name in ("sloped_relu", "prelu")}
    assert ours
    for way, trace in found.traces.items():
        assert ours <= set(trace), way
        for path, value in trace.items():
            assert value.shape[1:] == predicted[path], (way, path)
            if path in found.traces["torch"]:
                assert relative(value, found.traces["torch"][path]) <= 1e-10, (way, path)


@EVERY
def test_weights_are_counted_and_kept(ways: Any, settings: dict[str, Any]) -> None:
    found = ways(LEAKY, **settings)
    for way, model in found.models.items():
        dumped = found.backend(way).dump(model, found.plans[way.split()[0]])
        assert dumped.keys() == found.weights.keys(), way
        for name, array in dumped.items():
            assert np.array_equal(array, found.weights[name]), (way, name)
        assert sum(array.size for array in dumped.values()) == found.network.params.total
    assert any(name.endswith(".slope") for name in found.weights)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_models_are_saved_and_loaded(ways: Any, backend: str, tmp_path: Path) -> None:
    found, chosen = ways(LEAKY), ready(backend)
    path = tmp_path / f"model{chosen.saves[0]}"
    chosen.save(found.models[backend], path, found.inputs[:2])
    restored = chosen.run(chosen.restore(path), found.inputs)
    assert relative(restored, found.outputs[backend]) <= 1e-12


def test_torch_models_are_copied_and_pickled(ways: Any) -> None:
    found, chosen = ways(LEAKY), ready("torch")
    model = found.models["torch"]
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(chosen.run(other, found.inputs), found.outputs["torch"])


@pytest.mark.parametrize("settings", PLAIN, ids=str)
def test_numpy_infers_what_torch_does(ways: Any, settings: dict[str, Any]) -> None:
    """The backend of the package, with operations of the package: rows of both meet in its plan."""
    found, chosen = ways(LEAKY, **settings), ready("numpy")
    model = chosen.build(found.network.graph, found.weights, "float64")
    assert relative(chosen.run(model, found.inputs), found.outputs["torch"]) <= 1e-10
    traced = chosen.trace(model, chosen.lower(found.network.graph), found.inputs)
    assert traced.keys() == {node.path for node in found.network.graph.nodes()}
    for path, value in found.traces["torch"].items():
        assert relative(traced[path], value) <= 1e-10, path


@pytest.mark.parametrize(
    ("spec", "size", "settings"),
    [
        ("mobilenet_v2", (100, 90, 3), {"width": 0.35}),
        ("mobilenet_v1", (75, 62, 3), {"width": 0.25, "top": "logits"}),
        ("mobilenet_v2_keras", (75, 62, 3), {"width": 0.35, "top": "logits"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numpy_gives_the_logits_of_torch(
    spec: str, size: tuple[int, ...], settings: dict[str, Any], test_spec: Any
) -> None:
    network = archspec.load(test_spec(spec), input=size, **settings)
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(1).standard_normal((2, *size))
    logits = {}
    for name in ("torch", "numpy"):
        model = network.build(name, weights=weights, dtype="float64")
        logits[name] = ready(name).run(model, inputs)
    assert np.abs(logits["torch"]).max() > 1e-3
    assert relative(logits["numpy"], logits["torch"]) <= 1e-10


def test_the_comparison_can_fail(ways: Any) -> None:
    """Another slope is another network, in every way."""
    found, other = ways(LEAKY), ways(LEAKY, slope=0.21)
    weights = {name: found.weights[name] for name in other.weights}
    for way, model in other.models.items():
        backend = other.backend(way)
        backend.load(model, other.plans[way.split()[0]], weights)
        assert relative(backend.run(model, found.inputs), found.outputs["torch"]) > 1e-6, way


def test_parity_compares_with_what_the_package_computes() -> None:
    report = compare(archspec.load(LEAKY), ["torch", "keras"], opening=in_process)
    assert report.equal, report.findings
    assert report.asked == ()  # no framework stood in for the reference


@pytest.mark.parametrize(
    ("other", "check", "said"),
    [
        (lambda op, case: np.maximum(case.x, 0), "values", "it gives another output"),
        (lambda op, case: case.weights["slope"] * case.x, "reference", "computed: KeyError"),
        (lambda op, case: None, "shapes", "is predicted"),
    ],
    ids=["relu", "raises", "nothing"],
)
def test_what_the_package_computes_may_be_wrong(
    other: Any, check: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(known()["sloped_relu"]), "compute", other)
    report = compare(archspec.load(LEAKY), ["torch"], opening=in_process)
    assert (report.findings[0].check, report.findings[0].path) == (check, "stem.act")
    assert said in report.findings[0].message
