"""Prediction = Keras build = PyTorch build = Keras source = PyTorch source, row by row, with random weights in every
role, logits before softmax, at sizes where padding rules differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.lowering.backend import several
from archspec.parity.reference import ArrayFolder, reference

SIZE = (100, 90, 3)
CASES: list[Any] = [
    pytest.param("mobilenet_v1", SIZE, {"top": "logits"}, id="v1"),
    pytest.param(
        "mobilenet_v1", SIZE, {"top": "logits", "width": 0.5, "act": "relu6"}, id="v1-half-relu6"
    ),
    pytest.param("mobilenet_v1", (75, 62, 3), {"top": "none", "width": 0.25}, id="v1-features"),
    pytest.param("mobilenet_v2", SIZE, {"dropout": 0.0}, id="v2"),
    pytest.param("mobilenet_v2", (75, 62, 3), {"dropout": 0.0, "width": 0.35}, id="v2-narrow"),
    pytest.param("efficientnet_lite0", SIZE, {"dropout": 0.0, "drop_path": 0.0}, id="lite0"),
    pytest.param("paddings", None, {}, id="paddings"),
    pytest.param("paddings", None, {"height": 75, "width": 62}, id="paddings-odd"),
    pytest.param("flatten", None, {}, id="flatten-hwc"),
    pytest.param("flatten", None, {"order": "chw"}, id="flatten-chw"),
    pytest.param("dense_blocks", None, {}, id="concat-in-repeat"),
    pytest.param("residuals", None, {"dropout": 0.0}, id="add-under-condition"),
    pytest.param("residuals", None, {"dropout": 0.0, "deep": False}, id="add-shallow"),
    pytest.param("residuals", None, {"dropout": 0.0, "block": "basic"}, id="add-basic"),
    pytest.param("aliases", None, {}, id="values-seen-twice"),
    pytest.param("activations", None, {}, id="activations"),
    pytest.param("activations", None, {"slope": 0.25, "alpha": 1.5}, id="activations-steep"),
    pytest.param("squeeze_excite", None, {}, id="products"),
    pytest.param("conditions", None, {}, id="rows-under-one-condition"),
    pytest.param("passed_on", None, {}, id="rows-that-pass-on"),
    pytest.param("drop_path", None, {"rate": 0.0}, id="no-drop-path"),
    pytest.param("mobilenet_v1_keras", SIZE, {"width": 0.25, "top": "none"}, id="keras-v1"),
    pytest.param("mobilenet_v2_keras", SIZE, {"width": 0.35, "top": "logits"}, id="keras-v2"),
    pytest.param("taps", None, {}, id="read-into-loops"),
    pytest.param("uneven", None, {}, id="uneven-turns"),
    pytest.param("turns", None, {"rate": 0.0}, id="turns-of-one-scope"),
    pytest.param("names", None, {}, id="taken-names"),
    pytest.param("near_names", None, {}, id="near-names"),
    pytest.param("branches", None, {}, id="branches"),
    pytest.param("splits", None, {}, id="splits"),
    pytest.param("siamese", None, {}, id="two-inputs"),
    pytest.param("shares", None, {}, id="shared-weights"),
    pytest.param("one_row", None, {}, id="one-row"),
    pytest.param("shortcut_twice", None, {}, id="shortcut-twice"),
    pytest.param("shortcut_twice", None, {"deep": True}, id="shortcut-twice-deep"),
    pytest.param("one_level", None, {}, id="one-level"),
    pytest.param("one_level", None, {"deep": True}, id="one-level-deep"),
    pytest.param("unet", None, {}, id="computed-paths"),
    pytest.param("unet", None, {"depth": 1, "height": 26}, id="computed-paths-shallow"),
    pytest.param("heads", None, {}, id="several-outputs"),
    pytest.param("heads", None, {"aux": False, "height": 23}, id="one-output-less"),
    pytest.param("operations", None, {}, id="operations"),
    pytest.param("operations", None, {"height": 61, "width": 40}, id="operations-odd"),
    pytest.param("operations_in_blocks", None, {}, id="operations-in-blocks"),
]
EVERY = pytest.mark.parametrize(("spec", "size", "settings"), CASES)


def relative(found: Any, reference: Any) -> float:
    """The largest difference of an output, relative to its largest value; of several outputs the worst."""
    return max(
        difference(one, other)
        for one, other in zip(several(found), several(reference), strict=True)
    )


def difference(found: Any, reference: Any) -> float:
    assert found.shape == reference.shape
    return float(np.abs(found - reference).max() / max(np.abs(reference).max(), 1e-300))


@EVERY
def test_outputs_agree_in_float64(ways: Any, spec: str, size: Any, settings: Any) -> None:
    found = ways(spec, size=size, **settings)
    reference = found.outputs["torch"]
    assert all(np.abs(output).max() > 1e-3 for output in several(reference))
    differences = {way: relative(output, reference) for way, output in found.outputs.items()}
    assert max(differences.values()) <= 1e-10, differences


@EVERY
def test_generated_source_equals_the_build(ways: Any, spec: str, size: Any, settings: Any) -> None:
    found = ways(spec, size=size, **settings)
    assert relative(found.outputs["torch source"], found.outputs["torch"]) == 0.0
    assert relative(found.outputs["keras source"], found.outputs["keras"]) <= 1e-12


@EVERY
def test_every_row_has_the_predicted_shape(ways: Any, spec: str, size: Any, settings: Any) -> None:
    found = ways(spec, size=size, **settings)
    predicted = {node.path: node.output.shape for node in found.network.graph.nodes()}
    for way, trace in found.traces.items():
        assert trace, way
        assert {path: value.shape[1:] for path, value in trace.items()} == {
            path: predicted[path] for path in trace
        }, way
        given = [output.shape[1:] for output in several(found.outputs[way])]
        assert given == list(found.network.output_shapes.values())


@EVERY
def test_every_row_has_the_same_values(ways: Any, spec: str, size: Any, settings: Any) -> None:
    found = ways(spec, size=size, **settings)
    reference = found.traces["torch"]
    for way, trace in found.traces.items():
        for path in reference:
            if path in trace:
                assert relative(trace[path], reference[path]) <= 1e-10, (way, path)


@EVERY
def test_every_row_is_what_the_spec_means(
    ways: Any, tmp_path: Path, spec: str, size: Any, settings: Any
) -> None:
    """NumPy's word for each row, which owes nothing to either framework."""
    found = ways(spec, size=size, **settings)
    shelf = ArrayFolder(tmp_path)
    known = reference(found.network.graph, found.weights, found.inputs, shelf, lambda paths: {})
    assert known.stopped is None
    for way, trace in found.traces.items():
        for path, value in trace.items():
            assert relative(value, known.values[path]) <= 1e-10, (way, path)


