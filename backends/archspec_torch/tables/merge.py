"""Operations on several values."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Call, Step, Target, call
from archspec_torch.tables.base import AXES

TARGETS: Mapping[str, Target] = {
    "torch.cat": Target(listed=True),
    "+": Target(),
    "*": Target(),
    "ScaleChannels": Target((), (("vector", 1),)),
    "ScaleChannelsOfAll": Target(("vectors",), listed=True),
}


def add(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", Call("+"), "operator"),)


def multiply(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """Channels come first in PyTorch, so a vector of channels needs a layer of its own to multiply an image."""
    vectors = tuple(place for place, x in enumerate(node.input_types) if x.rank == 1)
    if len(vectors) in (0, len(node.inputs)):
        return (Step("", Call("*"), "operator"),)
    if len(node.inputs) == 2:
        return (Step("", call("ScaleChannels", vector=vectors[0])),)
    return (Step("", call("ScaleChannelsOfAll", vectors=Quantity.of(vectors))),)


def concat(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("torch.cat", dim=AXES[node.attrs["axis"].word]), "function"),)


TABLE: Table = {"add": add, "multiply": multiply, "concat": concat}
