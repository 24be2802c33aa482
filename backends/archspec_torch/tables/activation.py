"""Activations: a module each."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Row, Table
from archspec.lowering.plan import Step, Target, call
from archspec.lowering.rows import fixed
from archspec_torch.tables.base import real

TARGETS: Mapping[str, Target] = {
    "nn.ReLU": Target((), (("inplace", False),)),
    "nn.ReLU6": Target((), (("inplace", False),)),
    "nn.LeakyReLU": Target(("negative_slope",), (("inplace", False),)),
    "nn.ELU": Target(("alpha",), (("alpha", 1.0), ("inplace", False))),
    "nn.Sigmoid": Target(),
    "HardSigmoid": Target(),
    "nn.SiLU": Target((), (("inplace", False),)),
    "nn.Hardswish": Target((), (("inplace", False),)),
    "nn.GELU": Target((), (("approximate", "none"),)),
    "nn.Tanh": Target(),
    "nn.Softmax": Target((), (("dim", None),)),
}


def activation(target: str, **attributes: str) -> Row:
    """An activation module and its attributes; in place behind a layer of its own row, whose value nobody else sees."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        args = {key: real(node.attrs[name]) for key, name in attributes.items()}
        return (Step("", call(target, **args, inplace=node.companion)),)

    return row


TABLE: Table = {
    "relu": activation("nn.ReLU"),
    "relu6": activation("nn.ReLU6"),
    "leaky_relu": activation("nn.LeakyReLU", negative_slope="slope"),
    "elu": activation("nn.ELU", alpha="alpha"),
    "sigmoid": fixed("nn.Sigmoid"),
    "hard_sigmoid": fixed("HardSigmoid"),
    "swish": activation("nn.SiLU"),
    "hard_swish": activation("nn.Hardswish"),
    "gelu": fixed("nn.GELU", approximate="none"),
    "gelu_tanh": fixed("nn.GELU", approximate="tanh"),
    "tanh": fixed("nn.Tanh"),
    "softmax": fixed("nn.Softmax", dim=1),
}
