"""Further pooling."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call

TARGETS: Mapping[str, Target] = {
    "layers.GlobalMaxPooling2D": Target((), (("keepdims", False),)),
    "AdaptiveAveragePooling2D": Target(("size",)),
    "CeilPooling2D": Target(
        ("pool_size", "strides", "padding"), (("mode", "max"), ("count_pad", False))
    ),
}


def global_max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    made = call("layers.GlobalMaxPooling2D", keepdims=node.attrs["keepdims"])
    return (Step("", made),)


def adaptive_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("AdaptiveAveragePooling2D", size=node.attrs["size"])),)


TABLE: Table = {"global_max_pool": global_max_pool, "adaptive_avg_pool": adaptive_avg_pool}
