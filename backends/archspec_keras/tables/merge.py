"""Operations on several values."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec.lowering.rows import fixed
from archspec_keras.tables.base import AXES

TARGETS: Mapping[str, Target] = {
    "layers.Add": Target(),
    "layers.Multiply": Target(),
    "layers.Concatenate": Target((), (("axis", -1),)),
}


def concat(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Concatenate", axis=AXES[node.attrs["axis"].word])),)


TABLE: Table = {
    "add": fixed("layers.Add"),
    "multiply": fixed("layers.Multiply"),
    "concat": concat,
}
