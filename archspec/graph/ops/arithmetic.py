"""Arithmetic cell by cell, without weights."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np
from archspec.graph.ops.base import Attribute, Attrs, Operation, ShapeError
from archspec.graph.ops.misfits import needs_one_shape
from archspec.graph.tensor import TensorType


class _OfSeveral(Operation):
    """Of values of one shape; nothing is broadcast."""

    inputs = base.SEVERAL

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        message = "it takes values of one shape, not {}"
        needs_one_shape(message, inputs, "give all of them the same stride and filters")
        return inputs[-1]


class Subtract(_OfSeveral):
    """The first value minus the second, of one shape."""

    name = "subtract"
    inputs = (2, 2)

    def moment(self, attrs: Attrs, inputs: tuple[float, ...]) -> float:
        return sum(inputs)

    def compute(self, case: Case) -> Array:
        return case.inputs[0] - case.inputs[1]


class Maximum(_OfSeveral):
    """The largest of several values, cell by cell, of one shape."""

    name = "maximum"

    def compute(self, case: Case) -> Array:
        return functools.reduce(np.maximum, case.inputs)


class Average(_OfSeveral):
    """The mean of several values, cell by cell, of one shape."""

    name = "average"

    def compute(self, case: Case) -> Array:
        return functools.reduce(np.add, case.inputs) / len(case.inputs)


class Abs(Operation):
    """x, or -x where x is negative."""

    name = "abs"

    def compute(self, case: Case) -> Array:
        return np.abs(case.x)


class Rescale(Operation):
    """scale * x + offset, with the same numbers for all channels or with one for each: a picture's range."""

    name = "rescale"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "scale": base.numbers("The factor of all channels, or of each."),
        "offset": base.numbers("What is added to all channels, or to each.", 0.0),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        channels = inputs[0].channels.whole
        for key in ("scale", "offset"):
            value = attrs[key].value
            if isinstance(value, tuple) and len(value) != channels:
                message = f"{len(value)} numbers for {channels} channels"
                hint = "one number holds for all channels"
                raise ShapeError(message, f"one number, or {channels}", len(value), key, hint)
        return inputs[0]

    def moment(self, attrs: Attrs, inputs: tuple[float, ...]) -> float:
        scales: Any = attrs["scale"].value
        listed = scales if isinstance(scales, tuple) else (scales,)
        return inputs[0] * sum(scale**2 for scale in listed) / len(listed)

    def compute(self, case: Case) -> Array:
        return case.x * np.array(case.attrs["scale"]) + np.array(case.attrs["offset"])
