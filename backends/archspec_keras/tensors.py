"""Values and weights of Keras models: NumPy in, NumPy out, canonical names and layouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from archspec.files import run_file
from archspec.lowering.backend import Gradients
from archspec.lowering.layouts import native, to_canonical
from archspec.lowering.plan import Plan, Slot
from archspec.weights.check import check


def _variables(model: keras.Model, plan: Plan) -> Iterator[tuple[str, Any, Slot]]:
    """(canonical name, the model's variable, slot) of every weight."""
    found = {layer.name: layer for layer in model.layers}
    for name, path, slot in plan.slots():
        layer, _, attribute = path.rpartition(".")
        yield name, vars_of(found[layer])[attribute], slot


def vars_of(layer: Any) -> dict[str, Any]:
    """A layer's variables by their own names."""
    return {variable.name: variable for variable in layer.variables}


def load(model: keras.Model, plan: Plan, weights: Mapping[str, Any]) -> None:
    """Assign canonical weights; what does not fit is found before anything is written."""
    check(plan, weights)
    load_native(model, native(plan, weights))


def load_native(model: keras.Model, arrays: Mapping[str, Any]) -> None:
    """Assign arrays by layer name and attribute."""
    found = {layer.name: layer for layer in model.layers}
    for path, array in arrays.items():
        layer, _, attribute = path.rpartition(".")
        vars_of(found[layer])[attribute].assign(np.asarray(array))


def dump(model: keras.Model, plan: Plan) -> dict[str, Any]:
    """Canonical name to array."""
    return {
        name: np.array(to_canonical(np.asarray(variable), slot))
        for name, variable, slot in _variables(model, plan)
    }


def run(model: keras.Model, inputs: Any, *, training: bool = False) -> Any:
    """A forward pass."""
    return np.asarray(model(np.asarray(inputs), training=training))


def inventory(model: keras.Model) -> dict[str, tuple[tuple[int, ...], bool]]:
    """(shape, whether it is trained) of every weight; the states of random generators are none."""
    return {
        f"{layer.name}.{weight.name}": (tuple(weight.shape), bool(weight.trainable))
        for layer in model.layers
        for weight in layer.weights
    }


def gradients(model: keras.Model, plan: Plan, inputs: Any, cotangent: Any) -> Gradients:
    """A pass forward and back in training mode."""
    slots = [
        (name, variable, slot)
        for name, variable, slot in _variables(model, plan)
        if slot.weight.trainable
    ]
    x = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=True)
    sources = [x, *(variable.value for _, variable, _ in slots)]
    found = tape.gradient(y, sources, output_gradients=tf.constant(cotangent))
    weights = {
        name: np.array(to_canonical(gradient.numpy(), slot))
        for (name, _, slot), gradient in zip(slots, found[1:], strict=True)
    }
    return Gradients(y.numpy(), weights, found[0].numpy())


def import_source(path: Path, name: str, dtype: str, size: tuple[int, ...]) -> keras.Model:
    """Import a generated file and make its model. The file runs: only where a person asked for it."""
    loaded = run_file(path)
    with _defaults(dtype):
        return vars(loaded)[name](input_shape=size)


@contextmanager
def _defaults(dtype: str) -> Iterator[None]:
    """Keras's own settings but for the type, whatever the user's are."""
    config = keras.config
    before = config.dtype_policy(), config.floatx(), config.image_data_format()
    config.set_dtype_policy(dtype)
    config.set_floatx(dtype)
    config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        config.set_dtype_policy(before[0])
        config.set_floatx(before[1])
        config.set_image_data_format(before[2])
