"""Normalisation and scaling of channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import (
    ONES,
    ZEROS,
    Attribute,
    Attrs,
    Initial,
    Operation,
    Weight,
    initial_of,
)
from archspec.graph.ops.misfits import needs_divisor, needs_image
from archspec.graph.tensor import TensorType

EPSILON = base.number("Added to the variance.", 1e-3, 0.0)
GAMMA = base.first_values("gamma", "ones")
BETA = base.first_values("beta", "zeros")


class BatchNorm(Operation):
    """Batch normalisation over all axes but the channels, Ioffe and Szegedy 2015: gamma * (x - mean) / sqrt(variance +
    epsilon) + beta. The running mean and variance are not trained; without `scale` there is no gamma."""

    name = "batch_norm"
    title = "Batch Norm"
    role = "norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "epsilon": EPSILON,
        "decay": base.number("Part of a running statistic that a step keeps.", 0.99, 0.0, 1.0),
        "scale": base.flag("Whether channels are multiplied by gamma.", True),
        "gamma_init": GAMMA,
        "beta_init": BETA,
    }

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole,)
        rest = (
            Weight("beta", shape, initial_of(attrs, "beta_init")),
            Weight("mean", shape, ZEROS, trainable=False),
            Weight("variance", shape, ONES, trainable=False),
        )
        gamma = Weight("gamma", shape, initial_of(attrs, "gamma_init"))
        return (gamma, *rest) if attrs["scale"].value else rest

    def compute(self, case: Case) -> Array:
        weights = case.weights
        mean, variance = (
            moments(case.x) if case.training else (weights["mean"], weights["variance"])
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = weights.get("gamma", 1.0) / np.sqrt(variance + case.attrs["epsilon"])
        return (case.x - mean) * scale + weights["beta"]


class _Affine(Operation):
    """gamma * the normalised value + beta."""

    role = "norm"

    @property
    def stem(self) -> str:
        return "norm"

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        shape = (inputs[0].channels.whole,)
        gamma, beta = (initial_of(attrs, key) for key in ("gamma_init", "beta_init"))
        return (Weight("gamma", shape, gamma), Weight("beta", shape, beta))


class LayerNorm(_Affine):
    """Layer normalisation over the channels of each cell, Ba et al. 2016: gamma * (x - mean) / sqrt(variance + epsilon)
    + beta. The variance is the biased one."""

    name = "layer_norm"
    title = "Layer Norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "epsilon": EPSILON,
        "gamma_init": GAMMA,
        "beta_init": BETA,
    }

    def compute(self, case: Case) -> Array:
        return affine(normalised(case.x, -1, case), case)


class GroupNorm(_Affine):
    """Group normalisation, Wu and He 2018: gamma * (x - mean) / sqrt(variance + epsilon) + beta, with mean and biased
    variance over all cells and the channels of one of `groups` groups of neighbours."""

    name = "group_norm"
    title = "Group Norm"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "groups": base.count("Groups that the channels are split into."),
        "epsilon": EPSILON,
        "gamma_init": GAMMA,
        "beta_init": BETA,
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        needs_divisor(attrs["groups"].whole, inputs[0].channels.whole, "input")
        return inputs[0]

    def compute(self, case: Case) -> Array:
        x, groups = case.x, case.attrs["groups"]
        split = x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)
        axes = (*range(1, x.ndim - 1), x.ndim)
        return affine(normalised(split, axes, case).reshape(x.shape), case)


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


def normalised(x: Array, axes: int | tuple[int, ...], case: Case) -> Array:
    """x without its mean and by its deviation over some axes; the variance is the biased one."""
    deviation = np.sqrt(x.var(axes, keepdims=True) + case.attrs["epsilon"])
    return (x - x.mean(axes, keepdims=True)) / deviation


def affine(x: Array, case: Case) -> Array:
    """gamma * x + beta."""
    return x * case.weights["gamma"] + case.weights["beta"]
