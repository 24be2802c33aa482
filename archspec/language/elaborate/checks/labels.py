"""The labels that a list of rows sees as the file is written, whatever values say of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from itertools import islice

from archspec.graph.quantity import Quantity
from archspec.graph.symbols import SizeOf
from archspec.graph.tensor import AXES
from archspec.language.elaborate.formulas.bindings import Unknown
from archspec.language.elaborate.rows.scopes import MOST, no_axis, no_row_above
from archspec.language.syntax.document import LabelPattern, Row
from archspec.records import dataclass
from archspec.source import Span, guesses

FLOW = ("input", "prev")


@dataclass
class Labels:
    """The rows above in one list, and those of the lists around it.

    Where a name holds an expression any label may be there: `vague`.
    """

    around: Labels | None = None
    places: dict[str, Span] = field(default_factory=dict)
    vague: bool = False

    def chain(self) -> Iterator[Labels]:
        """This list and the lists around it."""
        here: Labels | None = self
        while here is not None:
            yield here
            here = here.around

    def add(self, row: Row) -> None:
        """See a row from now on."""
        match row.label:
            case str() as name:
                self.places[name] = row.place
            case LabelPattern(parts=(str() as name,)):
                self.places[name] = row.place
            case LabelPattern():
                self.vague = True

    def all(self) -> list[str]:
        """The labels that could be written here; of very many, those just above."""
        names = (name for labels in self.chain() for name in reversed(labels.places))
        return [*FLOW, *dict.fromkeys(list(islice(names, MOST))[::-1])]

    def place(self, label: str) -> Span | None:
        """Where the row of a label has its name."""
        return next((here.places[label] for here in self.chain() if label in here.places), None)

    def near(self, path: str) -> tuple[str, ...] | None:
        """The labels that might be meant by one that there is not; None where there is such a row, or may be."""
        first = path.partition(".")[0]
        if first in FLOW or self.place(first) or any(here.vague for here in self.chain()):
            return None
        return guesses(first, self.all())

    def axis(self, size: SizeOf) -> Quantity:
        """Raises ExpressionError for a label or an axis that there never is, else Unknown."""
        label, axis, name = size.label, size.axis, str(size)
        near = self.near(label)
        if near is not None:
            raise no_row_above(label, name, near)
        if axis not in AXES:
            raise no_axis(label, axis, name, AXES, f"sizes are {', '.join(AXES)}")
        raise Unknown
