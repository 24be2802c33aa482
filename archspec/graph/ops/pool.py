"""Pooling."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np, pair, taps
from archspec.graph.ops.base import Attribute, Attrs, Operation, ShapeError, times
from archspec.graph.ops.misfits import needs_image
from archspec.graph.ops.window import ceil_div, cells, halves, slide
from archspec.graph.quantity import Quantity, apply
from archspec.graph.tensor import SPATIAL, TensorType

WINDOW: Mapping[str, Attribute] = {
    "kernel": base.pair("Height and width of the window."),
    "stride": base.pair("Step of the window; unless said, the kernel's size.", None),
    "padding": base.padding(),
    "ceil": base.flag(
        "Whether a last window may hang over the end; what hangs over never counts.", False
    ),
}


class _Pool(Operation):
    @property
    def stem(self) -> str:
        return "pool"

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        hangs = attrs["ceil"].value and attrs["padding"].value != "same"
        out = (_overhung if hangs else slide)(attrs, inputs[0])
        for axis, kernel in enumerate(halves(attrs["kernel"])):
            before, after = cells(attrs, axis, inputs[0].shape[axis])
            if max(before, after) >= kernel.whole and kernel.whole > 0:
                cut, size = max(before, after), kernel.whole
                message = f"a padding of {cut} leaves windows of {size} without a cell of the input"
                raise ShapeError(message, f"less than {size}", cut, "padding")
        return out

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        return f"Pool {times(half.whole for half in halves(attrs['kernel']))}"


class MaxPool(_Pool):
    """The largest cell of each window and channel; padded cells never win."""

    name = "max_pool"
    title = "Max Pool"
    attributes: ClassVar[Mapping[str, Attribute]] = WINDOW

    def compute(self, case: Case) -> Array:
        return functools.reduce(np.maximum, (cells for _, _, cells in taps(case, -np.inf, -np.inf)))


class AvgPool(_Pool):
    """The mean of each window and channel. Padded cells are left out unless `count_pad`."""

    name = "avg_pool"
    title = "Avg Pool"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        **WINDOW,
        "count_pad": base.flag("Whether padded cells count as zeros.", False),
    }

    def compute(self, case: Case) -> Array:
        total = functools.reduce(np.add, (cells for _, _, cells in taps(case)))
        ones = Case((np.ones_like(case.x[:1, :, :, :1]),), {}, case.attrs)
        padded = float(case.attrs["count_pad"])
        return total / functools.reduce(np.add, (cells for _, _, cells in taps(ones, padded)))


def _overhung(attrs: Attrs, x: TensorType) -> TensorType:
    """The type where a last window may hang over the end: sizes are rounded up.

    A window that would begin in the padding at the end is left out. That is PyTorch's `ceil_mode`, from Caffe
    (aten/src/ATen/native/Pool.h, pooling_output_shape_pad_lr). Raises ShapeError.
    """
    needs_image(x)
    input_type = x
    for axis, name in enumerate(SPATIAL):
        size, kernel, stride = x.axis(name), *(halves(attrs[k])[axis] for k in ("kernel", "stride"))
        before, after = cells(attrs, axis, size.whole)
        if before != after or 2 * before > kernel.whole:
            message = (
                f"`ceil` takes the same padding before and after, at most half the kernel: here "
                f"{before} and {after} cells of {name} and a kernel of {kernel.whole}"
            )
            expected = f"the same on both sides, at most {kernel.whole // 2}"
            hint = "pad both sides alike, or leave `ceil` out"
            raise ShapeError(message, expected, f"{before} and {after}", "ceil", hint)
        room = size + 2 * before - kernel if before else size - kernel
        last = ceil_div(room, stride)
        if stride.whole > kernel.whole - before:
            room = size - 1 + before if before else size - 1
            last = apply("min", last, room // stride)
        if last.whole < 0:
            slide(attrs, input_type)  # which says why there is no window
        x = x.with_axis(name, last + 1)
    return x


class _Global(Operation):
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


class GlobalAvgPool(_Global):
    """The mean over height and width: (h, w, c) to (c), or to (1, 1, c) with `keepdims`."""

    name = "global_avg_pool"
    title = "Avg Pool / s1"

    def compute(self, case: Case) -> Array:
        return case.x.mean((1, 2), keepdims=bool(case.attrs["keepdims"]))


class GlobalMaxPool(_Global):
    """The largest cell of each channel: (h, w, c) to (c), or to (1, 1, c) with `keepdims`."""

    name = "global_max_pool"
    title = "Max Pool / s1"

    def compute(self, case: Case) -> Array:
        return case.x.max((1, 2), keepdims=bool(case.attrs["keepdims"]))


class AdaptiveAvgPool(Operation):
    """The mean of `size` bins along height and width: (h, w, c) to (size, size, c), whatever the input's size.

    Bin i of n over L cells goes from cell i * L // n to before cell ceil((i + 1) * L / n), as PyTorch's
    AdaptiveAvgPool2d; bins may share cells. Where the sizes are equal it is the identity.
    """

    name = "adaptive_avg_pool"
    title = "Adaptive Avg Pool"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "size": base.pair("Height and width of the output.")
    }

    @property
    def stem(self) -> str:
        return "pool"

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        needs_image(inputs[0])
        height, width = halves(attrs["size"])
        return TensorType.image(height, width, inputs[0].channels)

    def compute(self, case: Case) -> Array:
        """The mean along width of the means along height, since a bin is a rectangle."""
        x = case.x
        for axis, count in enumerate(pair(case.attrs["size"]), 1):
            size = x.shape[axis]
            ends = ((i * size // count, math.ceil((i + 1) * size / count)) for i in range(count))
            x = np.stack([x.take(range(*end), axis).mean(axis) for end in ends], axis)
        return x
