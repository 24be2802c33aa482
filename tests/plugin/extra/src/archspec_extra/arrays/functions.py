"""The operations in NumPy, on values of (batch, height, width, channels) or (batch, channels)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Pair = tuple[int, int]
Padding = str | tuple[Pair, Pair]


def windows(x: Any, kernel: Pair, stride: Pair, dilation: Pair, padding: Padding) -> Any:
    """What each cell of the output sees: (n, h', w', c, kh, kw)."""
    extents = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    cells: Any = [
        _same(size, extent, step) if padding == "same" else side
        for size, extent, step, side in zip(x.shape[1:3], extents, stride, padding, strict=False)
    ]
    padded = np.pad(x, ((0, 0), *cells, (0, 0)))
    seen = sliding_window_view(padded, extents, axis=(1, 2))
    return seen[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]


def _same(size: int, extent: int, step: int) -> Pair:
    total = max(0, (-(-size // step) - 1) * step + extent - size)
    return total // 2, total - total // 2


def conv(
    x: Any,
    *,
    kernel: Any,
    bias: Any = 0.0,
    stride: Pair,
    dilation: Pair,
    padding: Padding,
    groups: int,
) -> Any:
    """A convolution; each group of channels by itself."""
    seen = windows(x, kernel.shape[:2], stride, dilation, padding)
    parts = zip(np.split(seen, groups, 3), np.split(kernel, groups, 3), strict=True)
    found = [np.tensordot(part, own, ((3, 4, 5), (2, 0, 1))) for part, own in parts]
    return np.concatenate(found, -1) + bias


def depthwise(
    x: Any, *, kernel: Any, bias: Any = 0.0, stride: Pair, dilation: Pair, padding: Padding
) -> Any:
    """A convolution of each channel by itself."""
    seen = windows(x, kernel.shape[:2], stride, dilation, padding)
    found = np.einsum("nhwcij,ijcm->nhwcm", seen, kernel)
    return found.reshape((*found.shape[:3], -1)) + bias


def dense(x: Any, *, kernel: Any, bias: Any = 0.0) -> Any:
    """A product with a matrix, over the last axis."""
    return x @ kernel + bias


def batch_norm(
    x: Any, *, beta: Any, mean: Any, variance: Any, epsilon: float, gamma: Any = 1.0
) -> Any:
    """Normalisation by the running statistics."""
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def clip(x: Any, *, highest: float) -> Any:
    """Nothing below zero, nothing above `highest`."""
    return np.clip(x, 0.0, highest)


def softmax(x: Any) -> Any:
    """exp(x) / sum(exp(x)) over the channels."""
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def mean(x: Any, *, keepdims: bool) -> Any:
    """The mean over height and width."""
    return x.mean((1, 2), keepdims=keepdims)


def total(*values: Any) -> Any:
    """The sum of values of one shape."""
    return np.sum(values, axis=0)
