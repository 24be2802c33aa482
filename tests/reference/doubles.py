"""keras.applications in float64 to the last digit.

Under the policy float64 Keras still makes float32 of Python's numbers on their way to TensorFlow: the scale of
Rescaling, the mean and variance that Normalization is given, the factor of `x * (1.0 / 6.0)`; and TensorFlow's GELU has
a root of two in float32. Logits are off by 1e-9 to 1e-7 for that. Here the same numbers are given as doubles; nothing
else is changed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def exact(model: Any) -> Any:
    """The model, its constants doubles."""
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Rescaling):
            layer.scale, layer.offset = np.float64(layer.scale), np.float64(layer.offset)
        elif isinstance(layer, keras.layers.Normalization) and layer.input_mean is not None:
            layer.mean = _like(layer.mean, layer.input_mean)
            layer.variance = _like(layer.variance, layer.input_variance)
        elif getattr(layer, "activation", None) is keras.activations.gelu:
            layer.activation = _gelu
    for operation in model.operations:
        if type(operation).__name__ == "Multiply" and not isinstance(operation, keras.Layer):
            operation.call = _with_doubles(operation.call)
    return model


def _like(tensor: Any, numbers: Any) -> Any:
    import tensorflow as tf

    return tf.constant(np.reshape(np.asarray(numbers, np.float64), tensor.shape))


def _gelu(x: Any) -> Any:
    import tensorflow as tf

    return x * (1 + tf.math.erf(x / math.sqrt(2))) / 2


def _with_doubles(call: Any) -> Any:
    def called(*values: Any) -> Any:
        return call(*(np.float64(v) if isinstance(v, float) else v for v in values))

    return called
