"""Normalisation over channels, and scaling of them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight, initial_of
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Slot, Step, Target, call
from archspec.lowering.rows import as_declared
from archspec_keras.tables.base import slots
from archspec_keras.tables.initial import initial

_FIRST = (("beta_initializer", "zeros"), ("gamma_initializer", "ones"))
TARGETS: Mapping[str, Target] = {
    "layers.BatchNormalization": Target(
        (), (("epsilon", 1e-3), ("momentum", 0.99), ("scale", True), *_FIRST)
    ),
    "layers.LayerNormalization": Target((), (("epsilon", 1e-3), *_FIRST)),
    "layers.GroupNormalization": Target((), (("groups", 32), ("epsilon", 1e-3), *_FIRST)),
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
        **_first(node),
    )
    return (Step("", norm, slots=renamed),)


def _first(node: Node) -> dict[str, Quantity]:
    """First values of beta and gamma."""
    return {
        f"{name}_initializer": initial(initial_of(node.attrs, f"{name}_init"))
        for name in ("beta", "gamma")
    }


def layer_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    norm = call("layers.LayerNormalization", epsilon=node.attrs["epsilon"], **_first(node))
    return (Step("", norm, slots=slots(weights)),)


def group_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    groups, epsilon = node.attrs["groups"], node.attrs["epsilon"]
    norm = call("layers.GroupNormalization", groups=groups, epsilon=epsilon, **_first(node))
    return (Step("", norm, slots=slots(weights)),)


def layer_scale(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    scale = call("LayerScale", init=node.attrs["init"])
    return (Step("", scale, slots=(Slot(weights[0], "gamma"),)),)


def normalization(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("Normalization"), slots=slots(weights)),)


TABLE: Table = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "layer_scale": layer_scale,
    "normalization": normalization,
    "local_response_norm": as_declared("LocalResponseNormalization"),
}
