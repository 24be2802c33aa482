"""Native names: no layer is called as another, whatever the rows are called."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec.lowering import distinct, lower
from archspec.lowering.distinct import SharedPath
from archspec.lowering.plan import Plan, Unit
from archspec_keras.backend import DIALECT as KERAS

Row = dict[str, Any]
PADDED: Row = {"kernel": 3, "padding": "symmetric", "stride": 2}
ROWS: dict[str, Row] = {
    "conv": {"type": "conv", "filters": 4, **PADDED},
    "norm": {"type": "conv", "filters": 4, "norm": "batch_norm", "activation": "relu", **PADDED},
    "separable": {"type": "separable_conv", "filters": 4, **PADDED},
    "transposed": {
        "type": "conv_transpose",
        "filters": 4,
        "kernel": 3,
        "stride": 2,
        "padding": "same",
    },
    "pool": {"type": "max_pool", "kernel": 3, "stride": 1, "padding": 1},
    "pad": {"type": "pad", "top": 1},
    "abs": {"type": "abs"},
    "relu": {"type": "relu"},
    "group": {"rows": [{"type": "conv", "name": "pad", "filters": 4, **PADDED}]},
}
ENDS = ("", "_pad", "_depthwise", "_crop", "_0", "_1", "_pad_", "_norm", "_conv")
LABELS = st.sampled_from(
    [f"{name}{end}" for name in ("a", "a_pad", "pad", "absolute", "input_layer") for end in ENDS]
)
CHOSEN = st.lists(
    st.tuples(LABELS, st.sampled_from(list(ROWS)), st.booleans()),
    min_size=2,
    max_size=6,
    unique_by=lambda chosen: chosen[0],
)


def network(rows: list[Row]) -> archspec.Network:
    return archspec.load({"archspec": 1, "name": "near", "input": [65, 63, 4], "rows": rows})


def split(label: str) -> list[Row]:
    """A split, and a row that is called as one of its pieces would be."""
    return [
        {"type": "split", "name": label, "parts": 2},
        {"type": "concat", "name": f"{label}_1", "from": [f"{label}.1", f"{label}.0"]},
    ]


def table(name: str, repeat: int) -> Row:
    """A table without a name, which adds no level to the paths of its one row."""
    row = {**ROWS["conv"], "name": f"{name}{{row}}", "stride": 1, "repeat": repeat}
    return {"table": {"columns": ["n"], "rows": [[1], [2]], "each": [row]}}


def layers(plan: Plan) -> list[str]:
    """The path of every layer that is made."""
    units = (unit for unit in plan.units() if not unit.node.shares)
    return [u.native_of(step) for u in units for step in u.steps if step.style == "layer"]


@settings(max_examples=60, deadline=None)
@given(CHOSEN, st.sampled_from(["a", "a_pad"]), st.sampled_from([1, 2]))
def test_no_two_layers_have_one_name(
    chosen: list[tuple[str, str, bool]], halves: str, repeat: int
) -> None:
    rows = [
        {"name": label, **ROWS[kind], **({"repeat": 2} if again and kind != "group" else {})}
        for label, kind, again in chosen
    ]
    if not any(row["name"].removesuffix("_1") == halves for row in rows):
        rows += split(halves)
    rows.append(table("a_pad_t", repeat))
    found = network(rows)
    for backend in ("torch", "keras"):
        assert max(Counter(layers(found.plan(backend))).values(), default=1) == 1
        assert not found.printed(backend).fallbacks


def nested(inner: st.SearchStrategy[Row]) -> st.SearchStrategy[Row]:
    """Lists of rows that add no level, or one of a label that others have too."""
    rows = st.lists(inner, min_size=1, max_size=2)
    names = st.one_of(st.none(), st.sampled_from(["shortcut", "shortcut_", "a", "b"]))
    pair = st.tuples(rows, rows).map(lambda two: {"shortcut": two[0], "other": two[1]})
    return st.tuples(
        names,
        st.one_of(
            st.fixed_dictionaries({"rows": rows}),
            st.fixed_dictionaries({"residual": rows, "shortcut": rows}),
            st.fixed_dictionaries({"parallel": pair, "merge": st.just("add")}),
        ),
        st.sampled_from([{}, {}, {"when": "deep"}, {"repeat": 2}]),
    ).map(lambda parts: {**({"name": parts[0]} if parts[0] else {}), **parts[1], **parts[2]})


SINGLE: st.SearchStrategy[Row] = st.builds(
    lambda label, more: {"type": "conv", "name": label, "kernel": 1, "filters": 4, **more},
    st.sampled_from([*"abcdefgh", "shortcut"]),
    st.sampled_from([{}, {"when": "deep"}, {"when": "not deep"}, {"norm": "batch_norm"}]),
)


@settings(max_examples=80)
@given(st.lists(st.recursive(SINGLE, nested, max_leaves=8), min_size=1, max_size=3), st.booleans())
def test_no_two_rows_have_one_path(rows: list[Row], deep: bool) -> None:
    """Wherever a spec is a network: its layers are as many as its paths, and its file has them all."""
    spec = {"archspec": 1, "name": "near", "input": [5, 4, 4], "vars": {"deep": deep}, "rows": rows}
    try:
        found = archspec.load(spec)
    except archspec.SpecError as error:
        assert {problem.code for problem in error.diagnostics} <= REFUSALS
        return
    paths = [node.path for node in found.graph.nodes()]
    assert len({*paths}) == len(paths)
    for backend in ("torch", "keras"):
        assert max(Counter(layers(found.plan(backend))).values(), default=1) == 1
        found.printed(backend)  # raises ReplayError where a layer is lost


REFUSALS = {"name-taken", "needs-name", "unused-value", "shape-mismatch"}


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_the_shortcuts_of_one_level(backend: str) -> None:
    """The second makes way, whether or not the rows of the first are dropped."""
    conv = {"type": "conv", "kernel": 1, "filters": 4}

    def names(*, deep: bool) -> list[str]:
        first = {
            "residual": [{"name": "a", **conv}],
            "shortcut": [{"name": "b", **conv, "when": deep}],
        }
        second = {"residual": [{"name": "c", **conv}], "shortcut": [{"name": "d", **conv}]}
        found = layers(network([first, second]).plan(backend))
        return [name for name in found if not name.startswith("add")]

    assert names(deep=True) == ["a", "shortcut", "c", "shortcut_"]
    assert names(deep=False) == ["a", "c", "shortcut_"]


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_two_rows_at_one_path_are_a_fault(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a name given twice, the walk would say so, and name both rows."""
    rows: list[Row] = [
        {"residual": [{"name": "a", "type": "relu"}], "shortcut": [{"name": "b", "type": "relu"}]},
        {"residual": [{"name": "c", "type": "relu"}], "shortcut": [{"name": "d", "type": "relu"}]},
    ]
    found = network(rows)
    monkeypatch.setattr(lower._Level, "of", lambda self, label, *, present: self.labels[label])
    with pytest.raises(SharedPath, match=r"shortcut .* and shortcut .* are both at `shortcut`"):
        found.plan(backend)


