"""Lists of rows of every form."""

from __future__ import annotations

from collections.abc import Callable

from tests.networks import leaves
from tests.networks.branching import Branching
from tests.networks.lists import Rows
from tests.networks.loops import Loops
from tests.networks.uses import Uses


class Nests(Branching, Loops, Uses):
    """Draws rows of every form."""

    def row(self, here: Rows) -> None:
        """One row, of any form."""
        draw = here.draw
        when = leaves.condition(here) if draw.chance(18) else ""
        simple: list[tuple[int, Callable[..., None]]] = [
            (8, leaves.conv),
            (6, leaves.plain),
            (3, leaves.moved),
            (2, leaves.multiplied),
            (5, leaves.join),
        ]
        nested: list[tuple[int, Callable[..., None]]] = [
            (3, self.group),
            (3, self.residual),
            (3, self.branches),
            (4, self.repeat),
            (4, self.table),
            (3, self.tuple),
            (5, self.shared),
            (1, lambda here, when="": leaves.excite(here)),
            (1, self.pyramid),
            (1, self.opposite),
            (6 if self.blocks else 0, self.use),
        ]
        if here.suffix:
            nested = [(3, self.residual), (2, self.use if self.blocks else leaves.conv)]
        elif here.depth > 2:
            nested = [(3, self.shared), (4 if self.blocks else 0, self.use), (1, self.tuple)]
        draw.weighted(simple + nested)(here, when)
