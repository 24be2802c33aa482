"""Between the canonical layout of a weight and a framework's. Works on any array with `reshape` and `transpose`, or
`permute` as PyTorch calls it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from archspec.lowering.plan import Layout, Plan, Slot


def to_native(array: Any, layout: Layout) -> Any:
    """A canonical array in the framework's layout."""
    if layout.order:
        array = _turned(array, layout.order)
    if not layout.shape:
        return array
    return array.reshape((*layout.shape, *array.shape[len(layout.shape) :]))


def native(plan: Plan, weights: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical weights by the names and in the layouts of a framework."""
    return {path: to_native(weights[name], slot.layout) for name, path, slot in plan.slots()}


def to_canonical(array: Any, slot: Slot) -> Any:
    """A framework's array in the canonical layout."""
    order, shape = slot.layout.order, slot.weight.shape
    if not order:
        return array.reshape(shape)
    turned = array.reshape(tuple(shape[axis] for axis in order))
    back = sorted(range(len(order)), key=lambda axis: order[axis])
    return _turned(turned, tuple(back))


def native_shape(slot: Slot) -> tuple[int, ...]:
    """The shape of a weight in the framework."""
    shape, layout = slot.weight.shape, slot.layout
    turned = tuple(shape[axis] for axis in layout.order) or shape
    if not layout.shape:
        return turned
    sizes = (*layout.shape, *turned[len(layout.shape) :])
    stated = math.prod(size for size in sizes if size >= 0)
    return tuple(math.prod(shape) // stated if size < 0 else size for size in sizes)


def _turned(array: Any, order: tuple[int, ...]) -> Any:
    turn = array.permute if hasattr(array, "permute") else array.transpose
    return turn(order)
