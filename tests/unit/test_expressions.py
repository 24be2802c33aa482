"""Expressions: Python's arithmetic, nothing of Python's reach."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.graph.evaluate import ExpressionError, value_of
from archspec.graph.spelling import show
from archspec.language.syntax.expressions import SyntaxProblem, parse

NUMBERS = st.one_of(st.integers(0, 50), st.floats(0, 50).map(lambda x: round(x, 3)))
LEAVES = st.one_of(NUMBERS.map(repr), st.sampled_from(["a", "b", "true_", "xs[1]", "len(xs)"]))
NAMES: dict[str, Any] = {"a": 7, "b": 2.5, "true_": True, "xs": (3, 4, 5)}
PYTHON = {"min": min, "max": max, "int": int, "round": round, "abs": abs, "len": len}


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "<=", "==", "!="])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        inner.map(lambda e: f"-{e}"),
        pairs.map(lambda p: f"({p[0]} if a > 3 else {p[1]})"),
        pairs.map(lambda p: f"max({p[0]}, {p[1]})"),
        inner.map(lambda e: f"int({e})"),
        inner.map(lambda e: f"abs({e})"),
        inner.map(lambda e: f"({e})**2"),
    )


@given(st.recursive(LEAVES, grown, max_leaves=8))
def test_values_are_pythons(text: str) -> None:
    try:
        expected = eval(text, {"__builtins__": {}}, {**NAMES, **PYTHON})
    except (ZeroDivisionError, OverflowError, TypeError):
        expected = None
    try:
        found = value_of(parse(text), NAMES, {})
    except ExpressionError:
        return  # booleans and words are not numbers here: stricter than Python, never different
    assert expected is not None
    assert found == expected
    assert type(found) is type(expected)


@given(st.recursive(LEAVES, grown, max_leaves=8))
def test_what_is_shown_reads_as_the_same(text: str) -> None:
    expr = parse(text)
    assert parse(show(expr)) == expr


@given(st.text(alphabet="ab()[]{}.,+-*/%<>=!'\"\\ 0123456789_efx\n\t$@", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except SyntaxProblem as error:
        assert 0 <= error.start <= error.end <= max(1, len(text)) + 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__",
        "a.b.c()",
        "lambda: 1",
        "[x for x in xs]",
        "x := 1",
        "f'{a}'",
        "a; b",
        "print(1)",
        "0x10",
        "a if b",
        "1 +",
        "",
        "xs[",
        "max(1,",
    ],
)
def test_nothing_else_is_an_expression(text: str) -> None:
    with pytest.raises((SyntaxProblem, ExpressionError, KeyError)):
        value_of(parse(text), NAMES, {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("make_divisible(32 * 0.35, 8)", 16),
        ("make_divisible(12 * 1.4, 8)", 16),
        ("make_divisible(3, 8, min=16)", 16),
        ("round(2.5)", 2),
        ("7 // -2", -4),
        ("-7 % 3", 2),
        ("2**-1", 0.5),
        ("-2**2", -4),
        ("floor(2.7) + ceil(2.1)", 5),
        ("1 < 2 and not 2 < 1", True),
        ("log(1)", math.log(1)),
    ],
)
def test_values(text: str, value: Any) -> None:
    found = value_of(parse(text), {}, {})
    assert found == value
    assert type(found) is type(value)
