"""Expressions and values as Python writes them."""

from __future__ import annotations

import math
from collections.abc import Callable

from archspec.graph.expr import (
    Apply,
    Binary,
    Expr,
    IfElse,
    Index,
    Items,
    Lit,
    Sum,
    Sym,
    Unary,
    Value,
)
from archspec.graph.symbols import FrameworkName, Symbol
from archspec.records import dataclass

_LEVELS = {"or": 1, "and": 2, "not": 3, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "**": 9}
_COMPARE = 4


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function of an expression, where it is spelled."""

    function: str

    def __str__(self) -> str:
        return self.function


Names = Callable[[Symbol | FunctionName], str]


def show(expr: Expr, name: Names = str) -> str:
    """`expr` as Python; `name` spells its symbols and functions."""
    return _show(expr, 0, name)


def literal(value: Value) -> str:
    """A value as Python."""
    if isinstance(value, FrameworkName):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if value.isprintable() else ascii(value)
    if isinstance(value, tuple):
        inner = ", ".join(literal(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _show(expr: Expr, outer: int, name: Names) -> str:
    text, level = _show_level(expr, name)
    return f"({text})" if level < outer else text


def _show_level(expr: Expr, name: Names) -> tuple[str, int]:
    match expr:
        case Lit(value):
            text = literal(value)
            return text, 8 if text.startswith("-") else 12
        case Sym(symbol):
            return name(symbol), 12
        case Unary("not", operand):
            return f"not {_show(operand, 3, name)}", 3
        case Unary(op, operand):
            return f"{op}{_show(operand, 8, name)}", 8
        case Binary("**", left, right):
            return f"{_show(left, 10, name)} ** {_show(right, 8, name)}", 9
        case Binary(op, left, right):
            level = _LEVELS.get(op, _COMPARE)
            step = 1 if level >= _COMPARE else 0
            lower = level + (1 if level == _COMPARE else 0)
            return f"{_show(left, lower, name)} {op} {_show(right, level + step, name)}", level
        case IfElse(body, test, orelse):
            return (
                f"{_show(body, 1, name)} if {_show(test, 1, name)} else {_show(orelse, 0, name)}",
                0,
            )
        case Index(base, index):
            return f"{_show(base, 11, name)}[{_show(index, 0, name)}]", 11
        case Items(items):
            inner = ", ".join(_show(item, 0, name) for item in items)
            return (f"({inner},)" if len(items) == 1 else f"({inner})"), 12
        case Sum(base, stop):
            rest = "" if stop is None else f"[:{_show(stop, 0, name)}]"
            return f"sum({_show(base, 11 if rest else 0, name)}{rest})", 11
        case Apply(function, args, keywords):
            shown = [_show(arg, 0, name) for arg in args]
            shown += [f"{key}={_show(arg, 0, name)}" for key, arg in keywords]
            return f"{name(FunctionName(function))}({', '.join(shown)})", 11
