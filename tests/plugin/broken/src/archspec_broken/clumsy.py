"""Operations that load, and go wrong when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from archspec.graph.graph import Node
from archspec.graph.ops.base import Attrs, Operation, Weight
from archspec.graph.tensor import TensorType
from archspec.lowering.dialect import Lowering
from archspec.lowering.plan import Step, Target, call


class Clumsy(Operation):
    """Its shape rule has a mistake."""

    name = "clumsy"

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        return inputs[0].with_axis("depth", attrs["no such key"])


def calling(target: str, **args: Any) -> Any:
    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        return (Step("", call(target, **args)),)

    return row


class Undeclared(Operation):
    """Its rows call what nobody declares, what a framework does not have, and what means something else already."""

    name = "undeclared"
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(calling("nn.Mystery")),
        "keras": Lowering(calling("layers.Mystery"), {"layers.Mystery": Target()}),
    }


class Rowless(Operation):
    """It has a row that is no Lowering, and one that changes what a call of archspec's own means."""

    name = "rowless"
    rows: ClassVar[Mapping[str, Any]] = {
        "torch": calling("nn.ReLU"),
        "keras": Lowering(calling("layers.ReLU"), {"layers.ReLU": Target(("slope",))}),
    }
