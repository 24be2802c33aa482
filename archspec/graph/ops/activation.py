"""Activations: a function of each cell, without weights."""

from __future__ import annotations

from archspec.graph.ops.base import Attrs, Operation
from archspec.graph.tensor import TensorType


class _Activation(Operation):
    role = "activation"


class Relu(_Activation):
    """max(x, 0)."""

    name = "relu"
    title = "ReLU"


class Relu6(_Activation):
    """min(max(x, 0), 6), Krizhevsky 2010; MobileNet's in Keras and TensorFlow."""

    name = "relu6"
    title = "ReLU6"


class Softmax(_Activation):
    """exp(x) / sum(exp(x)) over the channels."""

    name = "softmax"
    title = "Softmax / s1"

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        return "Classifier"
