"""The plan evaluated: a functional `keras.Model` whose layers carry the paths that the generated source has too.

Every layer is told its dtype and data format, so that Keras's global settings change nothing in what is built.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import keras
from keras import initializers, layers, ops

from archspec.graph.expr import Value
from archspec.graph.graph import INPUT, Absent, Ref
from archspec.lowering.layouts import to_native
from archspec.lowering.plan import Plan, Step, Unit
from archspec_keras import support
from archspec_keras.layers import targets

LAYERS: Mapping[str, Callable[..., Any]] = {
    "layers.Conv2D": layers.Conv2D,
    "layers.DepthwiseConv2D": layers.DepthwiseConv2D,
    "layers.Dense": layers.Dense,
    "layers.BatchNormalization": layers.BatchNormalization,
    "layers.ReLU": layers.ReLU,
    "layers.Softmax": layers.Softmax,
    "layers.ZeroPadding2D": layers.ZeroPadding2D,
    "layers.MaxPooling2D": layers.MaxPooling2D,
    "layers.AveragePooling2D": layers.AveragePooling2D,
    "layers.GlobalAveragePooling2D": layers.GlobalAveragePooling2D,
    "layers.Flatten": layers.Flatten,
    "layers.Permute": layers.Permute,
    "layers.Dropout": layers.Dropout,
    "layers.Add": layers.Add,
    "layers.Concatenate": layers.Concatenate,
    "PaddedAveragePooling2D": support.PaddedAveragePooling2D,
    "Slice": support.Slice,
    **targets.LAYERS,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"ops.pad": ops.pad, **targets.FUNCTIONS}
INITIALIZERS: Mapping[str, Callable[..., Any]] = {
    "initializers.Constant": initializers.Constant,
    "initializers.RandomNormal": initializers.RandomNormal,
    "initializers.RandomUniform": initializers.RandomUniform,
    "initializers.TruncatedNormal": initializers.TruncatedNormal,
    "initializers.VarianceScaling": initializers.VarianceScaling,
}


@cache
def formatted(layer: Any) -> bool:
    """Whether a kind of layer asks for the format of its data."""
    return "data_format" in inspect.signature(layer).parameters


class Given(initializers.Initializer):
    """Hands out an array that is already drawn."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
        return ops.convert_to_tensor(self.array, dtype=dtype)


def model(plan: Plan, name: str, weights: Mapping[str, Any], dtype: str) -> keras.Model:
    """The model of a plan, holding `weights`."""
    return _Builder(weights, dtype).model(plan, name)


class _Builder:
    def __init__(self, weights: Mapping[str, Any], dtype: str) -> None:
        self.weights, self.dtype = weights, dtype
        self.values: dict[Ref, Any] = {}

    def model(self, plan: Plan, name: str) -> keras.Model:
        inputs = keras.Input(plan.scope.input_types[0].shape, dtype=self.dtype)
        self.values[Ref(plan.scope.id, INPUT)] = inputs
        self.scope(plan)
        return keras.Model(inputs, self.values[plan.scope.result], name=name)

    def scope(self, plan: Plan) -> None:
        for position, child in enumerate(plan.children):
            ref = Ref(plan.scope.id, position)
            if isinstance(child, Absent):
                self.values[ref] = self.values[child.inputs[0]]
            elif isinstance(child, Plan):
                self.values[Ref(child.scope.id, INPUT)] = self.values[child.scope.inputs[0]]
                self.scope(child)
                self.values[ref] = self.values[child.scope.result]
            else:
                self.values[ref] = self.unit(child)

    def unit(self, unit: Unit) -> Any:
        given = [self.values[ref] for ref in unit.node.inputs]
        for step in unit.steps:
            if not step.present:
                continue
            if step.style == "layer":
                layer = self.layer(unit, step)
                given = [layer(given if len(given) > 1 else given[0])]
                self.restore(layer)
            else:
                options = {key: quantity.value for key, quantity in step.call.args}
                given = [FUNCTIONS[step.call.target](*given, **options)]
        return given[0]

    def layer(self, unit: Unit, step: Step) -> Any:
        """One layer, told to take its first values from the given weights."""
        options = {key: argument(quantity.value) for key, quantity in step.call.args}
        kind = LAYERS[step.call.target]
        if formatted(kind):
            options["data_format"] = "channels_last"
        layer = kind(name=unit.native_of(step), dtype=self.dtype, **options)
        self.own: dict[str, Any] = {}
        for slot in step.slots:
            key = drawn_by(layer, slot.native)
            array = to_native(self.weights[f"{unit.node.path}.{slot.weight.role}"], slot.layout)
            self.own[key] = vars(layer)[key]
            setattr(layer, key, Given(array))
        return layer

    def restore(self, layer: Any) -> None:
        """Give a layer back the initialisers that its configuration states."""
        for key, initializer in self.own.items():
            setattr(layer, key, initializer)


def drawn_by(layer: Any, native: str) -> str:
    """The attribute that holds the initialiser of a weight: Keras shortens the name where there are several kernels."""
    short = native.removesuffix("_kernel")
    names = (f"{native}_initializer", f"{short}_initializer", "depthwise_initializer")
    return next(name for name in names if name in vars(layer))


def argument(value: Value) -> Any:
    """An argument's value; an initialiser is made from its name and options, by the table above."""
    if isinstance(value, tuple) and value and value[0] in INITIALIZERS:
        name, *options = value
        return INITIALIZERS[str(name)](**dict(options))  # type: ignore[arg-type]
    return value


__all__ = ["model"]
