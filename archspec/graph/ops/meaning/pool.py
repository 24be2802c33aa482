"""Pooling in NumPy."""

from __future__ import annotations

import functools
import math

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case, pair
from archspec.graph.ops.meaning.window import taps


def max_pool(case: Case) -> Array:
    return functools.reduce(np.maximum, (cells for _, _, cells in taps(case, -np.inf, -np.inf)))


def avg_pool(case: Case) -> Array:
    total = functools.reduce(np.add, (cells for _, _, cells in taps(case)))
    ones = Case((np.ones_like(case.x[:1, :, :, :1]),), {}, case.attrs)
    padded = float(case.attrs["count_pad"])
    return total / functools.reduce(np.add, (cells for _, _, cells in taps(ones, padded)))


def global_avg_pool(case: Case) -> Array:
    return case.x.mean((1, 2), keepdims=bool(case.attrs["keepdims"]))


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
