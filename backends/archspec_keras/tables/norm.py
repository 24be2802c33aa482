"""Normalisation over channels, and scaling of them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Slot, Step, Target, call
from archspec.lowering.rows import as_declared
from archspec_keras.tables.base import slots

TARGETS: Mapping[str, Target] = {
    "layers.BatchNormalization": Target(
        (), (("epsilon", 1e-3), ("momentum", 0.99), ("scale", True))
    ),
    "layers.LayerNormalization": Target((), (("epsilon", 1e-3),)),
    "LayerScale": Target(("init",)),
    "Normalization": Target(),
    "LocalResponseNormalization": Target(("size", "alpha", "beta", "k")),
}


def batch_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    names = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "variance": "moving_variance"}
    renamed = tuple(Slot(w, names[w.role]) for w in weights)
    attrs = node.attrs
    norm = call(
        "layers.BatchNormalization",
        epsilon=attrs["epsilon"],
        momentum=attrs["decay"],
        scale=attrs["scale"],
    )
    return (Step("", norm, slots=renamed),)


def layer_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    norm = call("layers.LayerNormalization", epsilon=node.attrs["epsilon"])
    return (Step("", norm, slots=slots(weights)),)


def layer_scale(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    scale = call("LayerScale", init=node.attrs["init"])
    return (Step("", scale, slots=(Slot(weights[0], "gamma"),)),)


def normalization(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("Normalization"), slots=slots(weights)),)


TABLE: Table = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "layer_scale": layer_scale,
    "normalization": normalization,
    "local_response_norm": as_declared("LocalResponseNormalization"),
}
