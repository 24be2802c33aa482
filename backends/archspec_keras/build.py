"""The plan evaluated: a functional `keras.Model` whose layers carry the paths that the generated source has too.

Every layer is told its dtype and data format, so that Keras's global settings change nothing in what is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import initializers, layers, ops

from archspec.graph.expr import Value
from archspec.graph.graph import INPUT, Absent, Ref
from archspec.lowering.layouts import to_native
from archspec.lowering.plan import Plan, Slot, Step, Unit
from archspec.weights.stored import whole
from archspec_keras import support, tensors

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
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"ops.pad": ops.pad}
INITIALIZERS: Mapping[str, Callable[..., Any]] = {
    "initializers.Constant": initializers.Constant,
    "initializers.RandomNormal": initializers.RandomNormal,
    "initializers.RandomUniform": initializers.RandomUniform,
    "initializers.TruncatedNormal": initializers.TruncatedNormal,
    "initializers.VarianceScaling": initializers.VarianceScaling,
}
FORMATTED = frozenset(
    {
        "layers.Conv2D",
        "layers.DepthwiseConv2D",
        "layers.ZeroPadding2D",
        "layers.MaxPooling2D",
        "layers.AveragePooling2D",
        "layers.GlobalAveragePooling2D",
        "layers.Flatten",
    }
)


class Given(initializers.Initializer):
    """Hands out a tensor that is already drawn; a large one is filled in afterwards, part by part."""

    def __init__(self, value: Any, slot: Slot) -> None:
        self.value, self.slot = value, slot

    def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
        if tensors.large(self.value):
            return ops.zeros(shape, dtype=dtype)
        array = to_native(whole(self.value), self.slot.layout)
        return ops.convert_to_tensor(array, dtype=dtype)


def model(plan: Plan, name: str, weights: Mapping[str, Any], dtype: str) -> keras.Model:
    """The model of a plan, holding `weights`."""
    return _Builder(weights, dtype).model(plan, name)


class _Builder:
    def __init__(self, weights: Mapping[str, Any], dtype: str) -> None:
        self.weights, self.dtype = weights, dtype
        self.values: dict[Ref, Any] = {}
        self.late: list[Given] = []

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
                given = [FUNCTIONS[step.call.target](given[0], **options)]
        return given[0]

    def layer(self, unit: Unit, step: Step) -> Any:
        """One layer, told to take its first values from the given weights."""
        options = {key: argument(quantity.value) for key, quantity in step.call.args}
        if step.call.target in FORMATTED:
            options["data_format"] = "channels_last"
        layer = LAYERS[step.call.target](name=unit.native_of(step), dtype=self.dtype, **options)
        self.own: dict[str, Any] = {}
        self.late = []
        for slot in step.slots:
            key = f"{slot.native}_initializer"
            given = Given(self.weights[f"{unit.node.path}.{slot.weight.role}"], slot)
            if tensors.large(given.value):
                self.late.append(given)
            key = (
                "depthwise_initializer"
                if hasattr(layer, "depthwise_initializer") and slot.native == "kernel"
                else key
            )
            self.own[key] = vars(layer)[key]
            setattr(layer, key, given)
        return layer

    def restore(self, layer: Any) -> None:
        """Give a layer back the initialisers that its configuration states, and its large tensors their values."""
        for key, initializer in self.own.items():
            setattr(layer, key, initializer)
        for given in self.late:
            tensors.place(tensors.vars_of(layer)[given.slot.native], given.slot, given.value)


def argument(value: Value) -> Any:
    """An argument's value; an initialiser is made from its name and options, by the table above."""
    if isinstance(value, tuple) and value and value[0] in INITIALIZERS:
        name, *options = value
        return INITIALIZERS[str(name)](**dict(options))  # type: ignore[arg-type]
    return value


__all__ = ["model"]
