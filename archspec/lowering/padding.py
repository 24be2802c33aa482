"""Arguments of windows that every framework's rows need: one for both axes, and the cells of symmetric padding."""

from __future__ import annotations

from archspec.graph.expr import Items
from archspec.graph.graph import Node
from archspec.graph.ops.window import halves
from archspec.graph.quantity import Quantity, union


def pair(height: Quantity, width: Quantity) -> Quantity:
    """One argument for height and width: a number where they are equal."""
    if height.value == width.value and height.expr == width.expr:
        return height
    value = (height.value, width.value)
    return Quantity(value, Items((height.expr, width.expr)), union(height, width))


def symmetric(node: Node) -> tuple[Quantity, Quantity]:
    """Cells on each side of height and of width: kernel // 2, for dilated kernels d * (k - 1) // 2."""
    kernels, dilations = halves(node.attrs["kernel"]), (Quantity.of(1), Quantity.of(1))
    if "dilation" in node.attrs:
        dilations = halves(node.attrs["dilation"])
    first, second = (
        k // 2 if d.value == 1 else d * (k - 1) // 2
        for k, d in zip(kernels, dilations, strict=True)
    )
    return first, second
