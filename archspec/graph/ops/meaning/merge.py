"""Operations on several values, in NumPy."""

from __future__ import annotations

import functools

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case, axis_of


def add(case: Case) -> Array:
    return functools.reduce(np.add, case.inputs)


def multiply(case: Case) -> Array:
    """A size of 1 is stretched; a vector goes with the channels."""
    rank = max(x.ndim for x in case.inputs)
    values = [x if x.ndim == rank else x[:, None, None] for x in case.inputs]
    return functools.reduce(np.multiply, values)


def concat(case: Case) -> Array:
    return np.concatenate(case.inputs, axis_of(case.attrs["axis"]))
