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
