"""Pieces of a value."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec_keras.tables.base import AXES

TARGETS: Mapping[str, Target] = {
    "Slice": Target(("start", "size"), (("axis", -1),)),
}


def slice_(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    axis = AXES[attrs["axis"].word]
    return (Step("", call("Slice", start=attrs["start"], size=attrs["size"], axis=axis)),)


TABLE: Table = {"slice": slice_}
