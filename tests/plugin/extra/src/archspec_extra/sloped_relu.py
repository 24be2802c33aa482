"""An activation that archspec's tables do not have. PyTorch has it; Keras's is composed, for TensorFlow keeps the slope
in float32 whatever the type of the values is, which is off by 1.6e-8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.graph import Node
from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import Attribute, Operation, Weight
from archspec.lowering.dialect import Lowering
from archspec.lowering.plan import Step, Target, call


def in_torch(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    slope, inplace = node.attrs["slope"], node.companion
    return (Step("", call("nn.LeakyReLU", negative_slope=slope, inplace=inplace)),)


def in_keras(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("SlopedReLU", negative_slope=node.attrs["slope"])),)


def in_numpy(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("leaky_relu", slope=node.attrs["slope"])),)


class SlopedRelu(Operation):
    """x where it is positive, slope * x elsewhere, Maas et al. 2013."""

    name = "sloped_relu"
    title = "Sloped ReLU"
    role = "activation"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "slope": base.number("Factor of negative values.", 0.01, 0.0),
    }
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(
            in_torch,
            {"nn.LeakyReLU": Target(("negative_slope",), (("inplace", False),))},
        ),
        "keras": Lowering(
            in_keras,
            {"SlopedReLU": Target(("negative_slope",))},
            support="archspec_extra.keras_layers",
        ),
        "numpy": Lowering(
            in_numpy, {"leaky_relu": Target(("slope",))}, support="archspec_extra.array_functions"
        ),
    }

    def compute(self, case: Case) -> Array:
        return np.where(case.x > 0, case.x, case.attrs["slope"] * case.x)