def test_a_layer_stands_nowhere_else() -> None:
    """Layers of one path, a layer below another, a layer where a level is, a weight of two rows."""
    plan = network(
        [
            {"name": "a", **ROWS["conv"], "padding": "same"},
            {"name": "b", **ROWS["conv"], "padding": "same"},
            {"name": "g", "rows": [{"name": "c", **ROWS["conv"], "padding": "same"}]},
        ]
    ).plan("keras")
    distinct.check(plan, "Keras", "-")
    first, second, group = plan.children
    assert isinstance(first, Unit)
    assert isinstance(second, Unit)
    (step,) = second.steps
    (kernel, *_) = step.slots
    twice = replace(step, slots=(kernel, kernel))
    for other in (
        replace(second, native="a"),
        replace(second, native="a-b"),
        replace(second, native="g"),
        replace(second, steps=(twice,)),
    ):
        with pytest.raises(SharedPath):
            distinct.check(replace(plan, children=(first, other, group)), "Keras", "-")


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_helper_makes_way_for_a_row(backend: str) -> None:
    """The row keeps its name, also where it is dropped: names do not move with conditions."""
    rows: list[Row] = [{"name": "a", **ROWS["separable"]}]
    rows += [{"name": f"a_{step}", "type": "relu", "when": False} for step in ("pad", "depthwise")]
    found = layers(network(rows).plan(backend))
    assert set(found) <= {"a_pad_", "a_depthwise_", "a"}
    assert len(found) > 1 or backend == "keras"


def test_what_keras_calls_its_values() -> None:
    """The names that functions and inputs get by themselves, which no row of a model may have."""
    image = keras.Input((4, 4, 2))
    options = {"ops.pad": {"pad_width": ((0, 0), (1, 1), (1, 1), (0, 0))}}
    assert image._keras_history.operation.name.startswith(KERAS.called)
    for name, target in KERAS.targets.items():
        if name.startswith("ops."):
            made = KERAS.resolve(name)(image, **options.get(name, {}))
            assert target.called, name
            assert made._keras_history.operation.name.startswith(target.called), name


def test_rows_called_as_keras_calls_its_values() -> None:
    rows = [
        {"name": "input_layer", "type": "relu"},
        {"name": "pool", **ROWS["pool"]},
        {"name": "pad", "type": "pad", "top": 1},
        {"name": "group", "rows": [{"name": "pad", "type": "pad", "top": 1}]},
        {"name": "input_layer_7", "type": "relu"},
    ]
    found = network(rows)
    assert layers(found.plan("keras")) == [
        "input_layer_",
        "pool",
        "pad_",
        "group",
        "input_layer_7_",
    ]
    assert layers(found.plan("torch"))[0] == "input_layer"
    assert found.build("keras", weights=found.random_weights()).get_layer("pad_")
