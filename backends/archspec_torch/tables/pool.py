"""Further pooling."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call

TARGETS: Mapping[str, Target] = {
    "Tensor.amax": Target((), (("keepdim", False),)),
    "nn.AdaptiveAvgPool2d": Target(("output_size",)),
}


def global_max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    largest = call("Tensor.amax", dim=Quantity.of((2, 3)), keepdim=node.attrs["keepdims"])
    return (Step("", largest, "method"),)


def adaptive_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("nn.AdaptiveAvgPool2d", output_size=node.attrs["size"])),)


TABLE: Table = {"global_max_pool": global_max_pool, "adaptive_avg_pool": adaptive_avg_pool}
