"""Normalisation over channels, and scaling of them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Slot, Step, Target, call

TARGETS: Mapping[str, Target] = {
    "nn.LayerNorm": Target(("normalized_shape",), (("eps", 1e-5),)),
    "nn.LocalResponseNorm": Target(("size",), (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0))),
    "LayerScale": Target(("channels", "init")),
    "Normalization": Target(("channels",)),
}


def layer_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """Over the last axis: the channels of an image stand there for as long as it takes."""
    x = node.input_types[0]
    slots = tuple(
        Slot(weight, name) for weight, name in zip(weights, ("weight", "bias"), strict=True)
    )
    made = call("nn.LayerNorm", normalized_shape=x.channels, eps=node.attrs["epsilon"])
    norm = Step("", made, slots=slots)
    if x.rank == 1:
        return (norm,)
    return (_permute("last", (0, 2, 3, 1)), norm, _permute("first", (0, 3, 1, 2)))


def _permute(name: str, dims: tuple[int, ...]) -> Step:
    return Step(name, call("Tensor.permute", dims=Quantity.of(dims)), "method")


def layer_scale(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    made = call("LayerScale", channels=node.input_types[0].channels, init=node.attrs["init"])
    return (Step("", made, slots=(Slot(weights[0], "gamma"),)),)


def normalization(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    made = call("Normalization", channels=node.input_types[0].channels)
    return (Step("", made, slots=tuple(Slot(weight, weight.role) for weight in weights)),)


def local_response_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("nn.LocalResponseNorm", **node.attrs)),)


TABLE: Table = {
    "layer_norm": layer_norm,
    "layer_scale": layer_scale,
    "normalization": normalization,
    "local_response_norm": local_response_norm,
}
