"""Activations in NumPy, by name: what one computes, and what a wrong one may have been."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Function = Callable[[Any], Any]
_erf = np.vectorize(math.erf, otypes=[np.float64])


def relu6(x: Any) -> Any:
    return np.clip(x, 0.0, 6.0)


def sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))  # which cannot overflow
    return np.where(x >= 0, 1.0, small) / (1 + small)


def hard_sigmoid(x: Any) -> Any:
    return relu6(x + 3) / 6


ACTIVATIONS: Mapping[str, Function] = {
    "relu": lambda x: np.maximum(x, 0.0),
    "relu6": relu6,
    "identity": lambda x: x,
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "swish": lambda x: x * sigmoid(x),
    "hard_swish": lambda x: x * hard_sigmoid(x),
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "tanh": np.tanh,
}

PARAMETRIC = frozenset({"leaky_relu", "elu"})  # with a number of their own
# what they and others become where a framework's number is taken
SLOPED: Mapping[str, Function] = {
    "leaky relu of slope 0.01": lambda x: np.where(x > 0, x, 0.01 * x),
    "leaky relu of slope 0.2": lambda x: np.where(x > 0, x, 0.2 * x),
    "leaky relu of slope 0.3": lambda x: np.where(x > 0, x, 0.3 * x),
    "hard sigmoid of slope 0.2": lambda x: np.clip(0.2 * x + 0.5, 0.0, 1.0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
}
