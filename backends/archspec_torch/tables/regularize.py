"""Noise in training."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec_torch.tables.base import real

TARGETS: Mapping[str, Target] = {
    "nn.Dropout": Target(("p",), ()),
    "DropPath": Target(("p",)),
}


def dropout(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("nn.Dropout", p=real(node.attrs["rate"]))),)


def drop_path(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    rate = node.attrs["rate"]
    return (Step("", call("DropPath", p=rate), when=rate.above(0)),)


TABLE: Table = {"dropout": dropout, "drop_path": drop_path}
