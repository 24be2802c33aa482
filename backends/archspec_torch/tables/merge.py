"""Operations on several values."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Call, Step, Target, call
from archspec_torch.tables.base import AXES

TARGETS: Mapping[str, Target] = {
    "torch.cat": Target(listed=True),
    "+": Target(),
    "*": Target(),
    "ScaleChannels": Target(),
}


def add(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", Call("+"), "operator"),)


def multiply(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """Channels come first in PyTorch, so a vector of channels needs a layer of its own to multiply an image."""
    if len({x.rank for x in node.input_types}) > 1:
        return (Step("", Call("ScaleChannels")),)
    return (Step("", Call("*"), "operator"),)


def concat(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("torch.cat", dim=AXES[node.attrs["axis"].word]), "function"),)


TABLE: Table = {"add": add, "multiply": multiply, "concat": concat}
