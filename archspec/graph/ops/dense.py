"""Matrix products."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, biased, np
from archspec.graph.ops.base import ZEROS, Attribute, Attrs, Operation, Weight, initial_of
from archspec.graph.tensor import TensorType


class Dense(Operation):
    """Fully connected layer on the last axis: (..., c) to (..., units). Kernel (c, units)."""

    name = "dense"
    title = "FC / s1"
    companions = True
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "units": base.count("Size of the output."),
        "bias": base.flag("Whether a bias is added.", True),
        "init": base.initial("How the kernel is first drawn.", "glorot_uniform"),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        return inputs[0].with_axis("channels", attrs["units"])

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole, attrs["units"].whole)
        weights = [Weight("kernel", shape, initial_of(attrs), fans=shape, reads=shape[0])]
        if attrs["bias"].value:
            weights.append(Weight("bias", shape[1:], ZEROS))
        return tuple(weights)

    def macs(self, attrs: Attrs, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return inputs[0].channels.whole * math.prod(output.shape)

    def compute(self, case: Case) -> Array:
        return biased(np.tensordot(case.x, case.weights["kernel"], 1), case)
