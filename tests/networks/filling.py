"""How a list of rows is begun and ended: every value is taken, and the last has the shape that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.networks import leaves
from tests.networks.lists import Rows
from tests.networks.shapes import (
    Shape,
    Value,
    summed,
)


@dataclass
class Block:
    """A block as its users see it: parameters by kind, shapes of what it takes and gives, in its own terms."""

    name: str
    params: dict[str, str]
    optional: set[str]
    inputs: list[str]
    takes: list[Shape]
    gives: list[tuple[str, Shape]]
    tuple: bool = False


class Filling:
    """Draws lists of rows. `blocks` are those that rows may use."""

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks

    def fill(self, here: Rows, number: int) -> None:
        """Some rows at the end of a list."""
        for _ in range(number):
            self.single(here)
            if here.draw.chance(4) and not here.prev.parts:
                here.rows.append({"assert": "prev.channels > 0", "message": "there are channels"})
            self.row(here)
        self.single(here)

    def row(self, here: Rows) -> None:
        """One row, of any form."""
        raise NotImplementedError

    def single(self, here: Rows) -> None:
        """Join the values of a tuple, if the last row gave one."""
        above, draw = here.prev, here.draw
        if not above.parts:
            return
        values = [value for _, value in above.parts]
        alike = all(value.shape == values[0].shape for value in values)
        near = all(value.shape.space == values[0].shape.space for value in values)
        if len(values) > 1 and (alike or near) and draw.chance(50):
            kind = draw.pick(["concat", "add", "maximum"]) if alike else "concat"
            shape = values[0].shape
            if kind == "concat":
                shape = Shape(shape.space, summed([value.shape.size for value in values]))
            here.put(leaves.label(here, {"type": kind}, "j"), shape)
            return
        first, *rest = values if draw.chance(50) else values[::-1]
        filters, size = leaves.size(_standing(here, first))
        row = leaves.kernel_row(_standing(here, first), filters)
        if "prev" in str(filters):
            row["filters" if "filters" in row else "units"] = f"{first.ref}.channels"
        here.put(leaves.label(here, row, "c"), Shape(first.shape.space, size), sources=[first])
        for value in rest:
            leaves.absorb(here, value)

    def finish(self, here: Rows, target: tuple[Any, Shape] | None = None) -> None:
        """Take every value that nobody has taken, then come to a shape if one is wanted."""
        self.single(here)
        while waiting := [value for value in here.unused if value is not here.prev]:
            if here.prev is here.input:
                leaves.plain(here)
            leaves.absorb(here, waiting[0])
        if here.prev is here.input and here.input in here.unused and not here.rows:
            leaves.plain(here)
        if target is not None and here.prev.shape != target[1]:
            row = leaves.kernel_row(here, target[0])
            here.put(leaves.label(here, row, "c"), target[1])
        here.unused.clear()


def _standing(here: Rows, value: Value) -> Rows:
    """The list as it would be if a value were that of the row above."""
    other = here.inner(depth=here.depth)
    other.known, other.prev = here.known, value
    other.outer = here.outer
    return other
