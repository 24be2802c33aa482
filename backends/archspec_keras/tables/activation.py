"""Activations: layers, or words that Keras knows."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Row, Table
from archspec.lowering.plan import Step, Target, call
from archspec.lowering.rows import fixed

TARGETS: Mapping[str, Target] = {
    "layers.ReLU": Target(("max_value",), (("max_value", None),)),
    "LeakyReLU": Target(("slope",)),
    "layers.ELU": Target(("alpha",), (("alpha", 1.0),)),
    "layers.Activation": Target(("activation",)),
    "GELU": Target((), (("approximate", False),)),
    "layers.Softmax": Target((), (("axis", -1),)),
}


def activation(word: str) -> Row:
    """An activation that Keras knows by a word."""
    return fixed("layers.Activation", activation=word)


def leaky_relu(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("LeakyReLU", slope=node.attrs["slope"])),)


def elu(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.ELU", alpha=node.attrs["alpha"])),)


def gelu(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("GELU", approximate=node.op.name == "gelu_tanh")),)


TABLE: Table = {
    "relu": activation("relu"),
    "relu6": fixed("layers.ReLU", max_value=6.0),
    "leaky_relu": leaky_relu,
    "elu": elu,
    "sigmoid": activation("sigmoid"),
    "hard_sigmoid": activation("hard_sigmoid"),
    "swish": activation("silu"),
    "hard_swish": activation("hard_silu"),
    "gelu": gelu,
    "gelu_tanh": gelu,
    "tanh": activation("tanh"),
    "softmax": fixed("layers.Softmax", axis=-1),
}
