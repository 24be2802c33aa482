"""Sums and repeated expressions of printed definitions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archspec
from archspec.graph.evaluate import ExpressionError, value_of
from archspec.graph.expr import Apply, Binary, Expr, Lit, Sym
from archspec.graph.spelling import show
from archspec.printing.draft.arithmetic import is_whole, tidied

A, B, N = Sym("a"), Sym("b"), Sym("n")
EXPRESSIONS = st.recursive(
    st.sampled_from([A, B, N, Lit(0), Lit(1), Lit(2), Lit(-3), Lit(0.1)]),
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from(["+", "-", "*", "//", "/"]), inner, inner),
        inner.map(lambda expr: Apply("ceil", (expr,))),
    ),
    max_leaves=8,
)
NUMBERS = st.one_of(st.integers(-9, 9), st.floats(-9, 9))


def of(expr: Expr, names: dict[str, Any]) -> Any:
    """The value of an expression and its type; None where it has none."""
    try:
        found = value_of(expr, names, {})
    except ExpressionError:
        return None
    return found, type(found)


@given(EXPRESSIONS, NUMBERS, NUMBERS, NUMBERS)
def test_a_tidied_expression_is_equal(expr: Expr, a: Any, b: Any, n: Any) -> None:
    """Of whole numbers and of floats, to the bit, and of one type."""
    names = {"a": a, "b": b, "n": n}
    whole = {name for name, value in names.items() if isinstance(value, int)}
    before = of(expr, names)
    if before is not None:
        assert of(tidied(expr, whole), names) == before
        assert not is_whole(expr, whole) or before[1] is int


def plus(*terms: Expr) -> Expr:
    """A sum."""
    first, *rest = terms
    for term in rest:
        first = Binary("+", first, term)
    return first


def times(left: Expr, right: Expr) -> Expr:
    """A product."""
    return Binary("*", left, right)


HALF = Binary("//", A, Lit(2))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (plus(HALF, HALF), "2 * (a // 2)"),
        (plus(A, B, B), "a + 2 * b"),
        (plus(A, times(A, Binary("-", N, Lit(1)))), "a * n"),
        (Binary("-", plus(A, Lit(2)), Lit(3)), "a - 1"),
        (Binary("-", plus(A, B), A), "b"),
        (times(plus(A, A), Lit(1)), "2 * a"),
        (Binary("//", times(A, Lit(4)), Lit(4)), "a"),
        (plus(A, B, Lit(1)), "a + b + 1"),
        (times(HALF, Lit(2)), "a // 2 * 2"),
    ],
)
def test_sums_as_people_write_them(expr: Expr, text: str) -> None:
    assert show(tidied(expr, {"a", "b", "n"}), str) == text


def test_sums_of_floats_stay() -> None:
    expr = plus(A, B, A)
    assert tidied(expr, {"a"}) == expr


LONG = """
archspec: 1
name: long
input: [8, 8, 16]
defaults: {conv: {padding: symmetric}}
blocks:
  mixed:
    params: {expand, filters}
    rows:
      - {type: conv, name: wide, kernel: 1, filters: "make_divisible(input.channels * expand, 8)"}
      - {type: depthwise, name: spatial, kernel: 3}
      - {type: conv, name: project, kernel: 1, filters: filters}
rows:
  - {type: mixed, name: a, expand: 2, filters: 24}
  - {type: mixed, name: b, expand: 3, filters: 32}
  - {type: global_avg_pool, name: pool}
"""


def test_a_long_expression_that_is_read_often_gets_a_name() -> None:
    text = archspec.load(LONG).source("torch")
    body = text[text.index("class Mixed") :]
    assert body.count("make_divisible(") == 1
    assert "hidden = make_divisible(in_channels * expand, 8)" in body
