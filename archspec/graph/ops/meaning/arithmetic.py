"""Arithmetic cell by cell in NumPy."""

from __future__ import annotations

import functools

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case


def subtract(case: Case) -> Array:
    return case.inputs[0] - case.inputs[1]


def maximum(case: Case) -> Array:
    return functools.reduce(np.maximum, case.inputs)


def average(case: Case) -> Array:
    return functools.reduce(np.add, case.inputs) / len(case.inputs)


def abs_(case: Case) -> Array:
    return np.abs(case.x)


def rescale(case: Case) -> Array:
    return case.x * np.array(case.attrs["scale"]) + np.array(case.attrs["offset"])
