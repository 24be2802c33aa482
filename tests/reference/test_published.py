"""torchvision's and timm's state dicts imported without a map of names: logits as the published models give them.

Their logits are kept in fixtures/ (make_fixtures.py); `make reference` holds that they still are the libraries'.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.parity.ways import Failure, GeneratedFile, Job, models
from archspec.weights.check import WeightsError
from tests.reference import seeded
from tests.reference.models import MODELS

HERE = Path(__file__).parent / "fixtures"
CASES = [(name, f"{h}x{w}") for name, model in MODELS.items() for h, w in model.sizes]
SMALL = [name for name, model in MODELS.items() if not model.large]
BOUND = 1e-10
Find = Callable[[str], str]


def state_of(name: str) -> dict[str, Any]:
    facts = json.loads((HERE / f"{name}.json").read_text())
    return seeded.state(((k, tuple(shape)) for k, shape in facts["tensors"]), MODELS[name].gain)


def published(name: str, size: str) -> Any:
    with np.load(HERE / f"{name}.npz") as found:
        return found[size]


def apart(found: Any, expected: Any) -> float:
    assert found.shape == expected.shape
    assert expected.std() > 1e-3
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def written(state: dict[str, Any], path: Path) -> Path:
    """A state dict as its library, or a converter, would write it: in order of definition, or in none."""
    if path.suffix == ".pt":
        import torch

        torch.save({name: torch.from_numpy(value) for name, value in state.items()}, path)
    else:
        from safetensors.numpy import save_file

        save_file(state, path)
    return path


@pytest.mark.parametrize(("name", "size"), CASES)
def test_logits_of_an_imported_state_dict(
    test_spec: Find, tmp_path: Path, name: str, size: str
) -> None:
    """In both frameworks, in the model that is built and in the one that the generated file makes."""
    model = MODELS[name]
    height, width = map(int, size.split("x"))
    network = archspec.load(test_spec(model.spec), input=(height, width, 3), **model.vars)
    weights = network.import_weights(state_of(name), layout=model.library)
    inputs = seeded.batch((height, width))
    for backend in ("torch", "keras"):
        chosen, printed = ready(backend), network.printed(backend)
        text = GeneratedFile(printed.text, printed.model)
        job = Job(backend, network.graph, text, weights, inputs, "float64", tmp_path)
        for way, made in models(chosen, job, chosen.lower(network.graph)):
            assert not isinstance(made, Failure), (way, made)
            outputs = np.array(chosen.run(made, inputs))
            assert apart(outputs, published(name, size)) <= BOUND, way
            del made


@pytest.mark.parametrize("name", SMALL)
def test_files_of_a_state_dict(test_spec: Find, tmp_path: Path, name: str) -> None:
    """In order of definition, and in none: numbers and words in names tell which is which."""
    model = MODELS[name]
    network = archspec.load(test_spec(model.spec), **model.vars)
    state = state_of(name)
    first = network.import_weights(state, layout=model.library)
    second = network.import_weights(written(state, tmp_path / "a.pt"), layout=model.library)
    assert all(np.array_equal(value, second[key]) for key, value in first.items())
    unordered = written(state, tmp_path / "a.safetensors")
    third = network.import_weights(unordered, layout=model.library)
    assert all(np.array_equal(value, third[key]) for key, value in first.items())


@pytest.mark.parametrize(
    "fault",
    [{"at": "stem", "set": {"padding": "same"}}, {"at": "stem", "set": {"activation": "relu"}}],
    ids=lambda fault: next(iter(fault["set"])),
)
def test_another_network_is_seen(fault: dict[str, Any]) -> None:
    """The same weights in a network that differs by one word: the comparison above would fail."""
    name = "torchvision_mobilenet_v2"
    spec = {"archspec": 1, "name": "other", "extends": "mobilenet_v2", "edit": [fault]}
    network = archspec.load(spec, input=(100, 90, 3))
    weights = network.import_weights(state_of(name), layout="torchvision")
    model = network.build("torch", weights=weights, dtype="float64")
    found = ready("torch").run(model, seeded.batch((100, 90)))
    assert apart(found, published(name, "100x90")) > 1e-6


@pytest.fixture(scope="session")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported graph with its tensors filled in."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(HERE / "torchvision_mobilenet_v2.onnx")
    for proto in model.graph.initializer:
        values = seeded.tensor(proto.name, tuple(proto.dims))
        proto.CopyFrom(numpy_helper.from_array(values, proto.name))
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    onnx.save(model, path)
    return path


def test_logits_of_imported_onnx(onnx_file: Path) -> None:
    network = archspec.load("mobilenet_v2", width=0.35, classes=10, input=(70, 61, 3))
    weights = network.import_weights(onnx_file)
    with np.load(HERE / "torchvision_mobilenet_v2_onnx.npz") as found:
        expected = found["logits"]
    for backend in ("torch", "keras"):
        model = network.build(backend, weights=weights, dtype="float64")
        assert apart(ready(backend).run(model, seeded.batch((70, 61))), expected) <= BOUND, backend


def test_check_runs_the_onnx_file(onnx_file: Path) -> None:
    """Its epsilon is a float32, so it is not torchvision's to the last digit; the bound is the same."""
    from archspec.workflows.importing import check

    network = archspec.load("mobilenet_v2", width=0.35, classes=10, input=(70, 61, 3))
    weights = network.import_weights(onnx_file)
    assert check(network, weights, onnx_file, "onnx") <= BOUND
    weights["stem.norm.beta"] = weights["stem.norm.beta"] + 0.01
    with pytest.raises(WeightsError, match="differ by"):
        check(network, weights, onnx_file, "onnx")
