"""Activations: a function of each cell, without weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import Attribute, Attrs, Operation
from archspec.graph.tensor import TensorType


class _Activation(Operation):
    role = "activation"


class _Bounded(_Activation):
    """What comes out is between 0 and 1."""

    def moment(self, attrs: Attrs, inputs: tuple[float, ...]) -> float:
        return 0.3


class Relu(_Activation):
    """max(x, 0)."""

    name = "relu"
    title = "ReLU"

    def compute(self, case: Case) -> Array:
        return np.maximum(case.x, 0.0)


class Relu6(_Activation):
    """min(max(x, 0), 6), Krizhevsky 2010; MobileNet's in Keras and TensorFlow."""

    name = "relu6"
    title = "ReLU6"

    def compute(self, case: Case) -> Array:
        return np.clip(case.x, 0.0, 6.0)


class LeakyRelu(_Activation):
    """x where it is positive, slope * x elsewhere, Maas et al. 2013. Frameworks differ in the slope: state it."""

    name = "leaky_relu"
    title = "Leaky ReLU"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "slope": base.number("The factor of negative cells.", minimum=0.0)
    }

    def compute(self, case: Case) -> Array:
        return np.where(case.x > 0, case.x, case.attrs["slope"] * case.x)


class Elu(_Activation):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere, Clevert et al. 2016."""

    name = "elu"
    title = "ELU"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "alpha": base.number("What large negative cells become, negated.", 1.0, minimum=0.0)
    }

    def compute(self, case: Case) -> Array:
        return np.where(case.x > 0, case.x, case.attrs["alpha"] * np.expm1(case.x))


class Sigmoid(_Bounded):
    """1 / (1 + exp(-x))."""

    name = "sigmoid"

    def compute(self, case: Case) -> Array:
        return _sigmoid(case.x)


class HardSigmoid(_Bounded):
    """relu6(x + 3) / 6; MobileNet v3's, not Keras 2's, which was clip(0.2 * x + 0.5, 0, 1)."""

    name = "hard_sigmoid"

    def compute(self, case: Case) -> Array:
        return _hard_sigmoid(case.x)


class Swish(_Activation):
    """x * sigmoid(x), Ramachandran et al. 2017; PyTorch calls it SiLU."""

    name = "swish"

    def compute(self, case: Case) -> Array:
        return case.x * _sigmoid(case.x)


class HardSwish(_Activation):
    """x * relu6(x + 3) / 6, Howard et al. 2019."""

    name = "hard_swish"

    def compute(self, case: Case) -> Array:
        return case.x * _hard_sigmoid(case.x)


class Gelu(_Activation):
    """x * (1 + erf(x / sqrt(2))) / 2, Hendrycks and Gimpel 2016."""

    name = "gelu"
    title = "GELU"

    def compute(self, case: Case) -> Array:
        erf = np.vectorize(math.erf, otypes=[np.float64])
        return 0.5 * case.x * (1 + erf(case.x / math.sqrt(2)))


class GeluTanh(_Activation):
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, which comes near `gelu`."""

    name = "gelu_tanh"
    title = "GELU (tanh)"

    def compute(self, case: Case) -> Array:
        x = case.x
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class Tanh(_Activation):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    name = "tanh"

    def compute(self, case: Case) -> Array:
        return np.tanh(case.x)


class Softmax(_Bounded):
    """exp(x) / sum(exp(x)) over the channels."""

    name = "softmax"
    title = "Softmax / s1"

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        return "Classifier"

    def compute(self, case: Case) -> Array:
        return normalised(case.x, -1)


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))  # which cannot overflow
    return np.where(x >= 0, 1.0, small) / (1 + small)


def _hard_sigmoid(x: Array) -> Array:
    return np.clip(x + 3, 0.0, 6.0) / 6


def normalised(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x)) along an axis."""
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)
