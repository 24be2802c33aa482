"""Parts of a value along one of its axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, axis_of
from archspec.graph.ops.base import Attribute, Attrs, Operation, Piece, ShapeError
from archspec.graph.ops.misfits import needs_axis
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType

_CELLS = {"channels": "channels", "height": "rows of cells", "width": "columns of cells"}
AXIS = base.word("The axis to cut.", "channels", "height", "width", default="channels")


def cut(attrs: Attrs, x: TensorType) -> Quantity:
    """The size of the axis that is cut; raises ShapeError where there is none of that name."""
    axis = attrs["axis"].word
    needs_axis(axis, x)
    return x.axis(axis)


class Slice(Operation):
    """The cells from `start` on along an axis, `size` of them."""

    name = "slice"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "axis": AXIS,
        "start": base.count("The first cell, counted from 0.", 0, minimum=0),
        "size": base.count("How many cells."),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        room, start, size = cut(attrs, inputs[0]), attrs["start"].whole, attrs["size"].whole
        if start + size > room.whole:
            axis = attrs["axis"].word
            message = f"cells {start} to {start + size - 1} of a {axis} of {room.whole}"
            raise ShapeError(message, f"at most {room.whole} cells", start + size, "size")
        return inputs[0].with_axis(attrs["axis"].word, attrs["size"])

    def compute(self, case: Case) -> Array:
        start = case.attrs["start"]
        return case.x.take(range(start, start + case.attrs["size"]), axis_of(case.attrs["axis"]))


class Split(Operation):
    """An axis cut into `parts` equal pieces: a tuple, whose values are picked as `name.0`, `name.1`, ..."""

    name = "split"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "parts": base.count("How many pieces.", minimum=2),
        "axis": AXIS,
    }

    def pieces(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Piece, ...]:
        room, parts = cut(attrs, inputs[0]), attrs["parts"]
        if room.whole % parts.whole:
            cells = _CELLS[attrs["axis"].word]
            message = f"{room.whole} {cells} do not divide into {parts.whole} parts"
            raise ShapeError(message, f"a divisor of {room.whole}", parts.whole, "parts")
        size = room // parts
        return tuple(
            (
                Slice(),
                {"axis": attrs["axis"], "start": size * k if k else Quantity.of(0), "size": size},
            )
            for k in range(parts.whole)
        )
