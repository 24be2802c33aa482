"""Arithmetic cell by cell."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Call, Step, Target
from archspec.lowering.rows import as_declared, fixed

TARGETS: Mapping[str, Target] = {
    "layers.Subtract": Target(),
    "layers.Maximum": Target(),
    "layers.Average": Target(),
    "ops.abs": Target(called="absolute"),
    "Rescale": Target(("scale", "offset"), (("offset", 0.0),)),
}


def abs_(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", Call("ops.abs"), "function"),)


TABLE: Table = {
    "subtract": fixed("layers.Subtract"),
    "maximum": fixed("layers.Maximum"),
    "average": fixed("layers.Average"),
    "abs": abs_,
    "rescale": as_declared("Rescale"),
}
