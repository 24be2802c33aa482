"""Where names come from: notes that lead from the place that reads a value to the place where it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Expr, Value, calls, symbols
from archspec.language.syntax.document import Cell, Formula, Listed, Record
from archspec.records import dataclass
from archspec.source import Related, Span

MOST = 3
Origins = Mapping[str, "Origin"]
Suspect = Callable[[Value], bool]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name is declared, where its value is written, and the names that this value is made of."""

    declared: Span
    place: Span
    value: Value | None = None
    through: Origins = field(default_factory=dict)
    body: Expr | None = None


def origin(declared: Span, cell: Cell, value: Value | None, names: Origins) -> Origin:
    """The origin of a name whose value a cell gives in the scope of `names`."""
    through = {name: names[name] for name in read_by(cell) if name in names}
    return Origin(declared, cell.span, value, through)


def read_by(cell: Cell) -> list[str]:
    """The names that a cell reads, its functions' among them as `name()`."""
    match cell:
        case Formula(expr=expr):
            return reads(expr)
        case Listed(items=items):
            return [name for item in items for name in read_by(item)]
        case Record(values=values):
            return [name for item in values.values() for name in read_by(item)]


def reads(expr: Expr) -> list[str]:
    """The names and functions that an expression reads."""
    return [*map(str, symbols(expr)), *(called(name) for name in calls(expr))]


def called(function: str) -> str:
    """How a function stands among origins, which it shares with values."""
    return f"{function}()"


def declarations(near: Iterable[str], names: Origins) -> tuple[Related, ...]:
    """Where the names that might be meant are declared."""
    places = [(name, names[name]) for name in near if name in names]
    return tuple(Related(o.declared, f"`{name}` is declared here") for name, o in places)


def writings(read: Iterable[str], names: Origins, suspect: Suspect) -> tuple[Related, ...]:
    """Where the values under suspicion are written, from the names that a place reads back to literals.

    Last come the functions that had a hand in it.
    """
    notes: dict[Span, Related] = {}
    functions: dict[Span, Related] = {}
    waiting = [(name, names) for name in read]
    for name, scope in waiting:
        source = scope.get(name)
        if source is None or len(waiting) > 100:
            continue
        if source.body is not None:
            functions[source.place] = Related(source.place, f"`{name[:-2]}` is defined here")
            waiting += [(inner, source.through) for inner in reads(source.body)]
        elif source.value is not None and suspect(source.value):
            message = f"`{name}` is {describe(source.value)} here"
            notes.setdefault(source.place, Related(source.place, message))
            waiting += [(inner, source.through) for inner in source.through]
        elif isinstance(source.value, tuple):
            listed = _listed(name, source, suspect)
            notes |= {note.span: note for note in listed if note.span not in notes}
    return (*notes.values(), *functions.values())[:MOST]


def _listed(name: str, source: Origin, suspect: Suspect) -> Iterator[Related]:
    """Where a list has an item under suspicion, of a list that is written out with this item in it once."""
    for item in dict.fromkeys(_items(source.value)):
        place = source.place.sole(written(item)) if suspect(item) else None
        if place is not None:
            yield Related(place, f"`{name}` has {describe(item)} here")


def _items(value: Value | None) -> Iterator[Value]:
    """What a list has, and the lists in it have."""
    if isinstance(value, tuple):
        for item in value:
            yield from _items(item)
    elif value is not None:
        yield value
