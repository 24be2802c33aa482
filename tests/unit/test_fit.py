"""Statements that are too long are broken as formatters break them, and mean what they meant."""

from __future__ import annotations

import ast

import pytest

from archspec.printing.emit.fit import WIDTH, fit

LONG = ["a" * 20, "b" * 17, "c" * 17, "d" * 17, "e" * 17]
NAMES = ", ".join(LONG)  # fits a line, but not with anything around it
FEWER = NAMES[:83]
CASES = {
    "a call": (f"x = f({NAMES})", ["x = f(", f"    {NAMES}", ")"]),
    "a call of many": (
        f"x = f({NAMES}, {NAMES})",
        ["x = f(", *(f"    {name}," for name in LONG * 2), ")"],
    ),
    "a layer and its input": (
        f"x = f({FEWER})({'i' * 9})",
        [f"x = f({FEWER})(", f"    {'i' * 9}", ")"],
    ),
    "a list": (f"x = [{NAMES}]", ["x = [", *(f"    {name}," for name in LONG), "]"]),
    "a tuple of one": (f"x = ({'a' * 97},)", ["x = (", f"    {'a' * 97},", ")"]),
    "an expression": (
        f"x = {FEWER.replace(',', ' +')} + {'z' * 9}",
        ["x = (", f"    {FEWER.replace(',', ' +')} + {'z' * 9}", ")"],
    ),
    "a choice": (
        f"x = f({FEWER}) if {'a' * 9} == b else c",
        ["x = (", f"    f({FEWER})", f"    if {'a' * 9} == b", "    else c", ")"],
    ),
    "parameters": (
        f"def f({NAMES}) -> tuple[A, B]: ...",
        ["def f(", f"    {NAMES}", ") -> tuple[A, B]: ..."],
    ),
    "a loop": (
        f"for i, n in enumerate(zip({FEWER})):\n    pass",
        ["for i, n in enumerate(", f"    zip({FEWER})", "):", "    pass"],
    ),
    "imports": (
        f"from a.b import {NAMES}",
        ["from a.b import (", *(f"    {name}," for name in LONG), ")"],
    ),
    "a bracket in a string": (
        f'x = f("a)", "{"b(" * 20}", {NAMES})',
        ["x = f(", '    "a)",', f'    "{"b(" * 20}",', *(f"    {n}," for n in LONG), ")"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), CASES.values(), ids=CASES)
def test_what_is_too_long_is_broken(text: str, lines: list[str]) -> None:
    assert fit(text).split("\n") == lines
    assert ast.dump(ast.parse(fit(text))) == ast.dump(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        f"x = f({FEWER})",
        f'"""{NAMES}, f(a, b, c)\n{NAMES}"""',
        f"x = [  # {NAMES}\n    (1, 2),\n]",
        f"x = f({NAMES})  # as it is",
        f"rows = [\n    ({NAMES}),\n]",
    ],
)
def test_the_rest_stays_as_it_is(text: str) -> None:
    assert fit(text) == text


def test_what_a_call_holds_is_broken_in_its_turn() -> None:
    text = f"    x.append(g({NAMES}, {NAMES}))"
    lines = fit(text).split("\n")
    assert lines[:3] == ["    x.append(", "        g(", f"            {LONG[0]},"]
    assert lines[-2:] == ["        )", "    )"]
    assert max(map(len, lines)) <= WIDTH
