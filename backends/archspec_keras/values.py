"""Tensors of Keras as NumPy's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np


def called(model: keras.Model, inputs: Any, *, training: bool) -> tuple[Any, ...]:
    """What a model gives, in its own order."""
    return ordered(model, model(inputs, training=training))


def ordered(model: keras.Model, outputs: Any) -> tuple[Any, ...]:
    """One tensor, or several by name, which frameworks may hand out in the order of the alphabet."""
    return (
        tuple(outputs[name] for name in model.output)
        if isinstance(outputs, Mapping)
        else (outputs,)
    )


def plain(tensor: Any) -> Any:
    """A tensor or variable as an array; bfloat16, which NumPy lacks, as float32."""
    array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array
