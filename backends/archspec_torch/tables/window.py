"""The padding of convolutions and pools as PyTorch takes it."""

from __future__ import annotations

from typing import Any

from archspec.graph.expr import Items, Lit
from archspec.graph.graph import Node
from archspec.graph.quantity import Quantity, union
from archspec.lowering.plan import Step, call
from archspec.lowering.rows import pair, symmetric


def padded(node: Node, value: float = 0.0) -> tuple[tuple[Step, ...], Quantity]:
    """Steps to put before a window and the `padding` it takes itself, for every rule but `same`."""
    rule = node.attrs["padding"].value
    if rule == "valid":
        return (), Quantity.of(0)
    if rule == "symmetric":
        return (), pair(*symmetric(node))
    top, bottom, left, right = _stated(node)
    if top.expr == bottom.expr and left.expr == right.expr:
        return (), pair(top, left)
    sides = (left, right, top, bottom)
    amount = Quantity(
        tuple(s.value for s in sides), Items(tuple(s.expr for s in sides)), union(*sides)
    )
    return (Step("pad", call("F.pad", pad=amount, value=value), "function"),), Quantity.of(0)


def _stated(node: Node) -> tuple[Quantity, Quantity, Quantity, Quantity]:
    """Cells of padding that the row states as numbers: top, bottom, left, right."""
    padding = node.attrs["padding"]
    items = padding.expr.items if isinstance(padding.expr, Items) else ()
    cells: list[Quantity] = []
    sides: Any = padding.value
    for axis, (before, after) in enumerate(sides):
        inner = items[axis] if axis < len(items) else None
        exprs = inner.items if isinstance(inner, Items) else (Lit(before), Lit(after))
        cells += [Quantity(before, exprs[0], padding.deps), Quantity(after, exprs[1], padding.deps)]
    return cells[0], cells[1], cells[2], cells[3]
