"""Whether weights fit a plan: everything that does not is named before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archspec.graph.ops.base import Weight
from archspec.lowering.plan import Plan

MOST = 20


class WeightsError(Exception):
    """Weights that do not fit; one line for each tensor at fault."""

    def __init__(self, lines: list[str]) -> None:
        shown = lines[:MOST]
        if len(lines) > MOST:
            shown = [*shown, f"... and {len(lines) - MOST} more"]
        super().__init__("the weights do not fit the network:\n  " + "\n  ".join(shown))
        self.lines = lines


def check(plan: Plan, weights: Mapping[str, Any]) -> None:
    """Whether weights fit a plan; raises WeightsError."""
    fit({name: slot.weight for name, _, slot in plan.slots()}, weights)


def fit(expected: Mapping[str, Weight], weights: Mapping[str, Any]) -> None:
    """Raises WeightsError for a missing, extra, mis-shaped, wrongly typed tensor, or one that holds NaN."""
    lines = [f"{name}: unknown" for name in weights if name not in expected]
    for name, weight in expected.items():
        if name not in weights:
            lines.append(f"{name}: missing, {weight.shape} expected")
            continue
        lines += problems(name, weights[name], weight.shape)
    if lines:
        raise WeightsError(lines)


def problems(name: str, value: Any, shape: tuple[int, ...]) -> list[str]:
    """What is wrong with one tensor."""
    array = np.asarray(value)
    if tuple(array.shape) != shape:
        return [f"{name}: {tuple(array.shape)}, {shape} expected"]
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        return [f"{name}: {array.dtype}, a float type expected"]
    if not np.isfinite(array.sum()) and not np.isfinite(array).all():
        return [f"{name}: holds NaN or infinity"]
    return []


class LayoutError(Exception):
    """Tensors as the plan turns them, that the model does not take: a fault of a backend's table, not of the weights.

    `native` is the first of them, by the framework's name; `given` and `taken` are shapes, None where there is none.
    """

    def __init__(
        self, native: str, given: tuple[int, ...] | None, taken: tuple[int, ...] | None
    ) -> None:
        super().__init__(f"{native}: the plan gives {given or 'nothing'}, the model takes {taken}")
        self.native, self.given, self.taken = native, given, taken


def layouts(given: Mapping[str, tuple[int, ...]], taken: Mapping[str, tuple[int, ...]]) -> None:
    """Raises LayoutError for the first tensor of a model that the plan's do not fit, in the model's order."""
    for native in [*taken, *(name for name in given if name not in taken)]:
        if given.get(native) != taken.get(native):
            raise LayoutError(native, given.get(native), taken.get(native))
