"""What the rows of every framework share: plain rows, one argument for both axes, the cells of symmetric padding."""

from __future__ import annotations

from archspec.graph.expr import Items
from archspec.graph.graph import Node
from archspec.graph.ops import window
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity, union
from archspec.lowering.dialect import Row
from archspec.lowering.plan import Step, call

WINDOW = {"kernel", "dilation"}


def fixed(target: str, **options: float | str | bool) -> Row:
    """A layer that is called alike everywhere, on one value or several."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        return (Step("", call(target, **options)),)

    return row


def as_declared(target: str) -> Row:
    """A layer whose arguments are the attributes of the operation, under their names."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        return (Step("", call(target, **node.attrs)),)

    return row


def identity(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """No call: the value is passed on."""
    return ()


def pair(height: Quantity, width: Quantity) -> Quantity:
    """One argument for height and width: a number where they are equal."""
    if height.value == width.value and height.expr == width.expr:
        return height
    value = (height.value, width.value)
    return Quantity(value, Items((height.expr, width.expr)), union(height, width))


def symmetric(node: Node) -> tuple[Quantity, Quantity]:
    """Cells on each side of height and of width."""
    height = window.symmetric(node.attrs, 0)
    one = not any(isinstance(node.attrs[key].value, tuple) for key in WINDOW & node.attrs.keys())
    return height, height if one else window.symmetric(node.attrs, 1)
