"""Convolutions in NumPy: sums over the cells of the kernel."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case, biased, pair
from archspec.graph.ops.meaning.window import sides, taps


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
