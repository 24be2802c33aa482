"""One operation on arrays, and what several families share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.records import dataclass

Array = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Case:
    """One operation and what it computes on: inputs, weights by role in the canonical layout, attributes by name.

    Inputs are (n, height, width, channels) or (n, features).
    """

    inputs: tuple[Array, ...]
    weights: Mapping[str, Array]
    attrs: Mapping[str, Any]
    training: bool = False

    @property
    def x(self) -> Array:
        """The first input."""
        return self.inputs[0]


Meaning = Callable[[Case], Array]


def pair(value: int | Pair) -> Pair:
    """Height and width."""
    return value if isinstance(value, tuple) else (value, value)


def biased(y: Array, case: Case) -> Array:
    """With the bias, where there is one."""
    return y + case.weights["bias"] if "bias" in case.weights else y


def axis_of(name: str) -> int:
    """The number of the axis of an image or vector that has this name."""
    return {"channels": -1, "height": 1, "width": 2}[name]