@EVERY
def test_every_row_has_the_predicted_parameters(
    ways: Any, spec: str, size: Any, settings: Any
) -> None:
    found = ways(spec, size=size, **settings)
    expected: dict[str, int] = {}
    for node in found.network.graph.nodes():
        sizes = [w.size for w in node.own_weights]
        if sizes:
            expected[node.path] = sum(sizes)
    for way, model in found.models.items():
        dumped = found.backend(way).dump(model, found.plans[way.split()[0]])
        counted: dict[str, int] = {}
        for name, array in dumped.items():
            path = name.rpartition(".")[0]
            counted[path] = counted.get(path, 0) + array.size
            assert np.array_equal(array, found.weights[name]), (way, name)
        assert counted == expected, way
    assert sum(expected.values()) == found.network.params.total


def native_parameters(way: str, model: Any) -> tuple[int, int]:
    """(trainable, not) as the framework itself counts them."""
    if way.startswith("torch"):
        trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        buffers = sum(b.numel() for n, b in model.named_buffers() if "num_batches" not in n)
        return trainable, buffers
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    return trainable, model.count_params() - trainable


@EVERY
def test_frameworks_count_what_was_predicted(
    ways: Any, spec: str, size: Any, settings: Any
) -> None:
    found = ways(spec, size=size, **settings)
    params = found.network.params
    for way, model in found.models.items():
        assert native_parameters(way, model) == (params.trainable, params.non_trainable), way


