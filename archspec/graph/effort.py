"""What an expression costs: the lists that it goes through, its parts and how deep they stand in one another."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.graph.expr import Apply, Binary, Expr, Sum, Value, parts

ITEMS = 8  # items of a list that are one step to go through
_COMPARING = ("==", "!=", "in", "not in")


def gone_through(expr: Expr, values: Sequence[Value]) -> int:
    """The steps of going through the lists that an expression takes, where it does."""
    if isinstance(expr, Apply | Sum) or (isinstance(expr, Binary) and expr.op in _COMPARING):
        return sum(_items(value) for value in values) // ITEMS
    return 0


def weighed(expr: Expr, size: int, depth: int) -> int | None:
    """The number of an expression's parts; None where there are more than `size`, or some deeper than `depth`."""
    waiting, count = [(expr, 1)], 0
    while waiting:
        part, deep = waiting.pop()
        count += 1
        if count > size or deep > depth:
            return None
        waiting += [(inner, deep + 1) for inner in parts(part)]
    return count


def _items(value: Value) -> int:
    """The items of a list, those of the lists in it too."""
    if not isinstance(value, tuple):
        return 0
    return len(value) + sum(_items(item) for item in value if isinstance(item, tuple))
