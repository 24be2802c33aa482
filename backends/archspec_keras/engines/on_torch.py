"""Keras on PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import torch

from archspec.lowering.backend import alone
from archspec.weights.lazy_tensor import parts, to_array
from archspec_keras.values import called


def gradients(
    model: keras.Model, inputs: Sequence[Any], cotangents: Sequence[Any], variables: Sequence[Any]
) -> tuple[list[Any], list[Any], list[Any]]:
    """As `on_tensorflow.gradients`."""
    tensors = [_tensor(array).requires_grad_() for array in inputs]
    outputs = called(model, alone(tensors), training=True)
    sources = [*(variable.value for variable in variables), *tensors]
    found = torch.autograd.grad(list(outputs), sources, [_tensor(array) for array in cotangents])
    return list(outputs), list(found[: len(variables)]), list(found[len(variables) :])


def _tensor(array: Any) -> Any:
    return keras.ops.convert_to_tensor(array, dtype=array.dtype.name)


def fill(variable: Any, value: Any) -> None:
    """As `on_tensorflow.fill`."""
    own = variable.value.data
    for index in parts(tuple(value.shape)):
        own[index] = torch.as_tensor(to_array(value, index), dtype=own.dtype, device=own.device)


def inference() -> AbstractContextManager[Any]:
    """For passes without gradients."""
    return torch.no_grad()
