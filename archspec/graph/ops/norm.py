"""Normalisation and scaling of channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import ONES, ZEROS, Attribute, Attrs, Initial, Operation, Weight
from archspec.graph.ops.misfits import needs_image
from archspec.graph.tensor import TensorType


class BatchNorm(Operation):
    """Batch normalisation over all axes but the channels, Ioffe and Szegedy 2015: gamma * (x - mean) / sqrt(variance +
    epsilon) + beta. The running mean and variance are not trained; without `scale` there is no gamma."""

    name = "batch_norm"
    title = "Batch Norm"
    role = "norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "epsilon": base.number("Added to the variance.", 1e-3, 0.0),
        "decay": base.number("Part of a running statistic that a step keeps.", 0.99, 0.0, 1.0),
        "scale": base.flag("Whether channels are multiplied by gamma.", True),
    }

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole,)
        rest = (
            Weight("beta", shape, ZEROS),
            Weight("mean", shape, ZEROS, trainable=False),
            Weight("variance", shape, ONES, trainable=False),
        )
        return (Weight("gamma", shape, ONES), *rest) if attrs["scale"].value else rest

    def compute(self, case: Case) -> Array:
        weights = case.weights
        mean, variance = (
            moments(case.x) if case.training else (weights["mean"], weights["variance"])
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = weights.get("gamma", 1.0) / np.sqrt(variance + case.attrs["epsilon"])
        return (case.x - mean) * scale + weights["beta"]


class LayerNorm(Operation):
    """Layer normalisation over the channels of each cell, Ba et al. 2016: gamma * (x - mean) / sqrt(variance + epsilon)
    + beta. The variance is the biased one."""

    name = "layer_norm"
    title = "Layer Norm"
    role = "norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "epsilon": base.number("Added to the variance.", 1e-3, 0.0)
    }

    @property
    def stem(self) -> str:
        return "norm"

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole,)
        return (Weight("gamma", shape, ONES), Weight("beta", shape, ZEROS))

    def compute(self, case: Case) -> Array:
        x, weights = case.x, case.weights
        deviation = np.sqrt(x.var(-1, keepdims=True) + case.attrs["epsilon"])
        return (x - x.mean(-1, keepdims=True)) / deviation * weights["gamma"] + weights["beta"]


class LayerScale(Operation):
    """gamma * x, a factor for each channel that is learned, Touvron et al. 2021 (CaiT)."""

    name = "layer_scale"
    title = "Layer Scale"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "init": base.number("The first value of the factors.")
    }

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        first = Initial("constant", (("value", attrs["init"].value),))
        return (Weight("gamma", (inputs[0].channels.whole,), first),)

    def compute(self, case: Case) -> Array:
        return case.x * case.weights["gamma"]


class Normalization(Operation):
    """(x - mean) / max(sqrt(variance), 1e-7) of each channel, with numbers that came from data and are not trained.

    Keras's Normalization layer, as in its EfficientNet. `count` is how many samples they came from: it changes no
    value, and counts as a parameter since Keras counts it.
    """

    name = "normalization"

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole,)
        return (
            Weight("mean", shape, ZEROS, trainable=False),
            Weight("variance", shape, ONES, trainable=False),
            Weight("count", (), ZEROS, trainable=False),
        )

    def compute(self, case: Case) -> Array:
        deviation = np.maximum(np.sqrt(case.weights["variance"]), 1e-7)
        return (case.x - case.weights["mean"]) / deviation


class LocalResponseNorm(Operation):
    """x / (k + alpha / size * s) ** beta, where s is the sum of squares over `size` channels around each one.

    Krizhevsky et al. 2012 with Caffe's and PyTorch's alpha, which is divided by the size; the paper's is not. Channels
    from c - size // 2 to c + (size - 1) // 2 are summed, those that do not exist are zero.
    """

    name = "local_response_norm"
    title = "Local Response Norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "size": base.count("How many channels are summed."),
        "alpha": base.number("Factor of the mean square.", 1e-4, 0.0),
        "beta": base.number("The exponent.", 0.75),
        "k": base.number("Added before the power.", 1.0, 0.0),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        needs_image(inputs[0])
        return inputs[0]

    def compute(self, case: Case) -> Array:
        attrs, size = case.attrs, case.attrs["size"]
        around = ((0, 0), (0, 0), (0, 0), (size // 2, (size - 1) // 2))
        squares = np.pad(case.x**2, around)
        total = np.lib.stride_tricks.sliding_window_view(squares, size, -1).sum(-1)
        return case.x / (attrs["k"] + attrs["alpha"] / size * total) ** attrs["beta"]


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance of each channel."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axes), x.var(axes)
