"""What a printed file may call and compute with beside the framework."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archspec.graph.evaluate import make_divisible


def elements(value: Any) -> list[Any]:
    """What a loop over a value runs over; a container of layers has them by name."""
    children = getattr(value, "children", None)
    return list(value if children is None else children.values())


def exact(
    name: str, args: Sequence[Any], keywords: Mapping[str, Any], count: int, *named: str
) -> None:
    """Raises TypeError unless a call has so many arguments by position and exactly these by name."""
    if len(args) != count or keywords.keys() != {*named}:
        raise TypeError(f"{name} takes other arguments than {len(args)} and {[*keywords]}")


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "round": round,
    "min": min,
    "max": max,
    "abs": abs,
    "len": len,
    "range": range,
    "enumerate": lambda items, start=0: list(enumerate(elements(items), start)),
    "zip": zip,
    "sum": sum,
    "float": float,
    "make_divisible": make_divisible,
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.log": math.log,
}
OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}
TAKEN: Mapping[str, int] = {"": 0, "find": 1, "append": 1, "put": 2}  # by kind of method
SIGNS: Mapping[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult}
