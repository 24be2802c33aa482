"""Values and weights of Keras models: NumPy in, NumPy out, canonical names and layouts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

import keras
import numpy as np

from archspec.files import run_file
from archspec.lowering.backend import Gradients, alone, several
from archspec.lowering.layouts import native_shape, to_canonical, to_native
from archspec.lowering.plan import Layout, Plan, Slot
from archspec.weights.check import check, check_layouts
from archspec.weights.lazy_tensor import PART, to_array
from archspec_keras import engines
from archspec_keras.values import called, plain

Sizes = tuple[int, ...] | tuple[tuple[int, ...], ...]


def _variables(model: keras.Model, plan: Plan) -> list[tuple[str, Any, Slot]]:
    """(canonical name, the model's variable, slot) of every weight; raises WeightsError where the model lacks one."""
    own = _own(model)
    expected = {path: native_shape(slot) for _, path, slot in plan.slots()}
    check_layouts(expected, {path: tuple(own[path].shape) for path in own if path in expected})
    return [(name, own[path], slot) for name, path, slot in plan.slots()]


def _own(model: keras.Model) -> dict[str, Any]:
    """A model's variables by layer name and attribute."""
    return {
        f"{layer.name}.{name}": variable
        for layer in model.layers
        for name, variable in vars_of(layer).items()
    }


def vars_of(layer: Any) -> dict[str, Any]:
    """A layer's variables by their own names."""
    return {variable.name: variable for variable in layer.variables}


def load(model: keras.Model, plan: Plan, weights: Mapping[str, Any]) -> None:
    """Assign canonical weights, part by part; what does not fit is found before anything is written."""
    check(plan, weights)
    for name, variable, slot in _variables(model, plan):
        place(variable, slot, weights[name])


def large(value: Any) -> bool:
    """Whether a tensor is given to a variable in parts."""
    return math.prod(value.shape) > PART


def place(variable: Any, slot: Slot, value: Any) -> None:
    """Give a variable a canonical tensor; a large one that lies as it is kept in parts, where the framework can."""
    if slot.layout == Layout() and large(value):
        engines.running().fill(variable, value)
    else:
        variable.assign(to_native(to_array(value), slot.layout))


def load_native(model: keras.Model, arrays: Mapping[str, Any]) -> None:
    """Assign arrays by layer name and attribute; raises WeightsError where the model has other ones."""
    own = _own(model)
    expected = {path: tuple(array.shape) for path, array in arrays.items()}
    check_layouts(expected, {path: tuple(own[path].shape) for path in own if path in expected})
    for path, array in arrays.items():
        own[path].assign(np.asarray(array))


def dump(model: keras.Model, plan: Plan) -> dict[str, Any]:
    """Canonical name to array; bfloat16, which NumPy lacks, as float32."""
    return {
        name: np.array(to_canonical(plain(variable), slot), order="C")
        for name, variable, slot in _variables(model, plan)
    }


def run(model: keras.Model, inputs: Any, *, training: bool = False) -> Any:
    """A forward pass."""
    arrays = [np.asarray(array) for array in several(inputs)]
    with engines.running().inference():
        return alone([plain(y) for y in called(model, alone(arrays), training=training)])


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
    variables = [variable for _, variable, _ in slots]
    outputs, weights, entering = engines.running().gradients(
        model, several(inputs), several(cotangent), variables
    )
    found = {
        name: np.array(to_canonical(plain(gradient), slot))
        for (name, _, slot), gradient in zip(slots, weights, strict=True)
    }
    given = alone([plain(y) for y in outputs])
    return Gradients(given, found, alone([plain(x) for x in entering]))


def import_source(path: Path, name: str, dtype: str, size: Sizes) -> keras.Model:
    """Import a generated file and make its model for inputs of `size`, a tuple of sizes for several.

    The file runs: only where a person asked for it. It does so where keras.json says channels_first, which must change
    nothing: a file states how its images lie.
    """
    sizes = size if isinstance(size[0], tuple) else (size,)
    with settings(dtype, "channels_first"):
        make = vars(run_file(path))[name]
        stated = any(argument.endswith("_shape") for argument in signature(make).parameters)
        return make(*sizes) if stated else make()


@contextmanager
def settings(dtype: str, images: str = "channels_last") -> Iterator[None]:
    """Keras with this type or policy and format of images, whatever the user's are."""
    config = keras.config
    before = config.dtype_policy(), config.floatx(), config.image_data_format()
    config.set_dtype_policy(dtype)
    config.set_floatx(config.dtype_policy().variable_dtype)
    config.set_image_data_format(images)
    try:
        yield
    finally:
        config.set_dtype_policy(before[0])
        config.set_floatx(before[1])
        config.set_image_data_format(before[2])
