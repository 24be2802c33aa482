"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec_keras.tables.base import image_call
from archspec_keras.tables.window import before, both_sides, image_widths, padded, some

_POOL = (("strides", None), ("padding", "valid"))
TARGETS: Mapping[str, Target] = {
    "layers.MaxPooling2D": Target(("pool_size",), _POOL),
    "layers.AveragePooling2D": Target(("pool_size",), _POOL),
    "PaddedAveragePooling2D": Target(("pool_size", "strides", "padding"), (("count_pad", False),)),
    "layers.GlobalAveragePooling2D": Target((), (("keepdims", False),)),
    "layers.GlobalMaxPooling2D": Target((), (("keepdims", False),)),
    "AdaptiveAveragePooling2D": Target(("size",)),
    "CeilPooling2D": Target(
        ("pool_size", "strides", "padding"), (("mode", "max"), ("count_pad", False))
    ),
}


def max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    args = {"pool_size": attrs["kernel"], "strides": attrs["stride"]}
    if attrs["ceil"].value and attrs["padding"].value != "same":
        return _ceiled(node, "max")
    if attrs["padding"].value in ("same", "valid"):
        return (Step("", image_call("layers.MaxPooling2D", **args, padding=attrs["padding"])),)
    pad = call("ops.pad", pad_width=image_widths(both_sides(node)), constant_values=float("-inf"))
    pool = image_call("layers.MaxPooling2D", **args, padding="valid")
    return (Step("pad", pad, "function", when=some(node)), Step("", pool))


def avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    args = {"pool_size": attrs["kernel"], "strides": attrs["stride"]}
    rule, counted = attrs["padding"].value, bool(attrs["count_pad"].value)
    if attrs["ceil"].value and rule != "same":
        return _ceiled(node, "avg")
    if rule == "valid" or (rule == "same" and not counted):
        return (Step("", image_call("layers.AveragePooling2D", **args, padding=attrs["padding"])),)
    if rule != "same" and counted:
        before, word = padded(node)
        return (*before, Step("", image_call("layers.AveragePooling2D", **args, padding=word)))
    amount: Quantity = Quantity.of("same")
    if rule != "same":
        amount = both_sides(node)
    pool = call("PaddedAveragePooling2D", **args, padding=amount, count_pad=attrs["count_pad"])
    return (Step("", pool),)


def _ceiled(node: Node, mode: str) -> tuple[Step, ...]:
    """A pool whose last window may reach past the end; its padding is the same on both sides."""
    attrs = node.attrs
    sides = before(node)
    args = {"pool_size": attrs["kernel"], "strides": attrs["stride"], "padding": sides}
    counted = Quantity.of(mode == "avg" and bool(attrs["count_pad"].value))
    return (Step("", call("CeilPooling2D", **args, mode=mode, count_pad=counted)),)


def global_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    mean = image_call("layers.GlobalAveragePooling2D", keepdims=node.attrs["keepdims"])
    return (Step("", mean),)


def global_max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    largest = image_call("layers.GlobalMaxPooling2D", keepdims=node.attrs["keepdims"])
    return (Step("", largest),)


def adaptive_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("AdaptiveAveragePooling2D", size=node.attrs["size"])),)


TABLE: Table = {
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "global_avg_pool": global_avg_pool,
    "global_max_pool": global_max_pool,
    "adaptive_avg_pool": adaptive_avg_pool,
}
