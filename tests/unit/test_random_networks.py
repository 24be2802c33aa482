"""Random networks: whatever the language can say is printed, and the printed file replays against the plan."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archspec
from archspec.api import Network
from archspec.lowering.backend import ready, several
from archspec.lowering.plan import Plan
from archspec.printing.draft.reach import around
from archspec.source import SpecError

Row = dict[str, Any]
MORE = int(os.environ.get("ARCHSPEC_FUZZ", "1"))  # `make fuzz` tries more of them


def numbered(rows: list[Row], count: Iterator[int]) -> list[Row]:
    """The rows with names and counters of their own, in the order of the text."""
    found = []
    for row in rows:
        number = next(count)
        row = {"name": f"r{number}", **row}
        if not row["name"]:
            del row["name"]
        if "repeat" in row:
            row["as"] = f"k{number}"
        for key in ("rows", "residual"):
            if key in row:
                row[key] = numbered(row[key], count)
        if "table" in row:
            row["table"] = {**row["table"], "each": numbered(row["table"]["each"], count)}
        found.append(row)
    return found


PADDING = st.sampled_from(["same", "symmetric", 1, [1, 0], [[0, 1], [1, 0]]])
CONV = st.fixed_dictionaries(
    {
        "type": st.just("conv"),
        "kernel": st.sampled_from([1, 3, [3, 1]]),
        "filters": st.sampled_from([4, 6, "4 if wide else 6", "prev.channels", "twice", "more(4)"]),
    },
    optional={
        "padding": st.just("same"),
        "bias": st.booleans(),
        "norm": st.just("batch_norm"),
        "activation": st.sampled_from(
            ["relu", "relu6", "swish", "gelu", {"type": "leaky_relu", "slope": 0.1}]
        ),
        "when": st.sampled_from(["wide", "not wide", "prev.channels > 4"]),
    },
).map(lambda row: {"padding": "same", **row})
STRIDED = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["max_pool", "avg_pool", "depthwise"]),
        "kernel": st.sampled_from([2, 3]),
        "stride": st.just(2),
        "padding": st.just("same"),
    }
)
DEPTHWISE = st.fixed_dictionaries(
    {
        "type": st.just("depthwise"),
        "kernel": st.just(3),
        "padding": st.just("same"),
        "multiplier": st.sampled_from([1, 2]),
    }
)
PADDED = st.fixed_dictionaries(
    {
        "type": st.just("conv"),
        "kernel": st.just(2),
        "filters": st.sampled_from([4, "prev.channels"]),
        "padding": st.sampled_from([[[0, 1], [1, 0]], "symmetric"]),
    }
)
PLAIN = st.sampled_from(
    [
        {"type": "relu"},
        {"type": "hard_swish"},
        {"type": "elu", "alpha": "width / 4"},
        {"type": "batch_norm"},
        {"type": "batch_norm", "scale": False},
        {"type": "identity"},
        {"type": "drop_path", "rate": "rate"},
    ]
)
EXCITE = st.sampled_from([True, False]).map(
    lambda kept: {
        "rows": [
            {"type": "global_avg_pool", "keepdims": kept},
            {"type": "dense", "units": "input.channels", "activation": "sigmoid"},
            {"type": "multiply", "from": ["prev", "input"]},
        ]
    }
)
BLOCK = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("block"), "n": st.sampled_from([4, 6, "prev.channels", "width"])},
        optional={"deep": st.booleans()},
    ),
    st.fixed_dictionaries(
        {"type": st.just("derived"), "n": st.sampled_from([2, 3, "width"])},
        optional={"k": st.sampled_from([1, 3])},
    ),
)
JOIN = st.just({"type": "concat", "from": ["input", "prev"]})
SINGLE = st.one_of(CONV, CONV, DEPTHWISE, PADDED, PLAIN, BLOCK)
REPEATED = st.tuples(SINGLE, st.sampled_from([0, 1, 2, "depth"])).map(
    lambda pair: {**pair[0], "repeat": pair[1]}
)
LEAF = st.one_of(SINGLE, SINGLE, REPEATED)


def composed(inner: st.SearchStrategy[Row]) -> st.SearchStrategy[Row]:
    rows = st.lists(inner, min_size=1, max_size=3)
    joined = st.tuples(rows, JOIN).map(lambda pair: [*pair[0], pair[1]])
    body = st.one_of(rows, joined)
    repeat = st.sampled_from([1, 2, 3, "depth"])
    group = st.fixed_dictionaries({"rows": body}, optional={"when": st.sampled_from(["wide"])})
    loop = st.fixed_dictionaries({"rows": body, "repeat": repeat})
    table = body.map(
        lambda each: {
            "table": {"columns": ["c", "n"], "rows": [[4, 1], [6, 2]], "each": each},
        }
    )
    residual = st.tuples(CONV, st.booleans(), st.booleans()).map(
        lambda drawn: {
            "residual": [{**drawn[0], "filters": "prev.channels"}],
            **({"when": "wide"} if drawn[1] else {}),
            **({"name": ""} if drawn[2] else {}),
        }
    )
    return st.one_of(group, loop, table, residual, EXCITE)


ROWS = st.lists(st.recursive(LEAF, composed, max_leaves=6), min_size=1, max_size=5)


OWN = {
    "type": "conv",
    "kernel": 3,
    "filters": "prev.channels",
    "padding": "same",
    "norm": "batch_norm",
    "activation": "relu",
}
UNIT = {"type": "block", "n": "prev.channels", "deep": True}
SHARED: dict[str, list[Row]] = {
    "row": [{**OWN, "name": "own"}, {**OWN, "shares": "own"}],
    "block": [{**UNIT, "name": "unit"}, {**UNIT, "shares": "unit"}],
    "group": [{**OWN, "name": "own"}, {"rows": [{"type": "relu6"}, {**OWN, "shares": "own"}]}],
    "turns": [{**OWN, "name": "own"}, {**OWN, "shares": "own", "repeat": 2}],
    "in turns": [{"repeat": 2, "rows": [{**OWN, "name": "own"}, {**OWN, "shares": "own"}]}],
    "branches": [
        {**OWN, "name": "own"},
        {"residual": [{**OWN, "shares": "own"}], "shortcut": [{**OWN, "shares": "own"}]},
    ],
}


def spec(
    rows: list[Row], tail: Row | None, shared: list[Row], outputs: dict[str, str]
) -> dict[str, Any]:
    return {
        **({"outputs": outputs} if outputs else {}),
        "archspec": 1,
        "name": "random",
        "vars": {"wide": True, "width": 3, "depth": 2, "classes": 5, "rate": 0.2},
        "let": {"twice": "2 * width", "more(c)": "c + twice"},
        "defaults": {"conv": {"init": "he_normal"}},
        "input": [11, 8, 4],
        "blocks": {
            "block": {
                "params": {"n": None, "deep": False},
                "rows": [
                    {"type": "conv", "name": "a", "kernel": 3, "padding": "same", "filters": "n"},
                    {"type": "relu", "name": "act", "when": "deep"},
                    {
                        "type": "add",
                        "name": "sum",
                        "from": ["input", "prev"],
                        "when": "input.channels == n",
                    },
                ],
            },
            "derived": {
                "params": {"n": None, "k": 3},
                "let": {"m": "n + input.channels // 2", "wider": "2 * m"},
                "rows": [
                    {"type": "conv", "name": "a", "kernel": "k", "padding": "same", "filters": "m"},
                    {
                        "name": "chain",
                        "repeat": "k - 1",
                        "rows": [
                            {"type": "depthwise", "name": "b", "kernel": 3, "padding": "same"},
                            {"type": "conv", "name": "c", "kernel": 1, "filters": "m + i"},
                        ],
                    },
                    {"type": "conv", "name": "d", "kernel": 1, "filters": "wider", "when": "k > 1"},
                ],
            },
        },
        "rows": numbered(
            [
                {"type": "relu", "name": "begin"},
                *rows,
                *([tail] if tail else []),
                *shared,
                {"type": "global_avg_pool", "name": "pool"},
                {"type": "dense", "name": "classifier", "units": "classes"},
            ],
            count(),
        ),
    }


SPECS = st.builds(
    spec,
    ROWS,
    st.one_of(st.none(), STRIDED),
    st.one_of(st.just([]), st.sampled_from(list(SHARED.values()))),
    st.sampled_from(
        [
            {},
            {"logits": "classifier", "features": "pool"},
            {"first": "begin", "logits": "classifier", "same": "classifier"},
        ]
    ),
)


def network(given_spec: dict[str, Any], **variables: Any) -> Network | None:
    try:
        return archspec.load(given_spec, **variables)
    except SpecError:
        return None  # refused with a diagnostic: no network, nothing to compare


@settings(max_examples=100 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS)
def test_every_network_is_printed_and_replays(given_spec: dict[str, Any]) -> None:
    found = network(given_spec)
    if found is None:
        return
    for backend in ("torch", "keras"):
        printed = found.printed(backend)  # raises ReplayError where it is not the plan's
        compile(printed.text, "random.py", "exec")
        assert printed.calls > 0
        assert not printed.fallbacks  # the first draft was right


@settings(max_examples=20 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS)
def test_every_network_is_printed_without_loops_too(given_spec: dict[str, Any]) -> None:
    """The way out for a network whose loops no line describes."""
    from archspec.printing import source

    found = network(given_spec)
    if found is None:
        return
    for backend in ("torch", "keras"):
        chosen = ready(backend)
        plan = chosen.lower(found.graph)
        printed = source.Writing(found.graph, plan, chosen.syntax(plan)).written(_scopes(plan))
        assert printed.calls > 0


def _scopes(plan: Plan) -> frozenset[int]:
    """The ids of all loops and definitions."""
    return frozenset(scope.id for scope in around(plan, ""))


@settings(max_examples=15 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_spec=SPECS)
def test_random_networks_agree(
    given_spec: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = network(given_spec)
    if found is None or found.params.total > 500_000 or found.macs > 10**8:
        return  # joins in loops grow without bound
    weights = found.random_weights(0, "float64")
    inputs = np.random.default_rng(1).standard_normal((2, *found.input_shape))
    outputs: dict[str, Any] = {}
    for name in ("torch", "keras"):
        backend: Any = ready(name)
        outputs[name] = backend.run(found.build(name, weights=weights, dtype="float64"), inputs)
        printed = found.printed(name)
        file = tmp_path_factory.mktemp("random") / f"random_{name}.py"
        file.write_text(printed.text)
        source = backend.import_source(file, printed.model, "float64", found.input_shape)
        backend.load(source, backend.lower(found.graph), weights)
        outputs[f"{name} source"] = backend.run(source, inputs)
    for number, shape in enumerate(found.output_shapes.values()):
        reference = several(outputs["torch"])[number]
        assert reference.shape[1:] == shape
        for way, given_out in outputs.items():
            worst = np.abs(several(given_out)[number] - reference).max()
            assert worst <= 1e-9 * max(np.abs(reference).max(), 1e-9), way


def test_most_random_specs_are_networks() -> None:
    """The two tests above would prove nothing if the specs were refused."""
    made = 0

    @settings(
        max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(SPECS)
    def tried(given_spec: dict[str, Any]) -> None:
        nonlocal made
        made += network(given_spec) is not None

    tried()
    assert made >= 30
