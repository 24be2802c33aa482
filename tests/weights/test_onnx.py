"""ONNX: the layers that nodes say, in the many ways in which exporters write one and the same dense layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import archspec
from archspec.api import Network
from archspec.lowering.backend import backend
from archspec.lowering.layouts import native
from archspec.weights import exporting
from archspec.weights.check import WeightsError
from archspec.workflows.importing import check

SPEC = """
archspec: 1
name: small
input: [9, 8, 3]
rows:
  - {type: conv, name: stem, kernel: 3, stride: 2, filters: 4, padding: symmetric, norm: batch_norm, activation: relu}
  - {type: depthwise, name: middle, kernel: 3, padding: symmetric}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: hidden, units: 4}
  - {type: dense, name: classifier, units: 5}
"""
Nodes = list[Any]


def gemm(x: str, w: Any, b: Any, y: str) -> tuple[Nodes, dict[str, Any]]:
    return [helper.make_node("Gemm", [x, f"{y}w", f"{y}b"], [y], transB=1)], {
        f"{y}w": w,
        f"{y}b": b,
    }


def plain_gemm(x: str, w: Any, b: Any, y: str) -> tuple[Nodes, dict[str, Any]]:
    return [helper.make_node("Gemm", [x, f"{y}w", f"{y}b"], [y])], {f"{y}w": w.T, f"{y}b": b}


def matmul(x: str, w: Any, b: Any, y: str) -> tuple[Nodes, dict[str, Any]]:
    nodes = [
        helper.make_node("MatMul", [x, f"{y}w"], [f"{y}m"]),
        helper.make_node("Add", [f"{y}b", f"{y}m"], [y]),
    ]
    return nodes, {f"{y}w": w.T, f"{y}b": b}


def transposed(x: str, w: Any, b: Any, y: str) -> tuple[Nodes, dict[str, Any]]:
    nodes = [
        helper.make_node("Transpose", [f"{y}w"], [f"{y}t"], perm=[1, 0]),
        helper.make_node("Identity", [f"{y}b"], [f"{y}i"]),
        helper.make_node("Gemm", [x, f"{y}t", f"{y}i"], [y]),
    ]
    return nodes, {f"{y}w": w, f"{y}b": b}


def constants(x: str, w: Any, b: Any, y: str) -> tuple[Nodes, dict[str, Any]]:
    nodes = [
        helper.make_node("Constant", [], [f"{y}w"], value=numpy_helper.from_array(w)),
        helper.make_node("Gemm", [x, f"{y}w", f"{y}b"], [y], transB=1),
    ]
    return nodes, {f"{y}b": b}


DENSE = [gemm, plain_gemm, matmul, transposed, constants]


@pytest.fixture(scope="module")
def small() -> Network:
    return archspec.load(SPEC)


def model_of(network: Network, weights: dict[str, Any], dense: Any) -> Any:
    """The network as an exporter would write it."""
    w = native(backend("torch").lower(network.graph), weights)
    pads = [1, 1, 1, 1]
    stats = [w[f"stem.norm.{role}"] for role in ("weight", "bias", "running_mean", "running_var")]
    given = dict(zip("abcd", stats, strict=True))
    given |= {"k": w["stem.conv.weight"], "kb": w["stem.conv.bias"]}
    given |= {"dw": w["middle.weight"], "db": w["middle.bias"]}
    nodes = [
        helper.make_node("Conv", ["x", "k", "kb"], ["1"], strides=[2, 2], pads=pads),
        helper.make_node("BatchNormalization", ["1", "a", "b", "c", "d"], ["2"], epsilon=1e-3),
        helper.make_node("Relu", ["2"], ["3"]),
        helper.make_node("Conv", ["3", "dw", "db"], ["4"], pads=pads, group=4),
        helper.make_node("GlobalAveragePool", ["4"], ["5"]),
        helper.make_node("Flatten", ["5"], ["6"]),
    ]
    for x, name, y in (("6", "hidden", "h"), ("h", "classifier", "y")):
        more, tensors = dense(x, w[f"{name}.weight"], w[f"{name}.bias"], y)
        nodes, given = [*nodes, *more], given | tensors
    initial = [
        numpy_helper.from_array(np.ascontiguousarray(v), n) for n, v in sorted(given.items())
    ]
    sizes = {"x": ["n", 3, 9, 8], "y": ["n", 5]}
    sides = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in sizes.items()]
    graph = helper.make_graph(nodes, "g", sides[:1], sides[1:], initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


@pytest.mark.parametrize("dense", DENSE)
def test_a_dense_layer_as_exporters_write_it(small: Network, tmp_path: Path, dense: Any) -> None:
    weights = small.random_weights(1)
    path = tmp_path / "m.onnx"
    onnx.save(model_of(small, weights, dense), path)
    found = small.import_weights(path)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)
    assert check(small, found, path, "onnx") <= 1e-10


@pytest.mark.parametrize("dense", DENSE)
def test_written_over_a_copy(small: Network, tmp_path: Path, dense: Any) -> None:
    template, path = tmp_path / "like.onnx", tmp_path / "m.onnx"
    onnx.save(model_of(small, small.random_weights(1), dense), template)
    weights = small.random_weights(2)
    exporting.like(path, template, small.graph, weights, "onnx")
    found = small.import_weights(path)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)
    onnx.checker.check_model(onnx.load(path))


def test_a_tensor_that_no_layer_uses(small: Network, tmp_path: Path) -> None:
    model = model_of(small, small.random_weights(1), gemm)
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(3, np.float32), "left"))
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(3, np.int64), "shape"))
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((), np.float32), "limit"))
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(WeightsError) as caught:
        small.import_weights(tmp_path / "m.onnx")
    assert caught.value.lines == ["left: (3,), no row has it"]


def test_a_scaled_gemm_is_no_dense_layer(small: Network, tmp_path: Path) -> None:
    model = model_of(small, small.random_weights(1), gemm)
    model.graph.node[-1].attribute.append(helper.make_attribute("alpha", 0.5))
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(WeightsError, match=r"yw: .*no row has it"):
        small.import_weights(tmp_path / "m.onnx")


def test_another_input_is_named(small: Network, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    weights = small.random_weights(1)
    onnx.save(model_of(small, weights, gemm), path)
    larger = archspec.load(SPEC, input=(20, 20, 3))
    with pytest.raises(WeightsError, match=r"it takes \(3, 9, 8\): --input"):
        check(larger, weights, path, "onnx")


TWO = """
archspec: 1
name: two
inputs: {left: [5, 4, 3], right: [6]}
rows:
  - {type: conv, name: look, kernel: 1, filters: 4, from: left}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: read, units: 4, from: right}
  - {type: add, name: both, from: [pool, read]}
  - {type: dense, name: score, units: 3}
