"""Causes that only one operation can have: one function for each operation, with its name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from archspec.graph.ops.activation import normalised
from archspec.graph.ops.arrays import Array, Case, taps
from archspec.graph.ops.conv import Conv
from archspec.graph.ops.pool import AvgPool, MaxPool

Attempt = tuple[str, str, Callable[[], Array]]  # key, sentence, the output that it gives


def max_pool(case: Case) -> Iterator[Attempt]:
    def zeros() -> Array:
        cells = [cells for _, _, cells in taps(case, 0.0)]
        return np.maximum.reduce(cells)

    yield "pool-fill", "padded cells count as zeros, and win over what is negative", zeros
    averaged = replace(case, attrs={**case.attrs, "count_pad": False})
    yield "pool", "it takes the mean, not the maximum", lambda: AvgPool().compute(averaged)


def avg_pool(case: Case) -> Iterator[Attempt]:
    yield "pool", "it takes the maximum, not the mean", lambda: MaxPool().compute(case)


def global_avg_pool(case: Case) -> Iterator[Attempt]:
    keep = bool(case.attrs["keepdims"])
    yield "pool", "it takes the maximum, not the mean", lambda: case.x.max((1, 2), keepdims=keep)
    yield "pool", "it takes the sum, not the mean", lambda: case.x.sum((1, 2), keepdims=keep)
    for axes in ((2, 3), (1, 3)):
        yield (
            "layout",
            "it takes the mean over channels: the axes are counted in another layout",
            lambda axes=axes: case.x.mean(axes, keepdims=keep),  # type: ignore[misc]
        )


def flatten(case: Case) -> Iterator[Attempt]:
    names = {1: "height", 2: "width", 3: "channels"}
    for order in itertools.permutations((1, 2, 3)) if case.x.ndim == 4 else ():
        cause = ", ".join(names[axis] for axis in order)
        yield (
            "flatten-order",
            f"it runs through {cause}",
            lambda order=order: case.x.transpose(0, *order).reshape(len(case.x), -1),  # type: ignore[misc]
        )


def softmax(case: Case) -> Iterator[Attempt]:
    for axis in range(case.x.ndim - 1):
        name = ("the batch", "height", "width")[axis]
        yield (
            "axis",
            f"it sums over {name}",
            lambda axis=axis: normalised(case.x, axis),  # type: ignore[misc]
        )


def concat(case: Case) -> Iterator[Attempt]:
    for axis in range(case.x.ndim):
        name = (
            ("the batch", "height", "width", "channels")[axis]
            if axis < case.x.ndim - 1
            else "channels"
        )
        yield (
            "axis",
            f"it joins along {name}",
            lambda axis=axis: np.concatenate(case.inputs, axis),  # type: ignore[misc]
        )


def conv(case: Case) -> Iterator[Attempt]:
    groups = case.attrs["groups"]
    if groups == 1:
        return

    def dealt() -> Array:
        *rest, channels = case.x.shape
        x = case.x.reshape(*rest, channels // groups, groups).swapaxes(-1, -2)
        return Conv().compute(replace(case, inputs=(x.reshape(case.x.shape),)))

    yield "groups", "channels are dealt to the groups in turn", dealt


SPECIAL: Mapping[str, Callable[[Case], Iterator[Attempt]]] = {
    function.__name__: function
    for function in (conv, max_pool, avg_pool, global_avg_pool, flatten, softmax, concat)
}
