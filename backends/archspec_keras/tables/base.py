"""What the rows of several families share. Nothing in this folder imports Keras.

Values are channels last: (N, H, W, C), or (N, C) once height and width are gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.plan import Call, Slot, Target, call

TARGETS: Mapping[str, Target] = {
    "layers.ZeroPadding2D": Target(("padding",)),
    "ops.pad": Target(("pad_width",), (("constant_values", 0),), called="pad"),
}
AXES = {"channels": -1, "height": 1, "width": 2}


def image_call(target: str, **args: Quantity | int | float | bool | str) -> Call:
    """A call of a layer that asks how images lie. What keras.json says must not change the network."""
    return call(target, **args, data_format="channels_last")


def slots(weights: tuple[Weight, ...]) -> tuple[Slot, ...]:
    """Weights under the names of their roles."""
    return tuple(Slot(weight, weight.role) for weight in weights)
