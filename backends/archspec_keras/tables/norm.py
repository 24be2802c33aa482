"""Normalisation over channels, and scaling of them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Slot, Step, Target, call

TARGETS: Mapping[str, Target] = {
    "layers.LayerNormalization": Target((), (("epsilon", 1e-3),)),
    "LayerScale": Target(("init",)),
    "Normalization": Target(),
    "LocalResponseNormalization": Target(("size", "alpha", "beta", "k")),
}


def layer_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    slots = tuple(Slot(weight, weight.role) for weight in weights)
    made = call("layers.LayerNormalization", epsilon=node.attrs["epsilon"])
    return (Step("", made, slots=slots),)


def layer_scale(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    made = call("LayerScale", init=node.attrs["init"])
    return (Step("", made, slots=(Slot(weights[0], "gamma"),)),)


def normalization(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    slots = tuple(Slot(weight, weight.role) for weight in weights)
    return (Step("", call("Normalization"), slots=slots),)


def local_response_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("LocalResponseNormalization", **node.attrs)),)


TABLE: Table = {
    "layer_norm": layer_norm,
    "layer_scale": layer_scale,
    "normalization": normalization,
    "local_response_norm": local_response_norm,
}
