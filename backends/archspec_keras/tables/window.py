"""The padding of convolutions and pools as Keras takes it."""

from __future__ import annotations

from typing import Any

from archspec.graph.expr import Binary, Expr, Items, Lit
from archspec.graph.graph import Node
from archspec.graph.ops.window import halves
from archspec.graph.quantity import Quantity, union
from archspec.lowering.plan import Step, call
from archspec.lowering.rows import pair, symmetric


def padded(node: Node) -> tuple[tuple[Step, ...], str]:
    """Steps to put before a window and the `padding` word it takes itself."""
    padding = node.attrs["padding"]
    if padding.value in ("same", "valid"):
        return (), str(padding.value)
    amount, when = _sides(node)
    return (Step("pad", call("layers.ZeroPadding2D", padding=amount), when=when),), "valid"


def _sides(node: Node) -> tuple[Quantity, Quantity]:
    """Padding in cells as Keras writes it, and whether there is any."""
    padding, kernels = node.attrs["padding"], halves(node.attrs["kernel"])
    if padding.value != "symmetric":
        some = any(c for side in padding.value for c in side)  # type: ignore[union-attr]
        return _simplest(padding), Quantity.of(some)
    height, width = symmetric(node)
    tests: list[Expr] = [Binary(">", k.expr, Lit(1)) for k in kernels]
    test = tests[0] if tests[0] == tests[1] else Binary("or", tests[0], tests[1])
    some = height.whole > 0 or width.whole > 0
    return pair(height, width), Quantity(some, test, union(*kernels))


def _simplest(padding: Quantity) -> Quantity:
    cells: Any = padding.value
    (top, bottom), (left, right) = cells
    if top == bottom == left == right and isinstance(padding.expr, Items):
        first = padding.expr.items[0]
        inner = first.items[0] if isinstance(first, Items) else Lit(top)
        return Quantity(top, inner, padding.deps)
    return padding
