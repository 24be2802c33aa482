"""Convolutions."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, biased, np, pair, sides, taps
from archspec.graph.ops.base import (
    ZEROS,
    Attribute,
    Attrs,
    Operation,
    Weight,
    initial_of,
    times,
)
from archspec.graph.ops.misfits import needs_divisor
from archspec.graph.ops.window import halves, slide, spread_out
from archspec.graph.tensor import TensorType

KERNEL = base.pair("Height and width of the kernel.")
STRIDE = base.pair("Step of the window.", 1)
DILATION = base.pair("Distance between the cells that the kernel reads.", 1)
BIAS = base.flag("Whether a bias is added.", True)
INIT = base.initial("How the kernel is first drawn.", "glorot_uniform")


class _Convolution(Operation):
    companions = True

    @property
    def stem(self) -> str:
        return "conv"


class Conv(_Convolution):
    """2-D convolution with bias: (h, w, c) to (h', w', filters).

    Kernel (kh, kw, c / groups, filters); multiply-adds kh * kw * c / groups * filters for each cell of the output.
    """

    name = "conv"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "filters": base.count("Channels of the output."),
        "kernel": KERNEL,
        "stride": STRIDE,
        "padding": base.padding(),
        "dilation": DILATION,
        "groups": base.count("Groups that channels are split into; each sees its own.", 1),
        "bias": BIAS,
        "init": INIT,
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        out = slide(attrs, inputs[0])
        channels, groups = inputs[0].channels.whole, attrs["groups"].whole
        for end, size in (("input", channels), ("output", attrs["filters"].whole)):
            needs_divisor(groups, size, end)
        return out.with_axis("channels", attrs["filters"])

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        kernel = tuple(k.whole for k in halves(attrs["kernel"]))
        fan, filters = inputs[0].channels.whole // attrs["groups"].whole, attrs["filters"].whole
        area = math.prod(kernel)
        shape = (*kernel, fan, filters)
        fans = (area * fan, area * filters)
        weights = [Weight("kernel", shape, initial_of(attrs), fans=fans, reads=area * fan)]
        if attrs["bias"].value:
            weights.append(Weight("bias", (filters,), ZEROS))
        return tuple(weights)

    def macs(self, attrs: Attrs, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return self.weights(attrs, inputs)[0].size * output.shape[0] * output.shape[1]

    def compute(self, case: Case) -> Array:
        kernel, groups = case.weights["kernel"], case.attrs["groups"]
        products = (_grouped(cells, kernel[i, j], groups) for i, j, cells in taps(case))
        return biased(functools.reduce(np.add, products), case)


class Depthwise(_Convolution):
    """Depthwise convolution with bias: each channel by itself, (h, w, c) to (h', w', c * multiplier).

    Kernel (kh, kw, c, multiplier); output channel c * multiplier + m, in both frameworks. It takes
    `conv`'s defaults, then its own.
    """

    name = "depthwise"
    title = "Conv dw"
    defaults_from = "conv"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "kernel": KERNEL,
        "stride": STRIDE,
        "padding": base.padding(),
        "dilation": DILATION,
        "multiplier": base.count("Channels of the output for each of the input.", 1),
        "bias": BIAS,
        "init": INIT,
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        out = slide(attrs, inputs[0])
        return out.with_axis("channels", inputs[0].channels * attrs["multiplier"])

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        kernel = tuple(k.whole for k in halves(attrs["kernel"]))
        channels, multiplier = inputs[0].channels.whole, attrs["multiplier"].whole
        area = math.prod(kernel)
        fans = (area * channels, area * multiplier)
        shape = (*kernel, channels, multiplier)
        weights = [Weight("kernel", shape, initial_of(attrs), fans=fans, reads=area)]
        if attrs["bias"].value:
            weights.append(Weight("bias", (channels * multiplier,), ZEROS))
        return tuple(weights)

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        *kernel, channels, multiplier = self.weights(attrs, inputs)[0].shape
        return f"{times((*kernel, channels))} dw{f' x {multiplier}' if multiplier > 1 else ''}"

    def macs(self, attrs: Attrs, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return self.weights(attrs, inputs)[0].size * output.shape[0] * output.shape[1]

    def compute(self, case: Case) -> Array:
        return biased(_by_channel(case, case.weights["kernel"]), case)


class SeparableConv(_Convolution):
    """Depthwise separable convolution: a depthwise one, then a 1 x 1 one with bias, nothing between them.

    (h, w, c) to (h', w', filters). Kernels (kh, kw, c, multiplier), by the role `depthwise`, and (1, 1, c * multiplier,
    filters); both are drawn by `init`. Keras's SeparableConv2D, Chollet 2017.
    """

    name = "separable_conv"
    title = "Separable"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "filters": base.count("Channels of the output."),
        "kernel": KERNEL,
        "stride": STRIDE,
        "padding": base.padding(),
        "dilation": DILATION,
        "multiplier": base.count("Channels between the two, for each of the input.", 1),
        "bias": BIAS,
        "init": base.initial("How both kernels are first drawn.", "glorot_uniform"),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        return slide(attrs, inputs[0]).with_axis("channels", attrs["filters"])

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        kernel = tuple(k.whole for k in halves(attrs["kernel"]))
        channels, multiplier = inputs[0].channels.whole, attrs["multiplier"].whole
        area, filters, inner = math.prod(kernel), attrs["filters"].whole, channels * multiplier
        fans = (area * channels, area * multiplier)
        init = initial_of(attrs)
        depthwise = (*kernel, channels, multiplier)
        weights = [
            Weight("depthwise", depthwise, init, fans=fans, reads=area),
            Weight("kernel", (1, 1, inner, filters), init, fans=(inner, filters), reads=inner),
        ]
        if attrs["bias"].value:
            weights.append(Weight("bias", (filters,), ZEROS))
        return tuple(weights)

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        first, second, *_ = (weight.shape for weight in self.weights(attrs, inputs))
        *kernel, channels, multiplier = first
        several = f" x {multiplier}" if multiplier > 1 else ""
        return f"{times((*kernel, channels))} dw{several}, {times(second)}"

    def macs(self, attrs: Attrs, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        first, second, *_ = (weight.size for weight in self.weights(attrs, inputs))
        return (first + second) * output.shape[0] * output.shape[1]

    def compute(self, case: Case) -> Array:
        inner = _by_channel(case, case.weights["depthwise"])
        return biased(inner @ case.weights["kernel"][0, 0], case)


class ConvTranspose(_Convolution):
    """Transposed 2-D convolution with bias, the gradient of a convolution: (h, w, c) to (h', w', filters).

    Each cell of the input adds kernel (kh, kw, c, filters) times itself to the output, `stride` cells further for each
    cell of the input: (L - 1) * stride + kernel cells in all, Dumoulin and Visin 2016, relation 13. `padding` cells are
    cut off before and after, as PyTorch's; with `same` the size is L * stride, as TensorFlow's: max(0, kernel - stride)
    cells are cut off, the odd one at the end, and where the stride is larger than the kernel the rest is bias alone.
    Multiply-adds kh * kw * c * filters for each cell of the input.
    """

    name = "conv_transpose"
    title = "Conv transposed"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "filters": base.count("Channels of the output."),
        "kernel": KERNEL,
        "stride": base.pair("Distance in the output between neighbours of the input.", 1),
        "padding": base.padding(),
        "bias": BIAS,
        "init": INIT,
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        return spread_out(attrs, inputs[0]).with_axis("channels", attrs["filters"])

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        kernel = tuple(k.whole for k in halves(attrs["kernel"]))
        channels, filters, area = (
            inputs[0].channels.whole,
            attrs["filters"].whole,
            math.prod(kernel),
        )
        steps = (stride.whole for stride in halves(attrs["stride"]))
        read = math.prod(-(-k // s) for k, s in zip(kernel, steps, strict=True))
        fans = (area * filters, area * channels)
        shape = (*kernel, channels, filters)
        weights = [Weight("kernel", shape, initial_of(attrs), fans=fans, reads=read * channels)]
        if attrs["bias"].value:
            weights.append(Weight("bias", (filters,), ZEROS))
        return tuple(weights)

    def macs(self, attrs: Attrs, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return self.weights(attrs, inputs)[0].size * inputs[0].shape[0] * inputs[0].shape[1]

    def compute(self, case: Case) -> Array:
        """Every cell of the input adds its kernel to the output, then the rim goes."""
        kernel, x = case.weights["kernel"], case.x
        sizes, strides = kernel.shape[:2], pair(case.attrs["stride"])
        full = np.zeros((len(x), *map(_reach, x.shape[1:3], sizes, strides), kernel.shape[3]))
        for i, j in np.ndindex(*sizes):
            rows, columns = (
                slice(k, k + (n - 1) * s + 1, s)
                for k, n, s in zip((i, j), x.shape[1:3], strides, strict=True)
            )
            full[:, rows, columns] += x @ kernel[i, j]
        (top, bottom), (left, right) = _rim(case)
        return biased(full[:, top:bottom, left:right], case)


def _grouped(x: Array, matrix: Array, groups: int) -> Array:
    """A product of channels in which each group of outputs sees its own group of inputs."""
    pairs = zip(np.split(x, groups, -1), np.split(matrix, groups, -1), strict=True)
    return np.concatenate([np.tensordot(part, m, 1) for part, m in pairs], -1)


def _by_channel(case: Case, kernel: Array) -> Array:
    """Each channel by itself, convolved with its own kernels."""
    products = (cells[..., None] * kernel[i, j] for i, j, cells in taps(case))
    y = functools.reduce(np.add, products)
    return y.reshape(*y.shape[:3], -1)


def _reach(size: int, kernel: int, stride: int) -> int:
    """Cells that an axis can have: a whole stride for the last cell where its kernel is smaller."""
    return (size - 1) * stride + max(kernel, stride)


def _rim(case: Case) -> Iterator[tuple[int, int]]:
    """Where the output begins and ends on each axis."""
    attrs = case.attrs
    pairs = zip(pair(attrs["kernel"]), pair(attrs["stride"]), strict=True)
    for axis, (kernel, stride) in enumerate(pairs):
        size = case.x.shape[axis + 1]
        if attrs["padding"] == "same":
            first = max(0, kernel - stride) // 2
            yield first, first + size * stride
        else:
            before, after = sides(case)[axis]
            yield before, (size - 1) * stride + kernel - after
