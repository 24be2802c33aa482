"""Keras on TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import tensorflow as tf

from archspec.lowering.backend import alone
from archspec.weights.lazy_tensor import parts, to_array
from archspec_keras.values import called


def gradients(
    model: keras.Model, inputs: Sequence[Any], cotangents: Sequence[Any], variables: Sequence[Any]
) -> tuple[list[Any], list[Any], list[Any]]:
    """(outputs, gradients of variables, of inputs) of one pass in training mode, which moves running statistics."""
    tensors = [tf.constant(array) for array in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = called(model, alone(tensors), training=True)
    sources = [*(variable.value for variable in variables), *tensors]
    constants = [tf.constant(array) for array in cotangents]
    found = tape.gradient(list(outputs), sources, output_gradients=constants)
    return list(outputs), found[: len(variables)], found[len(variables) :]


def fill(variable: Any, value: Any) -> None:
    """Give a variable a large tensor part by part: no more than a part is in memory twice."""
    handle = getattr(variable.value, "handle", None)
    if handle is None:
        variable.assign(to_array(value))
        return
    for index in parts(tuple(value.shape)):
        tf.raw_ops.ResourceStridedSliceAssign(
            ref=handle,
            begin=[part.start for part in index],
            end=[part.stop for part in index],
            strides=[1] * len(index),
            value=tf.cast(to_array(value, index), variable.value.dtype),
        )


def inference() -> AbstractContextManager[Any]:
    """For passes without gradients."""
    return nullcontext()
