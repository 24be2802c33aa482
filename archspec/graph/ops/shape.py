"""Operations that move cells and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.base import Attribute, Attrs, Operation
from archspec.graph.ops.window import needs_image
from archspec.graph.tensor import TensorType


class Flatten(Operation):
    """(h, w, c) to (h * w * c), cell after cell (`hwc`, Keras) or channel after channel (`chw`, PyTorch)."""

    name = "flatten"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "order": base.word("Which axis runs slowest.", "hwc", "chw", default="hwc")
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        if inputs[0].rank == 1:
            return inputs[0]
        needs_image(inputs[0])
        (_, height), (_, width), (_, channels) = inputs[0].axes
        return TensorType.vector(height * width * channels)


class Identity(Operation):
    """The value itself."""

    name = "identity"
