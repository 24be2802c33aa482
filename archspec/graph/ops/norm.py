"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.base import ONES, ZEROS, Attribute, Attrs, Operation, Weight
from archspec.graph.tensor import TensorType


class BatchNorm(Operation):
    """Batch normalisation over all axes but the channels, Ioffe and Szegedy 2015: gamma * (x - mean) / sqrt(variance +
    epsilon) + beta. The running mean and variance are not trained."""

    name = "batch_norm"
    title = "Batch Norm"
    role = "norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "epsilon": base.number("Added to the variance.", 1e-3, 0.0),
        "decay": base.number("Part of a running statistic that a step keeps.", 0.99, 0.0, 1.0),
    }

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole,)
        return (
            Weight("gamma", shape, ONES),
            Weight("beta", shape, ZEROS),
            Weight("mean", shape, ZEROS, trainable=False),
            Weight("variance", shape, ONES, trainable=False),
        )
