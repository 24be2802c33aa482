"""Pieces of a value."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec_torch.tables.base import AXES

TARGETS: Mapping[str, Target] = {
    "Tensor.narrow": Target(("dim", "start", "length"), ()),
}


def slice_(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    axis = AXES[attrs["axis"].word]
    return (
        Step(
            "",
            call("Tensor.narrow", dim=axis, start=attrs["start"], length=attrs["size"]),
            "method",
        ),
    )


TABLE: Table = {"slice": slice_}
