"""What operations mean in NumPy, against both frameworks, on random attributes; and causes known again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import archspec
from archspec.graph.graph import origins
from archspec.graph.ops import operations
from archspec.graph.ops.arrays import Array, Case
from archspec.graph.ops.base import Operation
from archspec.lowering.backend import ready
from archspec.parity.reference import ArrayFolder, difference, reference
from archspec.parity.suspects import alike, attempts, suspect
from archspec.source import SpecError

Row = dict[str, Any]
MEANINGS = {name: op.compute for name, op in operations().items() if op.computes}
KERNEL = st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4)).map(list))
CELLS = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(list)
PADDING = st.one_of(
    st.sampled_from(["same", "same", "symmetric", "valid", 1]),
    st.tuples(st.integers(0, 2), st.integers(0, 2)).map(list),
    st.tuples(CELLS, CELLS).map(list),
)
STRIDES = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)).map(list))


def row(kind: str, **cells: Any) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({"type": st.just(kind), "name": st.just("it"), **cells})


STRIDE_OR_DILATION = st.one_of(
    st.tuples(STRIDES, st.just(1)), st.tuples(st.just(1), st.integers(1, 3))
)
CONV = st.builds(
    lambda row, pair: {**row, "stride": pair[0], "dilation": pair[1]},
    row(
        "conv",
        kernel=KERNEL,
        filters=st.sampled_from([4, 12]),
        padding=PADDING,
        groups=st.sampled_from([1, 1, 2, 4]),
        bias=st.booleans(),
    ),
    STRIDE_OR_DILATION,
)
DEPTHWISE = st.builds(
    lambda row, pair: {**row, "stride": pair[0], "dilation": pair[1]},
    row(
        "depthwise",
        kernel=KERNEL,
        padding=PADDING,
        multiplier=st.integers(1, 3),
        bias=st.booleans(),
    ),
    st.one_of(st.tuples(st.integers(1, 3), st.just(1)), st.tuples(st.just(1), st.integers(1, 3))),
)
MAX_POOL = row("max_pool", kernel=KERNEL, stride=STRIDES, padding=PADDING)
AVG_POOL = row("avg_pool", kernel=KERNEL, stride=STRIDES, padding=PADDING, count_pad=st.booleans())
OTHERS = st.one_of(
    row("batch_norm", epsilon=st.sampled_from([1e-3, 1e-5]), scale=st.booleans()),
    row("dense", units=st.integers(1, 9), bias=st.booleans()),
    row("global_avg_pool", keepdims=st.booleans()),
    row("flatten", order=st.sampled_from(["hwc", "chw"])),
    row("relu"),
    row("relu6"),
    row("softmax"),
    row("identity"),
    row("dropout", rate=st.just(0.5)),
    row("add", **{"from": st.just(["input", "first"])}),
    row(
        "concat",
        axis=st.sampled_from(["height", "width", "channels"]),
        **{"from": st.just(["first", "input"])},
    ),
)
ROWS = st.one_of(CONV, CONV, DEPTHWISE, DEPTHWISE, MAX_POOL, AVG_POOL, AVG_POOL, OTHERS)
SIZES = st.tuples(st.integers(3, 12), st.integers(3, 12))


def network(given_row: Row, size: tuple[int, int]) -> archspec.Network | None:
    """Two rows: one to read from, and the one in question; None if it does not fit its input."""
    first = {"type": "conv", "name": "first", "kernel": 1, "filters": 4}
    rows = [first, given_row]
    try:
        return archspec.load({"archspec": 1, "name": "one", "input": [*size, 4], "rows": rows})
    except SpecError:
        return None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_row=ROWS, size=SIZES)
def test_both_frameworks_compute_what_numpy_says(
    given_row: Row, size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = network(given_row, size)
    assume(found is not None)
    assert found is not None
    weights = found.random_weights(0, "float64")
    inputs = 4 * np.random.default_rng(0).standard_normal((2, *found.input_shape))
    shelf = ArrayFolder(tmp_path_factory.mktemp("shelf"))
    known = reference(found.graph, weights, inputs, shelf, lambda paths: {})
    assert known.stopped is None
    assert known.asked == ()
    for name in ("torch", "keras"):
        try:
            model = found.build(name, weights=weights, dtype="float64")
        except SpecError as error:  # Keras's depthwise convolution has one stride
            assert "one stride" in str(error)
            continue
        output = ready(name).run(model, inputs)
        assert difference(output, known.values["it"]) <= 1e-12, name


def test_every_operation_means_something() -> None:
    whole = {name for name, op in operations().items() if type(op).pieces is Operation.pieces}
    assert set(operations()) - whole == {"split"}  # which is the slices that it cuts
    assert whole <= set(MEANINGS)


X = np.random.default_rng(0).standard_normal((2, 4, 3, 5))
PER_CHANNEL = np.random.default_rng(1).standard_normal((2, 5))


@pytest.mark.parametrize(
    ("name", "inputs", "attrs", "expected"),
    [
        ("leaky_relu", (X,), {"slope": 0.1}, np.maximum(X, 0) + 0.1 * np.minimum(X, 0)),
        ("elu", (X,), {"alpha": 2.0}, np.maximum(X, 0) + 2 * (np.exp(np.minimum(X, 0)) - 1)),
        ("drop_path", (X,), {"rate": 0.5}, X),
        ("multiply", (X, X[:, :1, :1]), {}, X * X[:, :1, :1]),
        ("multiply", (PER_CHANNEL, X, X), {}, X * X * PER_CHANNEL.reshape(2, 1, 1, 5)),
        ("gelu", (np.array([[1.0, -2.0]]),), {}, [[0.8413447460685429, -0.04550026389635842]]),
        ("gelu_tanh", (np.array([[1.0]]),), {}, [[0.8411919906082768]]),
        ("swish", (np.array([[1.0]]),), {}, [[0.7310585786300049]]),
        ("hard_swish", (np.array([[1.0, -4.0, 4.0]]),), {}, [[2 / 3, 0.0, 4.0]]),
    ],
)
def test_meanings_by_hand(name: str, inputs: Any, attrs: Any, expected: Any) -> None:
    """Operations of later families: against another way to write them, or published values."""
    assert np.allclose(MEANINGS[name](Case(inputs, {}, attrs)), expected, rtol=1e-14, atol=1e-15)


CASES: list[Row] = [
    {"type": "conv", "kernel": [3, 3], "stride": 2, "filters": 6, "padding": "same"},
    {"type": "conv", "kernel": [3, 2], "filters": 4, "padding": [[0, 1], [1, 0]]},
    {"type": "conv", "kernel": 3, "filters": 4, "dilation": 2, "groups": 2, "padding": "symmetric"},
    {"type": "depthwise", "kernel": 3, "multiplier": 3, "stride": 2, "padding": "symmetric"},
    {"type": "dense", "units": 4},
    {"type": "batch_norm", "epsilon": 1e-3},
    {"type": "max_pool", "kernel": 3, "stride": 2, "padding": "same"},
    {"type": "avg_pool", "kernel": 3, "stride": 2, "padding": "same"},
    {"type": "global_avg_pool"},
    {"type": "flatten"},
    {"type": "relu6"},
    {"type": "softmax"},
    {"type": "concat", "from": ["first", "input"]},
    {"type": "add", "from": ["first", "input"]},
]


def case_of(cells: Row) -> tuple[str, Case, list[tuple[str, Array]]]:
    """The row's node on random values; and the other values of the network."""
    from archspec.parity.reference import case_of

    found = network({"name": "it", **cells}, (10, 7))
    assert found is not None
    weights = found.random_weights(0, "float64")
    random = np.random.default_rng(0)
    values = {"": 4 * random.standard_normal((2, 10, 7, 4))}
    values["first"] = 4 * random.standard_normal((2, 10, 7, 4))
    node = list(found.graph.nodes())[-1]
    flow = origins(found.graph.root)
    others = [(path, v) for path, v in values.items() if path not in flow.inputs[node.path]]
    return node.op.name, case_of(node, flow, values, weights), others


