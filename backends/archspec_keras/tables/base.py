"""What the rows of several families share. Nothing in this folder imports Keras.

Values are channels last: (N, H, W, C), or (N, C) once height and width are gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Row
from archspec.lowering.plan import Call, Slot, Step, Target

TARGETS: Mapping[str, Target] = {
    "layers.ZeroPadding2D": Target(("padding",)),
    "ops.pad": Target(("pad_width",), (("constant_values", 0),), called="pad"),
}
AXES = {"channels": -1, "height": 1, "width": 2}


def slots(weights: tuple[Weight, ...]) -> tuple[Slot, ...]:
    """Weights under the names of their roles."""
    return tuple(Slot(weight, weight.role) for weight in weights)


def merging(target: str) -> Row:
    """A layer that takes several values."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        return (Step("", Call(target)),)

    return row
