"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.base import Attribute, Attrs, Operation, ShapeError, times
from archspec.graph.ops.window import cells, halves, needs_image, slide
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType

WINDOW: Mapping[str, Attribute] = {
    "kernel": base.pair("Height and width of the window."),
    "stride": base.pair("Step of the window; unless said, the kernel's size.", None),
    "padding": base.padding(),
}


class _Pool(Operation):
    @property
    def stem(self) -> str:
        return "pool"

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        out = slide(attrs, inputs[0])
        for axis, kernel in enumerate(halves(attrs["kernel"])):
            before, after = cells(attrs, axis, inputs[0].shape[axis])
            if max(before, after) >= kernel.whole and kernel.whole > 0:
                raise ShapeError(
                    f"a padding of {max(before, after)} leaves windows of {kernel.whole} without a cell of the input",
                    expected=f"less than {kernel.whole}",
                    received=max(before, after),
                    attribute="padding",
                )
        return out

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        return f"Pool {times(half.whole for half in halves(attrs['kernel']))}"


class MaxPool(_Pool):
    """The largest cell of each window and channel; padded cells never win."""

    name = "max_pool"
    title = "Max Pool"
    attributes: ClassVar[Mapping[str, Attribute]] = WINDOW


class AvgPool(_Pool):
    """The mean of each window and channel. Padded cells are left out unless `count_pad`."""

    name = "avg_pool"
    title = "Avg Pool"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        **WINDOW,
        "count_pad": base.flag("Whether padded cells count as zeros.", False),
    }


class GlobalAvgPool(Operation):
    """The mean over height and width: (h, w, c) to (c), or to (1, 1, c) with `keepdims`."""

    name = "global_avg_pool"
    title = "Avg Pool / s1"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "keepdims": base.flag("Whether height and width stay, as 1.", False)
    }

    @property
    def stem(self) -> str:
        return "pool"

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        return f"Pool {times(inputs[0].shape[:2])}"

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        needs_image(inputs[0])
        if not attrs["keepdims"].value:
            return TensorType.vector(inputs[0].channels)
        return TensorType.image(Quantity.of(1), Quantity.of(1), inputs[0].channels)