def outputs() -> Iterator[Any]:
    """Every cause that the cases above may have, with what it gives."""
    for cells in CASES:
        name, case, others = case_of(cells)
        right = MEANINGS[name](case)
        for key, said, attempt in attempts(operations()[name], case, right, lambda shape: others):  # noqa: B023
            try:
                with np.errstate(all="ignore"):
                    wrong = attempt()
            except (ValueError, IndexError):
                continue
            if not alike(wrong, right, 1e-6):
                yield pytest.param(cells, key, wrong, id=f"{name}: {said}")


FOUND = list(outputs())


@pytest.mark.parametrize(("cells", "key", "wrong"), FOUND)
def test_causes_are_known_again(cells: Row, key: str, wrong: Array) -> None:
    """Also from an output with rounding in it. Two causes may give one output: then either is named."""
    name, case, others = case_of(cells)
    noise = 1 + 1e-14 * np.random.default_rng(1).standard_normal(wrong.shape)
    found = suspect(operations()[name], case, wrong * noise, lambda shape: others, 1e-10)
    assert found is not None
    if found.key != key:
        again = [
            a
            for k, s, a in attempts(operations()[name], case, wrong, lambda shape: others)
            if s == found.cause
        ]
        assert any(alike(attempt(), wrong, 1e-11) for attempt in again)


def test_every_kind_of_cause_is_met() -> None:
    """The test above would prove little if the causes did not fit its cases."""
    met = {param.values[1] for param in FOUND}
    assert met == {
        "activation",
        "axis",
        "bias",
        "count_pad",
        "dilation",
        "epsilon",
        "flatten-order",
        "groups",
        "layout",
        "multiplier",
        "order",
        "padding",
        "pool",
        "pool-fill",
        "scale",
        "skipped",
        "statistics",
        "stride",
        "transposition",
        "wiring",
    }


def test_no_cause_is_made_up() -> None:
    name, case, others = case_of(CASES[0])
    output = MEANINGS[name](case) * 1.01
    assert suspect(operations()[name], case, output, lambda shape: others, 1e-10) is None


def test_numbers_that_are_none_are_compared_by_place() -> None:
    """Mean and variance exchanged: roots of negative numbers, in the same places."""
    name, case, others = case_of({"type": "batch_norm"})
    swapped = {**case.weights, "mean": case.weights["variance"], "variance": case.weights["mean"]}
    output = MEANINGS[name](Case(case.inputs, swapped, case.attrs))
    assert np.isnan(output).any()
    found = suspect(operations()[name], case, output, lambda shape: others, 1e-10)
    assert found is not None
    assert found.key == "statistics"
