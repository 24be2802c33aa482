"""Operations that move cells and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Items
from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.ops.shape import SIDES
from archspec.graph.quantity import Quantity, union
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec.lowering.rows import identity
from archspec.printing.framework import SIZED
from archspec_keras.tables.base import image_call
from archspec_keras.tables.window import image_widths

TARGETS: Mapping[str, Target] = {
    "layers.Flatten": Target(),
    "layers.Permute": Target(("dims",)),
    "ChannelShuffle": Target(("groups",)),
    SIZED: Target(("height", "width")),
    "PadLike": Target((), (("value", 0.0),)),
    "CropLike": Target(),
}


def flatten(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    if node.input_types[0].rank == 1:
        return ()
    flat = Step("", image_call("layers.Flatten"))
    if node.attrs["order"].value == "hwc":
        return (flat,)
    return (Step("order", call("layers.Permute", dims=Quantity.of((3, 1, 2)))), flat)


def _around(node: Node) -> Quantity:
    """((top, bottom), (left, right)), as Keras counts."""
    top, bottom, left, right = (node.attrs[side] for side in SIDES)
    expr = Items((Items((top.expr, bottom.expr)), Items((left.expr, right.expr))))
    value = ((top.value, bottom.value), (left.value, right.value))
    return Quantity(value, expr, union(top, bottom, left, right))


def pad(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    cells, value = _around(node), node.attrs["value"]
    if len(node.inputs) > 1:
        return (Step("", call("PadLike", value=value)),)
    if value.value == 0:
        return (Step("", image_call("layers.ZeroPadding2D", padding=cells)),)
    padded = call("ops.pad", pad_width=image_widths(cells), constant_values=value)
    return (Step("", padded, "function"),)


def crop(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    if len(node.inputs) > 1:
        return (Step("", call("CropLike")),)
    return (Step("", image_call("layers.Cropping2D", cropping=_around(node))),)


def channel_shuffle(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("ChannelShuffle", groups=node.attrs["groups"])),)


TABLE: Table = {
    "flatten": flatten,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": channel_shuffle,
    "identity": identity,
}
