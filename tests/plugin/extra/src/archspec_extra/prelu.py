"""An activation that learns: its weights have a canonical layout, and each framework's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.graph import Node
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import Attrs, Initial, Operation, Weight
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType
from archspec.lowering.dialect import Lowering
from archspec.lowering.plan import Layout, Slot, Step, Target, call


def in_torch(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    from archspec_torch.tables.initial import initial

    slots = tuple(Slot(weight, "weight", Layout(), initial(weight)) for weight in weights)
    made = call("nn.PReLU", num_parameters=node.input_types[0].channels)
    return (Step("", made, slots=slots),)


def in_keras(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    from archspec_keras.tables.initial import initial

    (slope,) = weights
    args = {"alpha_initializer": initial(slope.init)}
    shared = tuple(range(1, node.input_types[0].rank))  # all axes but the channels
    if shared:
        args["shared_axes"] = Quantity.of(shared)
    layout = Layout(shape=(*(1 for _ in shared), -1))
    return (Step("", call("layers.PReLU", **args), slots=(Slot(slope, "alpha", layout),)),)


def in_numpy(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("leaky_relu"), slots=tuple(Slot(w, "slope") for w in weights)),)


class Prelu(Operation):
    """x where it is positive, slope * x elsewhere; each channel learns its slope, He et al. 2015."""

    name = "prelu"
    title = "PReLU"
    role = "activation"
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(in_torch, {"nn.PReLU": Target(("num_parameters",))}),
        "keras": Lowering(in_keras, {"layers.PReLU": Target((), (("shared_axes", None),))}),
        "numpy": Lowering(
            in_numpy, {"leaky_relu": Target(("slope",))}, support="archspec_extra.array_functions"
        ),
    }

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        first = Initial("constant", (("value", 0.25),))
        return (Weight("slope", (inputs[0].channels.whole,), first),)

    def compute(self, case: Case) -> Array:
        return np.where(case.x > 0, case.x, case.weights["slope"] * case.x)
