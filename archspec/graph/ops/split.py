"""Parts of a value along one of its axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.base import Attribute, Attrs, Operation, Piece, ShapeError
from archspec.graph.ops.window import kind
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType

_CELLS = {"channels": "channels", "height": "rows of cells", "width": "columns of cells"}
AXIS = base.word("The axis to cut.", "channels", "height", "width", default="channels")


def cut(attrs: Attrs, x: TensorType) -> Quantity:
    """The size of the axis that is cut; raises ShapeError where there is none of that name."""
    axis = attrs["axis"].word
    if axis not in dict(x.axes):
        raise ShapeError(
            f"there is no {axis} in {kind(x)}",
            expected=" or ".join(name for name, _ in x.axes),
            received=axis,
            attribute="axis",
        )
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
            raise ShapeError(
                f"cells {start} to {start + size - 1} of a {axis} of {room.whole}",
                expected=f"at most {room.whole} cells",
                received=start + size,
                attribute="size",
            )
        return inputs[0].with_axis(attrs["axis"].word, attrs["size"])


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
            raise ShapeError(
                f"{room.whole} {_CELLS[attrs['axis'].word]} do not divide into {parts.whole} parts",
                expected=f"a divisor of {room.whole}",
                received=parts.whole,
                attribute="parts",
            )
        size = room // parts
        return tuple(
            (
                Slice(),
                {"axis": attrs["axis"], "start": size * k if k else Quantity.of(0), "size": size},
            )
            for k in range(parts.whole)
        )
