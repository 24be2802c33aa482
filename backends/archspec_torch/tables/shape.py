"""Operations that move cells and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Items, Lit, Unary
from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.ops.shape import SIDES
from archspec.graph.quantity import Quantity, union
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec.lowering.rows import identity
from archspec.printing.framework import SIZED
from archspec_torch.tables.base import permute

TARGETS: Mapping[str, Target] = {
    "Tensor.flatten": Target(("start_dim",)),
    "ChannelShuffle": Target(("groups",)),
    SIZED: Target(("height", "width")),
    "PadLike": Target((), (("value", 0.0),)),
    "CropLike": Target(),
}


def flatten(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    flat = Step("", call("Tensor.flatten", start_dim=1), "method")
    if node.input_types[0].rank == 1:
        return ()
    if node.attrs["order"].value == "chw":
        return (flat,)
    return (permute("last", (0, 2, 3, 1)), flat)


def _around(node: Node, *, turned: bool) -> Quantity:
    """Left, right, top, bottom, as PyTorch counts from the last axis; turned, negative: what is taken off."""
    top, bottom, left, right = (node.attrs[side] for side in SIDES)
    sides = [_negative(cells) if turned else cells for cells in (left, right, top, bottom)]
    expr = Items(tuple(cells.expr for cells in sides))
    return Quantity(tuple(cells.value for cells in sides), expr, union(*sides))


def _negative(cells: Quantity) -> Quantity:
    if isinstance(cells.expr, Lit):
        return Quantity.of(-cells.whole)
    return Quantity(-cells.whole, Unary("-", cells.expr), cells.deps)


def pad(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    if len(node.inputs) > 1:
        return (Step("", call("PadLike", value=node.attrs["value"])),)
    args = {"pad": _around(node, turned=False), "value": node.attrs["value"]}
    return (Step("", call("F.pad", **args), "function"),)


def crop(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    if len(node.inputs) > 1:
        return (Step("", call("CropLike")),)
    cropped = call("F.pad", pad=_around(node, turned=True), value=0.0)
    return (Step("", cropped, "function"),)


def channel_shuffle(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("ChannelShuffle", groups=node.attrs["groups"])),)


TABLE: Table = {
    "flatten": flatten,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": channel_shuffle,
    "identity": identity,
}
