"""What the symbols of expressions stand for.

A plain `str` is a name that the spec gives: a variable, a block's parameter, a column, a counter, a derived name. Other
symbols are distinguished by their types. The text of each is for messages; nothing reads it.
"""

from __future__ import annotations

from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class SizeOf:
    """A size of the value that a label names, as a spec writes it: `stem.channels`."""

    label: str
    axis: str

    def __str__(self) -> str:
        return f"{self.label}.{self.axis}"


@dataclass(frozen=True, slots=True)
class EnteredSize:
    """A size of what enters a block: of the value that the block calls `input`, or of its first."""

    input: str
    axis: str

    def __str__(self) -> str:
        return f"in.{self.input}.{self.axis}" if self.input else f"in.{self.axis}"


@dataclass(frozen=True, slots=True)
class CarriedSize:
    """A size that a loop carries from turn to turn; `depth` loops stand around that loop."""

    depth: int
    axis: str

    def __str__(self) -> str:
        return f"~{self.depth}.{self.axis}"


@dataclass(frozen=True, slots=True)
class RunningSum:
    """The sum of a table's column over the rows above."""

    column: str

    def __str__(self) -> str:
        return f"before.{self.column}"


@dataclass(frozen=True, slots=True)
class PrintedName:
    """A name that printed code has already: a definition's parameter, a further column, an attribute."""

    name: str

    def __str__(self) -> str:
        return f"({self.name})"


@dataclass(frozen=True, slots=True)
class FunctionArgument:
    """An argument of a function of the spec while its body is written out."""

    name: str

    def __str__(self) -> str:
        return f"({self.name})"


class FrameworkName(str):
    """The name of a class or function of a framework, as a value or function of printed code; never text of a spec."""

    __slots__ = ()


Symbol = str | SizeOf | EnteredSize | CarriedSize | RunningSum | PrintedName | FunctionArgument