outputs: {score: score, sum: both}
"""


def written(network: Network, weights: dict[str, Any], path: Path, outputs: int) -> None:
    """The network of two inputs as an exporter would write it, with so many of its outputs."""
    given = native(backend("torch").lower(network.graph), weights)
    nodes = [
        helper.make_node("Conv", ["l", "look.weight", "look.bias"], ["1"]),
        helper.make_node("GlobalAveragePool", ["1"], ["2"]),
        helper.make_node("Flatten", ["2"], ["3"]),
        helper.make_node("Gemm", ["r", "read.weight", "read.bias"], ["4"], transB=1),
        helper.make_node("Add", ["3", "4"], ["sum"]),
        helper.make_node("Gemm", ["sum", "score.weight", "score.bias"], ["y"], transB=1),
    ]
    sizes = {"l": [1, 3, 5, 4], "r": [1, 6], "y": [1, 3], "sum": [1, 4]}
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in sizes.items()]
    initial = [numpy_helper.from_array(np.ascontiguousarray(v), n) for n, v in given.items()]
    graph = helper.make_graph(nodes, "g", ports[:2], ports[2 : 2 + outputs], initial)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


def test_several_inputs_and_outputs_are_compared_in_order(tmp_path: Path) -> None:
    network, path = archspec.load(TWO), tmp_path / "two.onnx"
    weights = network.random_weights(1)
    written(network, weights, path, 2)
    found = network.import_weights(path)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)
    assert check(network, found, path, "onnx") <= 1e-10
    for name in ("score.bias", "read.bias"):
        with pytest.raises(WeightsError, match="logits differ by"):
            check(network, {**found, name: found[name] + 1e-3}, path, "onnx")


def test_an_output_that_the_source_does_not_give(tmp_path: Path) -> None:
    network, path = archspec.load(TWO), tmp_path / "two.onnx"
    weights = network.random_weights(1)
    written(network, weights, path, 1)
    with pytest.raises(WeightsError, match=r"\(3,\) and \(4,\) comes out here, \(3,\) there"):
        check(network, weights, path, "onnx")
