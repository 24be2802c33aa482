"""What the rows of several families share. Nothing in this folder imports Keras.

Values are channels last: (N, H, W, C), or (N, C) once height and width are gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.ops.base import Weight
from archspec.lowering.plan import Slot, Target

TARGETS: Mapping[str, Target] = {
    "layers.ZeroPadding2D": Target(("padding",)),
    "ops.pad": Target(("pad_width",), (("constant_values", 0),), called="pad"),
}
AXES = {"channels": -1, "height": 1, "width": 2}


def slots(weights: tuple[Weight, ...]) -> tuple[Slot, ...]:
    """Weights under the names of their roles."""
    return tuple(Slot(weight, weight.role) for weight in weights)
