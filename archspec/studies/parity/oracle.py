"""What each operation means, in NumPy: a third voice beside two frameworks. One function an operation, of its name.

Values are (n, height, width, channels) or (n, features). Nothing is shared with the shape rules or with the tables of
backends: padding is worked out here from the words of the language, on the array that is really there. An operation
that has no function here is compared between the frameworks alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.records import dataclass
from archspec.studies.parity.activations import ACTIVATIONS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One node on given values: its inputs, its weights by role in the canonical layout, its attributes."""

    inputs: tuple[Array, ...]
    weights: Mapping[str, Array]
    attrs: Mapping[str, Any]
    training: bool = False

    @property
    def x(self) -> Array:
        return self.inputs[0]


Pair = tuple[int, int]


def pair(value: int | Pair) -> Pair:
    """Height and width."""
    return value if isinstance(value, tuple) else (value, value)


def window(case: Case) -> tuple[Pair, Pair, Pair]:
    """Kernel, stride and dilation, each as height and width."""
    attrs = case.attrs
    return pair(attrs["kernel"]), pair(attrs["stride"]), pair(attrs.get("dilation", 1))


def sides(case: Case) -> tuple[Pair, Pair]:
    """Cells of padding before and after, of height and of width, as the rule in `padding` has it."""
    kernels, strides, dilations = window(case)
    rule, found = case.attrs["padding"], []
    for axis, (kernel, stride, dilation) in enumerate(
        zip(kernels, strides, dilations, strict=True)
    ):
        size, reach = case.x.shape[axis + 1], dilation * (kernel - 1)
        if rule == "same":
            total = max(0, (-(-size // stride) - 1) * stride + reach + 1 - size)
            found.append((total // 2, total - total // 2))
        elif rule == "symmetric":
            side = kernel // 2 if dilation == 1 else reach // 2
            found.append((side, side))
        else:
            found.append((0, 0) if rule == "valid" else tuple(rule[axis]))
    return found[0], found[1]


def taps(case: Case, fill: float = 0.0) -> Iterator[tuple[int, int, Array]]:
    """What the cell (i, j) of the kernel reads at every place of the window."""
    kernels, strides, dilations = window(case)
    x = np.pad(case.x, ((0, 0), *sides(case), (0, 0)), constant_values=fill)
    reach = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
    counts = [(n - r - 1) // s for n, r, s in zip(x.shape[1:3], reach, strides, strict=True)]
    for i in range(kernels[0]):
        for j in range(kernels[1]):
            rows, columns = (
                slice(d * k, d * k + c * s + 1, s)
                for d, k, c, s in zip(dilations, (i, j), counts, strides, strict=True)
            )
            yield i, j, x[:, rows, columns]


def conv(case: Case) -> Array:
    kernel, groups = case.weights["kernel"], case.attrs["groups"]
    products = (_grouped(cells, kernel[i, j], groups) for i, j, cells in taps(case))
    return _biased(functools.reduce(np.add, products), case)


def _grouped(x: Array, matrix: Array, groups: int) -> Array:
    """A product of channels in which each group of outputs sees its own group of inputs."""
    pairs = zip(np.split(x, groups, -1), np.split(matrix, groups, -1), strict=True)
    return np.concatenate([np.tensordot(part, m, 1) for part, m in pairs], -1)


def _biased(y: Array, case: Case) -> Array:
    return y + case.weights["bias"] if "bias" in case.weights else y


def depthwise(case: Case) -> Array:
    kernel = case.weights["kernel"]
    products = (cells[..., None] * kernel[i, j] for i, j, cells in taps(case))
    y = functools.reduce(np.add, products)
    return _biased(y.reshape(*y.shape[:3], -1), case)


def dense(case: Case) -> Array:
    return _biased(np.tensordot(case.x, case.weights["kernel"], 1), case)


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance of each channel."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axes), x.var(axes)


def batch_norm(case: Case) -> Array:
    weights = case.weights
    mean, variance = moments(case.x) if case.training else (weights["mean"], weights["variance"])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = weights["gamma"] / np.sqrt(variance + case.attrs["epsilon"])
    return (case.x - mean) * scale + weights["beta"]


def max_pool(case: Case) -> Array:
    return functools.reduce(np.maximum, (cells for _, _, cells in taps(case, -np.inf)))


def avg_pool(case: Case) -> Array:
    total = functools.reduce(np.add, (cells for _, _, cells in taps(case)))
    if case.attrs["count_pad"]:
        return total / np.prod(pair(case.attrs["kernel"]))
    ones = Case((np.ones_like(case.x[:1, :, :, :1]),), {}, case.attrs)
    return total / functools.reduce(np.add, (cells for _, _, cells in taps(ones)))


def global_avg_pool(case: Case) -> Array:
    return case.x.mean((1, 2), keepdims=bool(case.attrs["keepdims"]))


def flatten(case: Case) -> Array:
    x = case.x
    if x.ndim == 4 and case.attrs["order"] == "chw":
        x = x.transpose(0, 3, 1, 2)
    return x.reshape(len(x), -1)


def softmax(case: Case) -> Array:
    return normalised(case.x, -1)


def normalised(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x)) along an axis."""
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def leaky_relu(case: Case) -> Array:
    return np.where(case.x > 0, case.x, case.attrs["slope"] * case.x)


def elu(case: Case) -> Array:
    return np.where(case.x > 0, case.x, case.attrs["alpha"] * np.expm1(case.x))


def dropout(case: Case) -> Array:
    return case.x  # at inference, and in training parity at rate 0


def drop_path(case: Case) -> Array:
    return case.x


def multiply(case: Case) -> Array:
    """A size of 1 is stretched; a vector goes with the channels."""
    rank = max(x.ndim for x in case.inputs)
    values = [x if x.ndim == rank else x[:, None, None] for x in case.inputs]
    return functools.reduce(np.multiply, values)


def add(case: Case) -> Array:
    return functools.reduce(np.add, case.inputs)


def concat(case: Case) -> Array:
    axis = {"channels": -1, "height": 1, "width": 2}[case.attrs["axis"]]
    return np.concatenate(case.inputs, axis)


def _activation(function: Callable[[Array], Array]) -> Callable[[Case], Array]:
    return lambda case: function(case.x)


MEANINGS: Mapping[str, Callable[[Case], Array]] = {
    name: _activation(function) for name, function in ACTIVATIONS.items()
} | {
    function.__name__: function
    for function in (
        conv,
        depthwise,
        dense,
        batch_norm,
        max_pool,
        avg_pool,
        global_avg_pool,
        flatten,
        softmax,
        leaky_relu,
        elu,
        dropout,
        drop_path,
        add,
        multiply,
        concat,
    )
}
