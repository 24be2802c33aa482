"""Operations on several values."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.expr import Lit
from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, axis_of, np
from archspec.graph.ops.base import Attribute, Attrs, Operation, ShapeError
from archspec.graph.ops.misfits import needs_axis, needs_one_shape, unequal
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType


class Add(Operation):
    """The sum of values of one shape; nothing is broadcast."""

    name = "add"
    inputs = base.SEVERAL

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        message = "values of different shapes do not add: {}"
        hint = "give both the same stride and filters, or add only `when` they are equal"
        needs_one_shape(message, inputs, hint)
        return inputs[-1]

    def moment(self, attrs: Attrs, inputs: tuple[float, ...]) -> float:
        return sum(inputs)

    def compute(self, case: Case) -> Array:
        return functools.reduce(np.add, case.inputs)


class Multiply(Operation):
    """The product of values, cell by cell. A size of 1 is stretched to the others'; a vector goes with the channels.

    Squeeze-and-excite, Hu et al. 2018: (h, w, c) with (1, 1, c) or (c).
    """

    name = "multiply"
    inputs = base.SEVERAL

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        largest = max(inputs, key=lambda x: x.rank)
        axes: list[tuple[str, Quantity]] = []
        for name, _ in largest.axes:
            sizes = [x.axis(name) for x in inputs if name in dict(x.axes)]
            if len({size.whole for size in sizes} - {1}) > 1:
                shapes = " and ".join(str(x) for x in inputs)
                message = f"values that differ in {name} do not multiply: {shapes}"
                received = " and ".join(str(size.whole) for size in sizes)
                raise ShapeError(message, "one size, or 1", received, "from")
            axes.append((name, max(sizes, key=_telling)))
        return TensorType(tuple(axes))

    def moment(self, attrs: Attrs, inputs: tuple[float, ...]) -> float:
        return math.prod(inputs)

    def compute(self, case: Case) -> Array:
        """A size of 1 is stretched; a vector goes with the channels."""
        rank = max(x.ndim for x in case.inputs)
        values = [x if x.ndim == rank else x[:, None, None] for x in case.inputs]
        return functools.reduce(np.multiply, values)


def _telling(size: Quantity) -> tuple[bool, bool]:
    """Which of several sizes is the product's: not a 1 that is stretched, not a 1 that is always 1."""
    return size.whole != 1, not isinstance(size.expr, Lit)


class Concat(Operation):
    """Values one after another along an axis; the other axes must be equal."""

    name = "concat"
    inputs = base.SEVERAL
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "axis": base.word("The axis to join.", "channels", "height", "width", default="channels")
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        axis = attrs["axis"].word
        for x in inputs:
            needs_axis(axis, x)
        rests = {tuple((n, s.whole) for n, s in x.axes if n != axis) for x in inputs}
        if len(rests) > 1:
            message = f"values that differ in more than {axis} do not join: {{}}"
            raise unequal(message, f"shapes that are equal but for {axis}", inputs, axis)
        total = inputs[0].axis(axis)
        for x in inputs[1:]:
            total = total + x.axis(axis)
        return inputs[0].with_axis(axis, total)

    def compute(self, case: Case) -> Array:
        return np.concatenate(case.inputs, axis_of(case.attrs["axis"]))
