"""Rows and specs that Python makes: the same networks and the same mistakes as those of YAML."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import archspec
from archspec import SpecError
from archspec import rows as typed
from archspec.graph.ops import operations
from archspec.language.python import names
from archspec.language.syntax.forms import camel
from archspec.rows import (
    Add,
    After,
    Assert,
    At,
    Block,
    Claim,
    Conv,
    Dense,
    Depthwise,
    Extension,
    GlobalAvgPool,
    Group,
    Parallel,
    Relu,
    Remove,
    Residual,
    Spec,
    Table,
    Use,
    Variable,
    Variant,
)

ROOT = Path(__file__).parents[2]
rows: Any = typed  # what type checkers refuse is tried here
SEPARABLE = Block(
    params={"filters": None, "stride": 1},
    rows=[
        Depthwise(name="depthwise", kernel=3, stride="stride"),
        Conv(name="pointwise", kernel=1, filters="filters"),
    ],
)
EVERYTHING = Spec(
    name="everything",
    title="Every form: of a row, and of what stands beside rows",
    vars={"width": Variable(value=1.0, min=0.5), "deep": True},
    let={"ch(c)": "int(c * width)"},
    defaults={"conv": {"padding": "same", "activation": "relu"}},
    blocks={"separable": SEPARABLE},
    input=[32, 32, 3],
    rows=[
        Conv(name="stem", filters="ch(16)", kernel=3, stride=[2, 2]),
        Use("separable", name="first", filters=16),
        Group(name="pair", repeat=2, rows=[Use("separable", filters=16), Relu(when="deep")]),
        Table(
            name="table",
            columns=["c", "s"],
            rows=[[16, 1], [32, 2]],
            each=[Conv(filters="c", kernel=1)],
        ),
        Residual(
            name="sum", rows=[Conv(filters=32, kernel=3)], shortcut=[Conv(filters=32, kernel=1)]
        ),
        Parallel(
            name="both", branches={"a": [Relu()], "b": [Conv(filters=8, kernel=1)]}, merge="concat"
        ),
        Assert(test="prev.channels == 40", message="32 and 8"),
        Relu(name="skipped"),
        Add(from_=["skipped", "prev"]),
        GlobalAvgPool(),
        Dense(name="head", units=10),
    ],
    variants={"narrow": Variant(vars={"width": 0.5})},
    expect=[Claim(total="9,738", note="as written")],
)
YAML = """
archspec: 1
name: everything
vars: {width: {value: 1.0, min: 0.5}, deep: true}
let: {ch(c): int(c * width)}
defaults: {conv: {padding: same, activation: relu}}
blocks:
  separable:
    params: {filters, stride: 1}
    rows:
      - {type: depthwise, name: depthwise, kernel: 3, stride: stride}
      - {type: conv, name: pointwise, kernel: 1, filters: filters}
input: [32, 32, 3]
rows:
  - {type: conv, name: stem, filters: ch(16), kernel: 3, stride: [2, 2]}
  - {type: separable, name: first, filters: 16}
  - {name: pair, repeat: 2, rows: [{type: separable, filters: 16}, {type: relu, when: deep}]}
  - {name: table, table: {columns: [c, s], rows: [[16, 1], [32, 2]], each: [{type: conv, filters: c, kernel: 1}]}}
  - {name: sum, residual: [{type: conv, filters: 32, kernel: 3}], shortcut: [{type: conv, filters: 32, kernel: 1}]}
  - {name: both, parallel: {a: [{type: relu}], b: [{type: conv, filters: 8, kernel: 1}]}, merge: concat}
  - {assert: prev.channels == 40}
  - {type: relu, name: skipped}
  - {type: add, from: [skipped, prev]}
  - {type: global_avg_pool}
  - {type: dense, name: head, units: 10}
"""


def test_a_spec_of_python_is_the_network_of_its_yaml() -> None:
    made = archspec.load(EVERYTHING)
    assert made.digest == archspec.load(YAML).digest
    assert archspec.load(EVERYTHING.to_yaml()).digest == made.digest
    assert archspec.load(made.to_yaml()).digest == made.digest
    assert archspec.load(EVERYTHING, width=0.5).digest == made.variant("narrow").digest


def test_a_spec_that_extends_another() -> None:
    mine = Extension(
        extends="mobilenet_v2",
        name="mine",
        vars={"width": 0.5},
        edit=[
            At(at="stem", set={"activation": "relu"}),
            After(after="pool", insert=[Relu(name="extra")]),
            Remove(remove="dropout"),
        ],
    )
    found = archspec.load(mine)
    assert "extra" in [row.name for row in found.table()]
    assert archspec.load(found.to_yaml()).digest == found.digest


def test_a_row_is_written_as_in_a_list_of_rows() -> None:
    row = Conv(filters=16, name="stem", kernel=[3, 1], activation={"type": "relu"})
    text = "- {type: conv, name: stem, filters: 16, kernel: [3, 1], activation: {type: relu}}\n"
    assert row.to_yaml() == text


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "several": (
        lambda: rows.Conv(filters=-3, kernel=[1, 2, 3]),
        """\
<python>:1:25: error[out-of-range]: filters is at least 1, not -3
  |
1 | - {type: conv, filters: -3, kernel: [1, 2, 3]}
  |                         ^^
  = expected: at least 1
  = received: -3
  = hint: give a value inside the range

<python>:1:37: error[wrong-type]: kernel is one number or two, not a list of 3
  |
