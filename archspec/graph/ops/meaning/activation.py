"""Activations in NumPy."""

from __future__ import annotations

import math

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case

_erf = np.vectorize(math.erf, otypes=[np.float64])


def relu(case: Case) -> Array:
    return np.maximum(case.x, 0.0)


def relu6(case: Case) -> Array:
    return np.clip(case.x, 0.0, 6.0)


def leaky_relu(case: Case) -> Array:
    return np.where(case.x > 0, case.x, case.attrs["slope"] * case.x)


def elu(case: Case) -> Array:
    return np.where(case.x > 0, case.x, case.attrs["alpha"] * np.expm1(case.x))


def sigmoid(case: Case) -> Array:
    small = np.exp(-np.abs(case.x))  # which cannot overflow
    return np.where(case.x >= 0, 1.0, small) / (1 + small)


def hard_sigmoid(case: Case) -> Array:
    return np.clip(case.x + 3, 0.0, 6.0) / 6


def swish(case: Case) -> Array:
    return case.x * sigmoid(case)


def hard_swish(case: Case) -> Array:
    return case.x * hard_sigmoid(case)


def gelu(case: Case) -> Array:
    return 0.5 * case.x * (1 + _erf(case.x / math.sqrt(2)))


def gelu_tanh(case: Case) -> Array:
    x = case.x
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def tanh(case: Case) -> Array:
    return np.tanh(case.x)


def softmax(case: Case) -> Array:
    return normalised(case.x, -1)


def normalised(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x)) along an axis."""
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)
