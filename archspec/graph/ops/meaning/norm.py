"""Normalisation over channels, and scaling of them, in NumPy."""

from __future__ import annotations

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case


def batch_norm(case: Case) -> Array:
    weights = case.weights
    mean, variance = moments(case.x) if case.training else (weights["mean"], weights["variance"])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = weights.get("gamma", 1.0) / np.sqrt(variance + case.attrs["epsilon"])
    return (case.x - mean) * scale + weights["beta"]


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance of each channel."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axes), x.var(axes)


def layer_norm(case: Case) -> Array:
    x, weights = case.x, case.weights
    deviation = np.sqrt(x.var(-1, keepdims=True) + case.attrs["epsilon"])
    return (x - x.mean(-1, keepdims=True)) / deviation * weights["gamma"] + weights["beta"]


def layer_scale(case: Case) -> Array:
    return case.x * case.weights["gamma"]


def normalization(case: Case) -> Array:
    deviation = np.maximum(np.sqrt(case.weights["variance"]), 1e-7)
    return (case.x - case.weights["mean"]) / deviation


def local_response_norm(case: Case) -> Array:
    attrs, size = case.attrs, case.attrs["size"]
    around = ((0, 0), (0, 0), (0, 0), (size // 2, (size - 1) // 2))
    squares = np.pad(case.x**2, around)
    total = np.lib.stride_tricks.sliding_window_view(squares, size, -1).sum(-1)
    return case.x / (attrs["k"] + attrs["alpha"] / size * total) ** attrs["beta"]