1 | - {type: conv, filters: -3, kernel: [1, 2, 3]}
  |                                     ^^^^^^^^^
  = expected: one number, or [height, width]
  = received: 3 values
  = hint: give a value of that type, or an expression that has one""",
    ),
    "a key": (
        lambda: rows.Dense(unit=10),
        """\
<python>:1:17: error[unknown-key]: `unit` is not a key of dense
  |
1 | - {type: dense, unit: 10}
  |                 ^^^^
  = expected: one of type, name, from, when, repeat, as, shares, doc, units, bias, init, norm, activation
  = received: unit
  = hint: did you mean `init` or `units`?""",
    ),
    "no yaml": (
        lambda: rows.Dense(units={3}),
        """\
<python>:1:7: error[wrong-type]: units cannot be {3}
  |
1 | units={3}
  |       ^^^
  = expected: a number, text, true or false, or lists and dictionaries of these
  = received: {3}
  = hint: give a value of that type, or an expression that has one""",
    ),
    "a row": (
        lambda: rows.Group(name="a", rows=[Relu(), 5]),
        """\
<python>:4:7: error[wrong-form]: a row is a mapping
  |
4 |     - 5
  |       ^
  = expected: {type: ..., ...}
  = received: `5`
  = hint: `archspec summary` of a spec of the zoo shows rows to start from""",
    ),
    "no input": (
        lambda: rows.Spec(name="tiny", rows=[Relu()]),
        """\
<python>:1:1: error[missing-key]: a spec needs the key `input`
  |
1 | archspec: 1
  | ^^^^^^^^
  = expected: input: ...
  = received: no such key
  = hint: add it""",
    ),
    "a network": (
        lambda: archspec.load(Spec(name="a", input=[8], rows=[Conv(filters=8, kernel=1)])),
        """\
<python>:5:12: error[shape-mismatch]: conv: it needs an image of height, width and channels, not 8 (channels)
  |
5 |   - {type: conv, filters: 8, kernel: 1}
  |            ^^^^
  = expected: height, width, channels
  = received: 8 (channels)
  = hint: put the row above the pooling or flattening that takes height and width away""",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_have_the_words_of_yaml(name: str) -> None:
    made, text = MISTAKES[name]
    with pytest.raises(SpecError) as found:
        made()
    assert str(found.value) == text


def test_there_is_a_class_for_every_operation() -> None:
    assert {camel(name) for name in operations()} < {*names()} <= {*dir(typed)}
    for name in names():
        assert getattr(typed, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Cnov'"):
        _ = rows.Cnov


def looped() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def doubled() -> list[Any]:
    found: list[Any] = [1]
    for _ in range(40):
        found = [found, found]
    return found


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=4)
    | st.sampled_from([object, {1}, 1j, "x" * 20_000, Relu(), SEPARABLE, range(3)])
    | st.sampled_from(
        ["conv", "relu", "same", "a.b", "{i}", "1 +", "null", "true", "\ud800", "\x00"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    "name",
    "from_",
    "when",
    "repeat",
    "as_",
    "rows",
    "filters",
    "kernel",
    "units",
    "padding",
    "init",
]
KEYS += [
    "norm",
    "columns",
    "each",
    "branches",
    "merge",
    "test",
    "vars",
    "let",
    "blocks",
    "input",
    "type",
]
KEYS += [
    "inputs",
    "outputs",
    "variants",
    "expect",
    "edit",
    "extends",
    "params",
    "with_",
    "value",
    "set",
]


@pytest.mark.parametrize("made", [looped, doubled])
def test_data_without_an_end_is_a_spec_error(made: Callable[[], list[Any]]) -> None:
    for keys in ({"filters": made()}, {"rows": made()}, {"name": {"a": made()}}):
        with pytest.raises(SpecError, match=r"nested deeper|more than"):
            rows.Conv(**keys)


@pytest.mark.parametrize(
    "value", [Odd(), 10**5000, {5: Odd()}, {10**5000: 1}, -(10**2000)], ids=type
)
def test_what_nobody_can_print_is_a_spec_error(value: object) -> None:
    for keys in ({"filters": value}, {"rows": [value]}, {"name": value}):
        with pytest.raises(SpecError):
            rows.Conv(**keys)


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.sampled_from(names()), st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=5))
@example("Conv", {"kernel": float("nan")})
def test_whatever_is_wrong_is_a_spec_error(name: str, keys: dict[str, Any]) -> None:
    arguments = ("block",) if name == "Use" else ()
    try:
        made = getattr(typed, name)(*arguments, **keys)
        text = made.to_yaml()
        if name in ("Spec", "Extension"):
            assert archspec.load(text).digest == archspec.load(made).digest
    except SpecError as error:
        assert str(error)


def test_the_stub_is_what_the_models_say(page_maker: Callable[[str], ModuleType]) -> None:
    maker: Any = page_maker("rows")
    assert maker.TARGET.read_text(encoding="utf-8") == maker.page(), (
        "archspec/rows.pyi is old: make docs"
    )


SAMPLE = """
import archspec
from archspec.rows import Conv, Dense, Spec, Use

net = archspec.load(Spec(name="tiny", input=[8, 8, 3], rows=[Conv(filters="c", kernel=3), Use("a", c=1)]))
Conv(fliters=16)
Dense(units=[1])
Spec(name="tiny", rows=[5])
Spec(name="tiny")
"""


def test_type_checkers_see_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(SAMPLE)
    program = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "sample.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    found = subprocess.run(
        program, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    wrong = [line for line in found.stdout.splitlines() if line.startswith("sample.py:")]
    assert {line.split(":")[1] for line in wrong if ": error:" in line} == {"6", "7", "8", "9"}, (
        found
    )
