"""Images of another size, in NumPy."""

from __future__ import annotations

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case, pair


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
