"""What archspec raises where something goes wrong that it foresees."""

from __future__ import annotations

from typing import ClassVar

from archspec.terminal import Paint, unpainted


class ArchspecError(Exception):
    """The base of everything that archspec raises on purpose; the message is for people.

    A command that ends in it leaves with `exit_code`: 1 for findings in a spec or in weights, 2 for all else. A `fault`
    is one of archspec or of a plug-in, not of what was given to it.
    """

    exit_code: ClassVar[int] = 2
    fault: ClassVar[bool] = False

    def shown(self, paint: Paint = unpainted) -> str:
        """What a terminal shows of it."""
        blame = "\nthis is a fault of archspec, not of the spec" if self.fault else ""
        return f"archspec: {self}{blame}"