def test_state_dicts_have_the_same_keys_in_order(ways: Any) -> None:
    for spec, settings in (("mobilenet_v2", {"dropout": 0.0}), ("residuals", {"dropout": 0.0})):
        found = ways(spec, size=SIZE if spec == "mobilenet_v2" else None, **settings)
        built, source = found.models["torch"], found.models["torch source"]
        assert list(built.state_dict()) == list(source.state_dict())


@pytest.mark.parametrize(
    ("spec", "size", "settings"),
    [
        case
        for case in CASES
        if case.id in ("v1", "v2", "paddings", "concat-in-repeat", "add-under-condition")
    ],
)
def test_outputs_agree_in_float32(ways: Any, spec: str, size: Any, settings: Any) -> None:
    found = ways(spec, dtype="float32", size=size, **settings)
    reference = ways(spec, size=size, **settings).outputs["torch"]
    differences = {way: relative(output, reference) for way, output in found.outputs.items()}
    assert max(differences.values()) <= 1e-4, differences


@EVERY
def test_running_statistics_after_one_step(ways: Any, spec: str, size: Any, settings: Any) -> None:
    """PyTorch keeps the unbiased variance, n / (n - 1) of what Keras keeps: accounted for exactly."""
    found = ways(spec, size=size, **settings)
    norms = {n.path: n for n in found.network.graph.nodes() if n.op.name == "batch_norm"}
    moved: dict[str, dict[str, Any]] = {}
    outputs: dict[str, Any] = {}
    for way, model in found.models.items():
        backend, plan = found.backend(way), found.plans[way.split()[0]]
        outputs[way] = backend.run(model, found.inputs, training=True)
        moved[way] = backend.dump(model, plan)
        backend.load(model, plan, found.weights)
    for way, dumped in moved.items():
        assert relative(outputs[way], outputs["torch"]) <= 1e-9, way
        for path, node in norms.items():
            decay = float(node.attrs["decay"].value)
            if node.shares:
                continue
            mean, variance = f"{path}.mean", f"{path}.variance"
            assert not np.array_equal(dumped[mean], found.weights[mean]), (way, path)
            assert relative(dumped[mean], moved["keras"][mean]) <= 1e-10, (way, path)
            calls = sum(other.owner == path for other in norms.values())
            kept = decay**calls * found.weights[variance]
            n = len(several(found.inputs)[0]) * int(np.prod(node.input_types[0].shape[:-1]))
            scale = n / (n - 1) if way.startswith("torch") else 1.0
            expected = kept + (moved["keras"][variance] - kept) * scale
            assert relative(dumped[variance], expected) <= 1e-10, (way, path)


def test_generated_source_is_right_at_other_sizes(ways: Any) -> None:
    """The file made for 100 x 90 runs at 97 x 75 too, and is what a spec of that size builds."""
    other = (97, 75, 3)
    for spec, settings in (("mobilenet_v1", {"top": "logits"}), ("mobilenet_v2", {"dropout": 0.0})):
        found = ways(spec, size=SIZE, **settings)
        expected = ways(spec, size=other, **settings)
        moved = found.backend("torch").run(found.models["torch source"], expected.inputs)
        assert relative(moved, expected.outputs["torch"]) == 0.0
        code, other_code = (way.texts["torch"].split('"""', 2)[2] for way in (found, expected))
        assert code == other_code
        assert relative(expected.outputs["keras source"], expected.outputs["torch"]) <= 1e-10
