"""The padding of convolutions and pools as Keras takes it."""

from __future__ import annotations

from typing import Any

from archspec.graph.expr import Binary, Expr, Items, Lit
from archspec.graph.graph import Node
from archspec.graph.ops.window import halves
from archspec.graph.quantity import Quantity, union
from archspec.lowering.plan import Step
from archspec.lowering.rows import pair, symmetric
from archspec_keras.tables.base import image_call


def padded(node: Node) -> tuple[tuple[Step, ...], str]:
    """Steps to put before a window and the `padding` word it takes itself."""
    padding = node.attrs["padding"]
    if padding.value in ("same", "valid"):
        return (), str(padding.value)
    amount, when = _sides(node)
    return (Step("pad", image_call("layers.ZeroPadding2D", padding=amount), when=when),), "valid"


def _sides(node: Node) -> tuple[Quantity, Quantity]:
    """Padding in cells as Keras writes it, and whether there is any."""
    padding = node.attrs["padding"]
    amount = _simplest(padding) if padding.value != "symmetric" else pair(*symmetric(node))
    return amount, some(node)


def some(node: Node) -> Quantity:
    """Whether a window is padded at all."""
    padding, kernels = node.attrs["padding"], halves(node.attrs["kernel"])
    if padding.value != "symmetric":
        return Quantity.of(any(c for side in padding.value for c in side))  # type: ignore[union-attr]
    tests: list[Expr] = [Binary(">", k.expr, Lit(1)) for k in kernels]
    test = tests[0] if tests[0] == tests[1] else Binary("or", tests[0], tests[1])
    return Quantity(any(k.whole > 1 for k in kernels), test, union(*kernels))


def both_sides(node: Node) -> Quantity:
    """Cells before and after, of height and of width, for every rule but `same`."""
    padding = node.attrs["padding"]
    if padding.value == "valid":
        return Quantity.of(((0, 0), (0, 0)))
    if padding.value != "symmetric":
        return padding
    sides = symmetric(node)
    expr = Items(tuple(Items((side.expr, side.expr)) for side in sides))
    return Quantity(tuple((side.value, side.value) for side in sides), expr, union(*sides))


def before(node: Node) -> Quantity:
    """Cells on each side of height and of width where both sides have as many, for every rule but `same`."""
    if node.attrs["padding"].value == "symmetric":
        return pair(*symmetric(node))
    cells: Any = both_sides(node).value
    (top, _), (left, _) = cells
    return pair(Quantity.of(top), Quantity.of(left))


def image_widths(cells: Quantity) -> Quantity:
    """Cells before and after of every axis of an image, from those of height and width."""
    none = Quantity.of((0, 0))
    height, width = halves(cells)
    return Quantity(
        (none.value, height.value, width.value, none.value),
        Items((none.expr, height.expr, width.expr, none.expr)),
        cells.deps,
    )


def _simplest(padding: Quantity) -> Quantity:
    cells: Any = padding.value
    (top, bottom), (left, right) = cells
    if top == bottom == left == right and isinstance(padding.expr, Items):
        first = padding.expr.items[0]
        inner = first.items[0] if isinstance(first, Items) else Lit(top)
        return Quantity(top, inner, padding.deps)
    return padding
