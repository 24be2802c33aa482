"""The plan evaluated: a functional `keras.Model` whose layers carry the paths that the generated source has too.

Every layer gets its dtype policy, and the plan states the format of images: Keras's settings do not change the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import keras
from keras import initializers, ops

from archspec.graph.expr import Value
from archspec.graph.graph import INPUT, Absent, ValueId
from archspec.lowering.backend import TYPES, UnknownType
from archspec.lowering.dialect import Dialect
from archspec.lowering.layouts import native_shape, to_native
from archspec.lowering.lower import blamed
from archspec.lowering.plan import Plan, Slot, Step, Unit
from archspec.weights.lazy_tensor import to_array
from archspec_keras import tensors


class FixedInitializer(initializers.Initializer):
    """Hands out a tensor that is already drawn; a large one is filled in afterwards, part by part."""

    def __init__(self, value: Any, slot: Slot) -> None:
        self.value, self.slot = value, slot

    def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
        expected = native_shape(self.slot)
        if tuple(shape) != expected:
            raise ValueError(f"the layer takes {tuple(shape)}, the plan gives {expected}")
        if tensors.large(self.value):
            return ops.zeros(shape, dtype=dtype)
        array = to_native(to_array(self.value), self.slot.layout)
        return ops.convert_to_tensor(array, dtype=dtype)


def model(
    plan: Plan, dialect: Dialect, name: str, weights: Mapping[str, Any], policy: keras.DTypePolicy
) -> keras.Model:
    """The model of a plan, holding `weights`."""
    return _Builder(dialect, weights, policy).model(plan, name)


def policy_of(dtype: str) -> keras.DTypePolicy:
    """The policy that a name stands for, Keras's own where there is none; raises UnknownType."""
    policy = keras.config.dtype_policy()
    if dtype:
        with suppress(ValueError, TypeError):
            policy = keras.dtype_policies.get(dtype)
    known = policy.variable_dtype in TYPES and not getattr(policy, "quantization_mode", None)
    if not known or dtype not in ("", policy.name):
        raise UnknownType(
            "Keras", dtype or policy.name, (*TYPES, "mixed_float16", "mixed_bfloat16")
        )
    return policy


class _Builder:
    def __init__(
        self, dialect: Dialect, weights: Mapping[str, Any], policy: keras.DTypePolicy
    ) -> None:
        self.dialect, self.weights, self.policy = dialect, weights, policy
        self.values: dict[ValueId, Any] = {}
        self.layers: dict[str, Any] = {}
        self.own: dict[str, Any] = {}
        self.late: list[FixedInitializer] = []

    def model(self, plan: Plan, name: str) -> keras.Model:
        takes = plan.scope.takes
        named = len(takes) > 1
        entering = self.policy.variable_dtype
        inputs = [
            keras.Input(p.type.shape, dtype=entering, **({"name": p.name} if named else {}))
            for p in takes
        ]
        self.values.update(zip(plan.scope.enters, inputs, strict=True))
        self.scope(plan)
        gives = {port.name: self.values[port.ref] for port in plan.scope.gives}
        outputs = gives if len(gives) > 1 else next(iter(gives.values()))
        return keras.Model(inputs if named else inputs[0], outputs, name=name)

    def scope(self, plan: Plan) -> None:
        for position, child in enumerate(plan.children):
            ref = ValueId(plan.scope.id, position)
            if isinstance(child, Absent):
                self.values[ref] = self.values[child.inputs[0]]
            elif isinstance(child, Plan):
                self.values[ValueId(child.scope.id, INPUT)] = self.values[child.scope.inputs[0]]
                self.scope(child)
                self.values[ref] = self.values[child.scope.result]
            else:
                with blamed(child.node, "Keras"):
                    self.values[ref] = self.unit(child)

    def unit(self, unit: Unit) -> Any:
        values = [self.values[ref] for ref in unit.node.inputs]
        for step in unit.steps:
            if not step.present:
                continue
            if step.style == "layer" and unit.node.shares:
                values = [
                    self.layers[unit.native_of(step)](values if len(values) > 1 else values[0])
                ]
            elif step.style == "layer":
                layer = self.layers[unit.native_of(step)] = self.layer(unit, step)
                values = [layer(values if len(values) > 1 else values[0])]
                self.restore(layer)
            else:
                values = [self.applied(step, values)]
        return values[0]

    def applied(self, step: Step, values: list[Any]) -> Any:
        """The result of a function."""
        target = step.call.target
        options = {key: quantity.value for key, quantity in step.call.args}
        listed = self.dialect.targets[target].listed
        return self.dialect.resolve(target)(*([values] if listed else values), **options)

    def layer(self, unit: Unit, step: Step) -> Any:
        """One layer that takes its first values from `self.weights`."""
        options = {key: self.argument(quantity.value) for key, quantity in step.call.args}
        kind = self.dialect.resolve(step.call.target)
        layer = kind(name=unit.native_of(step), dtype=self.policy.name, **options)
        self.own, self.late = {}, []
        for slot in step.slots:
            key = drawn_by(layer, slot.native)
            initializer = FixedInitializer(
                self.weights[f"{unit.node.path}.{slot.weight.role}"], slot
            )
            if tensors.large(initializer.value):
                self.late.append(initializer)
            self.own[key] = vars(layer)[key]
            setattr(layer, key, initializer)
        return layer

    def restore(self, layer: Any) -> None:
        """Give a layer back the initialisers that its configuration states, and its large tensors their values."""
        for key, initializer in self.own.items():
            setattr(layer, key, initializer)
        for one in self.late:
            tensors.place(tensors.vars_of(layer)[one.slot.native], one.slot, one.value)

    def argument(self, value: Value) -> Any:
        """An argument's value; an initialiser is made from its target's name and options."""
        if not isinstance(value, tuple) or not value or value[0] not in self.dialect.targets:
            return value
        name, *options = value
        return self.dialect.resolve(str(name))(**dict(options))  # type: ignore[arg-type]


def drawn_by(layer: Any, native: str) -> str:
    """The attribute that holds the initialiser of a weight: Keras shortens the name where there are several kernels."""
    short = native.removesuffix("_kernel")
    names = (f"{native}_initializer", f"{short}_initializer", "depthwise_initializer")
    return next(name for name in names if name in vars(layer))


__all__ = ["model", "policy_of"]
