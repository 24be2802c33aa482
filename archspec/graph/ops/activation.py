"""Activations: a function of each cell, without weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
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


class Relu6(_Activation):
    """min(max(x, 0), 6), Krizhevsky 2010; MobileNet's in Keras and TensorFlow."""

    name = "relu6"
    title = "ReLU6"


class LeakyRelu(_Activation):
    """x where it is positive, slope * x elsewhere, Maas et al. 2013. Frameworks differ in the slope: state it."""

    name = "leaky_relu"
    title = "Leaky ReLU"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "slope": base.number("The factor of negative cells.", minimum=0.0)
    }


class Elu(_Activation):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere, Clevert et al. 2016."""

    name = "elu"
    title = "ELU"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "alpha": base.number("What large negative cells become, negated.", 1.0, minimum=0.0)
    }


class Sigmoid(_Bounded):
    """1 / (1 + exp(-x))."""

    name = "sigmoid"


class HardSigmoid(_Bounded):
    """relu6(x + 3) / 6; MobileNet v3's, not Keras 2's, which was clip(0.2 * x + 0.5, 0, 1)."""

    name = "hard_sigmoid"


class Swish(_Activation):
    """x * sigmoid(x), Ramachandran et al. 2017; PyTorch calls it SiLU."""

    name = "swish"


class HardSwish(_Activation):
    """x * relu6(x + 3) / 6, Howard et al. 2019."""

    name = "hard_swish"


class Gelu(_Activation):
    """x * (1 + erf(x / sqrt(2))) / 2, Hendrycks and Gimpel 2016."""

    name = "gelu"
    title = "GELU"


class GeluTanh(_Activation):
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, which comes near `gelu`."""

    name = "gelu_tanh"
    title = "GELU (tanh)"


class Tanh(_Activation):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    name = "tanh"


class Softmax(_Bounded):
    """exp(x) / sum(exp(x)) over the channels."""

    name = "softmax"
    title = "Softmax / s1"

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        return "Classifier"
