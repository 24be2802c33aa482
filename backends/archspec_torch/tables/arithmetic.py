"""Arithmetic cell by cell."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Call, Step, Target, call
from archspec.lowering.rows import as_declared

TARGETS: Mapping[str, Target] = {
    "-": Target(),
    "Tensor.abs": Target(),
    "Tensor.div": Target(("other",)),
    "torch.maximum": Target(),
    "torch.stack": Target(listed=True),
    "Rescale": Target(("scale", "offset"), (("offset", 0.0),)),
}


def subtract(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", Call("-"), "operator"),)


def abs_(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", Call("Tensor.abs"), "method"),)


def maximum(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    if len(node.inputs) == 2:
        return (Step("", Call("torch.maximum"), "function"),)
    largest = Step("", call("Tensor.amax", dim=0, keepdim=False), "method")
    return (Step("stack", Call("torch.stack"), "function"), largest)


def average(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    part = call("Tensor.div", other=len(node.inputs))
    return (Step("sum", Call("+"), "operator"), Step("", part, "method"))


TABLE: Table = {
    "subtract": subtract,
    "abs": abs_,
    "maximum": maximum,
    "average": average,
    "rescale": as_declared("Rescale"),
}
