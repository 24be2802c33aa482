"""Between the canonical layout of a weight and a framework's. Works on any array with `transpose` and `reshape`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.lowering.plan import Layout, Plan, Slot


def to_native(array: Any, layout: Layout) -> Any:
    """A canonical array in the framework's layout."""
    if layout.order:
        array = array.transpose(layout.order)
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
    return turned.transpose(tuple(back))
