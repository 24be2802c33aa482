"""Tensors that follow from their name and shape alone, to the bit, whatever the versions of NumPy and the frameworks.

With them logits can be kept without keeping weights: both sides make the same state dict.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np


def cells(name: str, shape: tuple[int, ...]) -> Any:
    """Uniform in [-1, 1), each a multiple of 2^-23: float32 holds them."""
    count = math.prod(shape)
    digest = hashlib.shake_256(name.encode()).digest(3 * count)
    first, second, third = np.frombuffer(digest, np.uint8).reshape(count, 3).T.astype(np.int32)
    return ((first + 256 * second + 65536 * third) / 2**23 - 1).reshape(shape)


def tensor(name: str, shape: tuple[int, ...], gain: float = 1.0) -> Any:
    """A tensor of a PyTorch state dict by its role: every one random, kernels scaled to keep variance, gamma times
    `gain`; float32."""
    role = name.rpartition(".")[2]
    values = cells(name, shape)
    if role == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    if role == "running_var":
        values = 1 + values / 2
    elif role == "weight" and len(shape) == 1:
        values = gain * (1.25 + 0.75 * values)
    elif len(shape) == 1:
        values = values / 3
    else:
        values = values * math.sqrt(3 / math.prod(shape[1:]))
    return values.astype(np.float32)


def state(listed: Iterable[tuple[str, Any]], gain: float = 1.0) -> dict[str, Any]:
    """A whole state dict of (name, shape) pairs."""
    return {name: tensor(name, tuple(shape), gain) for name, shape in listed}


def batch(size: tuple[int, int], count: int = 2) -> Any:
    """Inputs, channels last."""
    return cells(f"batch {size[0]}x{size[1]}", (count, *size, 3)) * 2
