"""Activations and products against NumPy: shapes as predicted, values as defined, in float64, in both frameworks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import archspec
from archspec.graph.ops import operations
from archspec.graph.ops.base import ShapeError
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType
from archspec.lowering.backend import ready
from archspec.source import SpecError

BACKENDS = ("torch", "keras")
Row = dict[str, Any]
erf = np.vectorize(math.erf)


def relu6(x: Any) -> Any:
    return np.clip(x, 0, 6)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


DEFINED: dict[str, Callable[[Any, Row], Any]] = {
    "relu": lambda x, row: np.maximum(x, 0),
    "relu6": lambda x, row: relu6(x),
    "leaky_relu": lambda x, row: np.where(x > 0, x, row["slope"] * x),
    "elu": lambda x, row: np.where(x > 0, x, row.get("alpha", 1.0) * np.expm1(np.minimum(x, 0))),
    "sigmoid": lambda x, row: sigmoid(x),
    "hard_sigmoid": lambda x, row: relu6(x + 3) / 6,
    "swish": lambda x, row: x * sigmoid(x),
    "hard_swish": lambda x, row: x * relu6(x + 3) / 6,
    "gelu": lambda x, row: x * (1 + erf(x / np.sqrt(2))) / 2,
    "gelu_tanh": lambda x, row: x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2,
    "tanh": lambda x, row: np.tanh(x),
    "softmax": lambda x, row: softmax(x),
}
PLAIN = [{"type": name} for name in DEFINED if name != "leaky_relu"]
FACTOR = st.floats(0, 2).map(lambda value: round(value, 3))
ROWS = st.one_of(
    st.sampled_from(PLAIN),
    st.builds(lambda slope: {"type": "leaky_relu", "slope": slope}, FACTOR),
    st.builds(lambda alpha: {"type": "elu", "alpha": alpha}, FACTOR),
)
SIZE = st.integers(1, 5)
SIZES = st.one_of(st.tuples(SIZE), st.tuples(SIZE, SIZE, SIZE))
MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def test_every_activation_is_defined_here() -> None:
    known = {name for name, op in operations().items() if op.role == "activation"}
    assert known == set(DEFINED)


def loaded(size: tuple[int, ...], rows: list[Row]) -> Any:
    return archspec.load({"archspec": 1, "name": "small", "input": list(size), "rows": rows})


def compared(network: Any, inputs: Any, expected: Any, weights: Any = None) -> None:
    assert expected.shape[1:] == network.output_shape
    for name in BACKENDS:
        model = network.build(name, weights=weights, dtype="float64")
        found = ready(name).run(model, inputs)
        assert found.shape == expected.shape, name
        assert np.abs(found - expected).max() <= 1e-13 * max(1, np.abs(expected).max()), name


@MANY
@given(row=ROWS, size=SIZES)
def test_an_activation_is_its_definition(row: Row, size: tuple[int, ...]) -> None:
    assume(row["type"] != "softmax" or size[-1] > 1)  # of one value it is 1, and Keras warns of it
    inputs = 4 * np.random.default_rng(0).standard_normal((2, *size))
    network = loaded(size, [{**row, "name": "act"}])
    compared(network, inputs, DEFINED[row["type"]](inputs, row))


@MANY
@given(row=ROWS, size=SIZES)
def test_an_activation_of_a_row_is_too(row: Row, size: tuple[int, ...]) -> None:
    """Behind its layer, where PyTorch's may work in place."""
    inputs = 2 * np.random.default_rng(1).standard_normal((2, *size))
    network = loaded(size, [{"type": "dense", "name": "a", "units": 3, "activation": row}])
    weights = network.random_weights(0, "float64")
    before = inputs @ weights["a.kernel"] + weights["a.bias"]
    compared(network, inputs, DEFINED[row["type"]](before, row), weights)


@pytest.mark.parametrize("row", [*PLAIN, {"type": "leaky_relu", "slope": 0.1}], ids=str)
def test_gradients_are_the_definitions(row: Row) -> None:
    """Of an activation in place too: against differences, away from the corners of its graph."""
    import torch

    network = loaded((4,), [{"type": "dense", "name": "a", "units": 4, "activation": row}])
    weights = network.random_weights(0, "float64")
    model = network.build("torch", weights=weights, dtype="float64")
    inputs = torch.from_numpy(np.random.default_rng(2).standard_normal((3, 4)))
    assert torch.autograd.gradcheck(model, inputs.requires_grad_())


VALUES: dict[str, tuple[Row, Callable[[Any], Any]]] = {
    "map": ({"type": "identity"}, lambda x: x),
    "ones": (
        {"type": "global_avg_pool", "keepdims": True},
        lambda x: x.mean(axis=(1, 2), keepdims=True),
    ),
    "vector": ({"type": "global_avg_pool"}, lambda x: x.mean(axis=(1, 2))),
    "row": (
        {"type": "max_pool", "kernel": ["input.height", 1]},
        lambda x: x.max(axis=1, keepdims=True),
    ),
    "column": (
        {"type": "max_pool", "kernel": [1, "input.width"]},
        lambda x: x.max(axis=2, keepdims=True),
    ),
}


@MANY
@given(
    names=st.lists(st.sampled_from(list(VALUES)), min_size=2, max_size=4),
    size=st.tuples(SIZE, SIZE, SIZE),
)
def test_products_are_numpys(names: list[str], size: tuple[int, int, int]) -> None:
    """Values of one rank stretch as NumPy's do; a vector goes with the channels of a map."""
    inputs = np.random.default_rng(3).standard_normal((2, *size))
    rows = [{**VALUES[name][0], "name": f"v{k}", "from": "input"} for k, name in enumerate(names)]
    product = {"type": "multiply", "name": "p", "from": [row["name"] for row in rows]}
    values = [VALUES[name][1](inputs) for name in names]
    rank = max(value.ndim for value in values)
    values = [v if v.ndim == rank else v[:, None, None, :] for v in values]
    expected = math.prod(values[1:], start=values[0])
    compared(loaded(size, [*rows, product]), inputs, expected)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.tuples(SIZE), st.tuples(SIZE, SIZE, SIZE)), min_size=2, max_size=3))
def test_the_shape_of_a_product_is_numpys(shapes: list[tuple[int, ...]]) -> None:
    types = tuple(
        TensorType(
            tuple(zip(("height", "width", "channels")[-len(s) :], map(Quantity.of, s), strict=True))
        )
        for s in shapes
    )
    multiply = operations()["multiply"]
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(ShapeError):
            multiply.infer({}, types)
        return
    assert multiply.infer({}, types).shape == expected


def test_nothing_else_broadcasts() -> None:
    rows = [
        {"type": "relu", "name": "a"},
        {"type": "global_avg_pool", "name": "b", "keepdims": True},
        {"type": "add", "name": "c", "from": ["a", "b"]},
    ]
    with pytest.raises(SpecError) as caught:
        loaded((4, 3, 2), rows)
    assert [problem.code for problem in caught.value.diagnostics] == ["shape-mismatch"]
