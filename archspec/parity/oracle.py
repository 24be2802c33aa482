"""What each operation means, in NumPy: a third voice beside two frameworks. One function an operation, of its name.

Values are (n, height, width, channels) or (n, features). Nothing is shared with the shape rules or with the tables of
backends: padding is worked out here from the words of the language, on the array that is really there. An operation
that has no function here is compared between the frameworks alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from archspec.parity.activations import ACTIVATIONS
from archspec.parity.families import FAMILIES
from archspec.parity.windows import Array, Case, biased, pair, sides, taps, window

__all__ = ["MEANINGS", "Array", "Case", "moments", "normalised", "pair", "sides", "taps", "window"]


def conv(case: Case) -> Array:
    kernel, groups = case.weights["kernel"], case.attrs["groups"]
    products = (_grouped(cells, kernel[i, j], groups) for i, j, cells in taps(case))
    return biased(functools.reduce(np.add, products), case)


def _grouped(x: Array, matrix: Array, groups: int) -> Array:
    """A product of channels in which each group of outputs sees its own group of inputs."""
    pairs = zip(np.split(x, groups, -1), np.split(matrix, groups, -1), strict=True)
    return np.concatenate([np.tensordot(part, m, 1) for part, m in pairs], -1)


def depthwise(case: Case) -> Array:
    kernel = case.weights["kernel"]
    products = (cells[..., None] * kernel[i, j] for i, j, cells in taps(case))
    y = functools.reduce(np.add, products)
    return biased(y.reshape(*y.shape[:3], -1), case)


def separable_conv(case: Case) -> Array:
    inner = depthwise(replace(case, weights={"kernel": case.weights["depthwise"]}))
    return biased(inner @ case.weights["kernel"][0, 0], case)


def dense(case: Case) -> Array:
    return biased(np.tensordot(case.x, case.weights["kernel"], 1), case)


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance of each channel."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axes), x.var(axes)


def batch_norm(case: Case) -> Array:
    weights = case.weights
    mean, variance = moments(case.x) if case.training else (weights["mean"], weights["variance"])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = weights.get("gamma", 1.0) / np.sqrt(variance + case.attrs["epsilon"])
    return (case.x - mean) * scale + weights["beta"]


def max_pool(case: Case) -> Array:
    return functools.reduce(np.maximum, (cells for _, _, cells in taps(case, -np.inf, -np.inf)))


def avg_pool(case: Case) -> Array:
    total = functools.reduce(np.add, (cells for _, _, cells in taps(case)))
    ones = Case((np.ones_like(case.x[:1, :, :, :1]),), {}, case.attrs)
    known = float(case.attrs["count_pad"])
    return total / functools.reduce(np.add, (cells for _, _, cells in taps(ones, known)))


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
    **{name: _activation(function) for name, function in ACTIVATIONS.items()},
    **{
        function.__name__: function
        for function in (
            *(conv, depthwise, separable_conv, dense, batch_norm, max_pool, avg_pool),
            *(global_avg_pool, flatten, softmax, leaky_relu, elu),
            *(dropout, drop_path, add, multiply, concat),
        )
    },
    **FAMILIES,
}
