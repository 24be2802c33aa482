"""Activations: a function of each cell, without weights."""

from __future__ import annotations

from archspec.graph.ops.base import Operation


class _Activation(Operation):
    role = "activation"

    @property
    def stem(self) -> str:
        return "act"


class Relu(_Activation):
    """max(x, 0)."""

    name = "relu"


class Relu6(_Activation):
    """min(max(x, 0), 6), Krizhevsky 2010; MobileNet's in Keras and TensorFlow."""

    name = "relu6"


class Softmax(_Activation):
    """exp(x) / sum(exp(x)) over the channels."""

    name = "softmax"
