"""Noise in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call

TARGETS: Mapping[str, Target] = {
    "layers.Dropout": Target(("rate",), (("noise_shape", None),)),
}


def dropout(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Dropout", rate=node.attrs["rate"])),)


def drop_path(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    rate, one_each = node.attrs["rate"], [1] * node.output.rank
    shape: Any = (None, *one_each)
    dropout = call("layers.Dropout", rate=rate, noise_shape=Quantity.of(shape))
    return (Step("", dropout, when=rate.above(0)),)


TABLE: Table = {"dropout": dropout, "drop_path": drop_path}
