"""An operation that changes shapes, and that neither framework has: its layers travel with the printed file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.graph import Node
from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import Attribute, Attrs, Operation, ShapeError, Weight
from archspec.graph.ops.window import needs_image
from archspec.graph.tensor import SPATIAL, TensorType
from archspec.lowering.dialect import Lowering
from archspec.lowering.plan import Step, Target, call


def in_torch(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("space_to_depth", size=node.attrs["size"]), "function"),)


def in_keras(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("SpaceToDepth", size=node.attrs["size"])),)


class SpaceToDepth(Operation):
    """Squares of cells become channels, as in TensorFlow: (h, w, c) to (h / size, w / size, size * size * c)."""

    name = "space_to_depth"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "size": base.count("Cells on each side of a square.", 2),
    }
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(
            in_torch,
            {"space_to_depth": Target(("size",))},
            support="archspec_extra.torch_functions",
        ),
        "keras": Lowering(
            in_keras, {"SpaceToDepth": Target(("size",))}, support="archspec_extra.keras_layers"
        ),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        (x,), size = inputs, attrs["size"]
        needs_image(x)
        for name in SPATIAL:
            if x.axis(name).whole % size.whole:
                raise ShapeError(
                    f"squares of {size.whole} do not divide a {name} of {x.axis(name).whole}",
                    expected=f"a divisor of {x.axis(name).whole}",
                    received=size.whole,
                    attribute="size",
                )
            x = x.with_axis(name, x.axis(name) // size)
        return x.with_axis("channels", x.channels * size * size)

    def compute(self, case: Case) -> Array:
        size = case.attrs["size"]
        corners = [(i, j) for i in range(size) for j in range(size)]
        return np.concatenate([case.x[:, i::size, j::size] for i, j in corners], -1)
