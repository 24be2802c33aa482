"""Keras on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import keras

from archspec.lowering.backend import alone
from archspec.weights.lazy_tensor import to_array
from archspec_keras.values import ordered


def gradients(
    model: keras.Model, inputs: Sequence[Any], cotangents: Sequence[Any], variables: Sequence[Any]
) -> tuple[list[Any], list[Any], list[Any]]:
    """As `on_tensorflow.gradients`."""
    trained, others = model.trainable_variables, model.non_trainable_variables

    def forward(weights: list[Any], tensors: list[Any]) -> tuple[list[Any], list[Any]]:
        states = [variable.value for variable in others]
        outputs, moved = model.stateless_call(weights, states, alone(tensors), training=True)
        return list(ordered(model, outputs)), moved

    tensors = [jax.numpy.asarray(array) for array in inputs]
    outputs, pulled, moved = jax.vjp(forward, [v.value for v in trained], tensors, has_aux=True)
    weights, entering = pulled([jax.numpy.asarray(array) for array in cotangents])
    for variable, value in zip(others, moved, strict=True):
        variable.assign(value)
    places = {id(variable): place for place, variable in enumerate(trained)}
    return outputs, [weights[places[id(variable)]] for variable in variables], entering


def fill(variable: Any, value: Any) -> None:
    """Give a variable a large tensor, at once: JAX's arrays cannot be written to."""
    variable.assign(to_array(value))


def inference() -> AbstractContextManager[Any]:
    """For passes without gradients."""
    return nullcontext()
