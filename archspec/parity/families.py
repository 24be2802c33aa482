"""What the operations of the convolutional families mean, in NumPy, beside those of `oracle`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from archspec.parity.windows import Array, Case, biased, pair, sides


def conv_transpose(case: Case) -> Array:
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


def layer_norm(case: Case) -> Array:
    x, weights = case.x, case.weights
    spread = np.sqrt(x.var(-1, keepdims=True) + case.attrs["epsilon"])
    return (x - x.mean(-1, keepdims=True)) / spread * weights["gamma"] + weights["beta"]


def layer_scale(case: Case) -> Array:
    return case.x * case.weights["gamma"]


def normalization(case: Case) -> Array:
    deviation = np.maximum(np.sqrt(case.weights["variance"]), 1e-7)
    return (case.x - case.weights["mean"]) / deviation


def local_response_norm(case: Case) -> Array:
    attrs, size = case.attrs, case.attrs["size"]
    around = ((0, 0), (0, 0), (0, 0), (size // 2, (size - 1) // 2))
    squares = np.pad(case.x**2, around)
    total = np.lib.stride_tricks.sliding_window_view(squares, size, -1).sum(-1)
    return case.x / (attrs["k"] + attrs["alpha"] / size * total) ** attrs["beta"]


def global_max_pool(case: Case) -> Array:
    return case.x.max((1, 2), keepdims=bool(case.attrs["keepdims"]))


def adaptive_avg_pool(case: Case) -> Array:
    """The mean along width of the means along height, since a bin is a rectangle."""
    x = case.x
    for axis, count in enumerate(pair(case.attrs["size"]), 1):
        size = x.shape[axis]
        ends = ((i * size // count, math.ceil((i + 1) * size / count)) for i in range(count))
        x = np.stack([x.take(range(*end), axis).mean(axis) for end in ends], axis)
    return x


def resize(case: Case) -> Array:
    x, attrs = case.x, case.attrs
    for axis in (1, 2):
        size = x.shape[axis]
        number = pair(attrs["size"] if "size" in attrs else attrs["scale"])[axis - 1]
        x = _resized(x, axis, number if "size" in attrs else size * number, attrs["method"])
    return x


def _resized(x: Array, axis: int, count: int, method: str) -> Array:
    size = x.shape[axis]
    if method == "nearest":
        return x.take([(2 * i + 1) * size // (2 * count) for i in range(count)], axis)
    places = np.clip((np.arange(count) + 0.5) * size / count - 0.5, 0, size - 1)
    low = places.astype(int)
    part = np.expand_dims(places - low, (*range(axis), *range(axis + 1, x.ndim)))
    return x.take(low, axis) * (1 - part) + x.take(np.minimum(low + 1, size - 1), axis) * part


def _rims(case: Case) -> tuple[tuple[int, int], tuple[int, int]]:
    top, bottom, left, right = (case.attrs[k] for k in ("top", "bottom", "left", "right"))
    return (top, bottom), (left, right)


def pad(case: Case) -> Array:
    return np.pad(case.x, ((0, 0), *_rims(case), (0, 0)), constant_values=case.attrs["value"])


def crop(case: Case) -> Array:
    (top, bottom), (left, right) = _rims(case)
    return case.x[:, top : case.x.shape[1] - bottom, left : case.x.shape[2] - right]


def channel_shuffle(case: Case) -> Array:
    found = np.empty_like(case.x)
    for group, part in enumerate(np.split(case.x, case.attrs["groups"], -1)):
        found[..., group :: case.attrs["groups"]] = part
    return found


def rescale(case: Case) -> Array:
    return case.x * np.array(case.attrs["scale"]) + np.array(case.attrs["offset"])


def subtract(case: Case) -> Array:
    return case.inputs[0] - case.inputs[1]


def maximum(case: Case) -> Array:
    return functools.reduce(np.maximum, case.inputs)


def average(case: Case) -> Array:
    return functools.reduce(np.add, case.inputs) / len(case.inputs)


def sliced(case: Case) -> Array:
    axis = {"channels": -1, "height": 1, "width": 2}[case.attrs["axis"]]
    start = case.attrs["start"]
    return case.x.take(range(start, start + case.attrs["size"]), axis)


def absolute(case: Case) -> Array:
    return np.abs(case.x)


FAMILIES: Mapping[str, Callable[[Case], Array]] = {
    "abs": absolute,
    "slice": sliced,
    **{
        function.__name__: function
        for function in (
            *(conv_transpose, layer_norm, layer_scale, normalization, local_response_norm),
            *(global_max_pool, adaptive_avg_pool, resize, pad, crop, channel_shuffle, rescale),
            *(subtract, maximum, average),
        )
    },
}
