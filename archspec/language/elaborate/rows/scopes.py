"""The list of rows being elaborated: what entered it, what the row above gave, which labels it sees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

from archspec.graph.evaluate import ExpressionError
from archspec.graph.expr import Sym
from archspec.graph.graph import INPUT, ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import SizeOf, Symbol
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.formulas.bindings import Unknown
from archspec.language.syntax.document import LabelPattern, Row
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import Span, asked, did_you_mean, guesses, one_of
from archspec.source.mistakes import tuple_value, unknown_label, unknown_name

EVERY = "*"  # in a path, in place of the number of a turn: all turns
MOST = 500  # labels that are looked through for what might be meant


@dataclass(frozen=True, slots=True)
class FlowValue:
    """A value of the flow; `type` is None where an error made it unknown.

    A tuple has `parts`, each under its name; its own ref and type are those of the first. `place` is where its row has
    its name, `turns` how many turns that row has, if it is a loop.
    """

    ref: ValueId
    type: TensorType | None
    parts: tuple[tuple[str, FlowValue], ...] = ()
    place: Span | None = None
    turns: int | None = None

    def several(self) -> tuple[FlowValue, ...]:
        """The value, or the values of a tuple."""
        return tuple(value for _, value in self.parts) or (self,)

    def part(self, pick: str) -> FlowValue | None:
        """One value of a tuple, by name or by number."""
        for number, (name, value) in enumerate(self.parts):
            if pick in (name, str(number)):
                return value
        return None


Parts = tuple[tuple[str, FlowValue], ...]


def led(parts: Parts, ref: ValueId) -> Parts:
    """The parts of a tuple whose first is what the row itself gives."""
    if not parts:
        return ()
    (name, first), *others = parts
    return ((name, FlowValue(ref, first.type)), *others)


@dataclass(slots=True)
class RowScope:
    """One list of rows. `places` holds the labelled values of the innermost block, by path; `rows` are all that stand
    in the list, `at` is the position of the one at hand. `entered` is the value outside that enters a branch or group,
    which inside is `input`."""

    id: int
    prefix: str
    input: FlowValue
    prev: FlowValue
    places: dict[str, FlowValue]
    parent: RowScope | None = None
    loops: int = 0
    rows: Sequence[Row] = ()
    at: int = 0
    entered: ValueId | None = None

    def chain(self) -> Iterator[RowScope]:
        """This list and the lists around it, out to the innermost block."""
        scope: RowScope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def value(self, label: str) -> FlowValue | None:
        """What `input`, `prev`, a label or a path names here: looked up outwards.

        Of a row that failed any path is unknown.
        """
        whole = self._whole(label)
        base, dot, pick = label.rpartition(".")
        if whole is not None or not dot:
            return whole
        whole = self._whole(base)
        return whole and whole.part(pick)

    def every(self, label: str) -> tuple[FlowValue, ...] | None:
        """The values of all turns that `loop.*` or a path such as `loop.*.row` names; None where there is no such loop,
        or where a turn has no such row."""
        loop, _, rest = label.partition(f".{EVERY}")
        whole = self.value(loop)
        if whole is not None and whole.type is None:
            return (whole,)
        if whole is None or whole.turns is None:
            return None
        values = [self.value(f"{loop}.{turn}{rest}") for turn in range(whole.turns)]
        found = tuple(value for value in values if value is not None)
        return found if len(found) == len(values) else None

    def lacking(self, label: str) -> str:
        """The path of the first turn that has no such row, of a path for all turns."""
        loop, _, rest = label.partition(f".{EVERY}")
        whole = self.value(loop)
        turns = range((whole.turns or 0) if whole else 0)
        paths = (f"{loop}.{turn}{rest}" for turn in turns)
        return next((path for path in paths if self.value(path) is None), label)

    def _whole(self, label: str) -> FlowValue | None:
        if label == "input":
            return self.input
        if label == "prev":
            return self.prev
        for scope in self.chain():
            value = scope.places.get(join(scope.prefix, label))
            whole = scope.places.get(join(scope.prefix, label.partition(".")[0]))
            if value is not None or (whole is not None and whole.type is None):
                return value or whole
        return None

    def nearest(self, value: FlowValue) -> FlowValue:
        """The value as it is known in this list: `input` where it is what entered."""
        for scope in reversed(tuple(self.chain())):
            if scope.entered == value.ref:
                value = scope.input
        return value

    def place(self, label: str) -> Span | None:
        """Where the row of a label has its name; none of `input` and `prev`, or where there is no such row."""
        value = None if label in ("input", "prev") else self.value(label)
        return None if value is None else value.place

    def row(self, near: str, written: str) -> Span | None:
        """Where the row has its name in which a label that might be meant parts from the one that is written."""
        path = ""
        for ours, theirs in zip(near.split("."), [*written.split("."), ""], strict=False):
            path = join(path, ours)
            if ours != theirs:
                break
        return self.place(path) or self.place(near)

    def later(self, label: str) -> Span | None:
        """Where a row that comes later, in this list or one around it, has this label as its name."""
        rows = (row for scope in self.chain() for row in scope.rows)
        return next((row.place for row in rows if _labelled(row, label)), None)

    def near(self, label: str) -> tuple[str, ...]:
        """The references that might be meant by one that there is not; of a path at least its first label."""
        labels = self.labels()
        near, head = guesses(label, labels), label.partition(".")[0]
        return near or guesses(head, [name for name in labels if name != head and "." not in name])

    def labels(self) -> tuple[str, ...]:
        """The references that could be written here, in the order of the rows; of very many, those just above."""
        above = list(islice(reversed(self.places), MOST))[::-1]
        labels = ["input", "prev"]
        for label, value in (("input", self.input), ("prev", self.prev)):
            labels += [f"{label}.{name}" for name, _ in value.parts]
        for scope in self.chain():
            start = f"{scope.prefix}." if scope.prefix else ""
            for path in above:
                if path.startswith(start):
                    label = path.removeprefix(start)
                    parts = self.places[path].parts
                    labels += [label, *(f"{label}.{name}" for name, _ in parts)]
        return tuple(dict.fromkeys(labels))

    def axis(self, size: SizeOf) -> Quantity:
        """`label.channels` and the like, for expressions."""
        label, axis, name = size.label, size.axis, str(size)
        value = self.value(label)
        if value is None:
            raise no_row_above(label, name, self.near(label))
        if value.parts:
            message = f"`{label}` is {len(value.parts)} values"
            hint = f"pick one: {label}.{value.parts[0][0]}.{axis}"
            raise ExpressionError(message, code=tuple_value, name=name, hint=hint)
        if value.type is None:
            raise Unknown
        sizes = dict(value.type.axes)
        if axis not in sizes:
            raise no_axis(label, axis, name, sizes, f"it has {', '.join(sizes)}")
        return sizes[axis]


def no_row_above(label: str, name: str, near: tuple[str, ...]) -> ExpressionError:
    """A size of what no row above is called."""
    message, hint = f"no row above is called `{label}`", asked(near)
    return ExpressionError(message, code=unknown_label, name=name, hint=hint, near=near)


def no_axis(
    label: str, axis: str, name: str, axes: Collection[str], otherwise: str
) -> ExpressionError:
    """A size that a value does not have."""
    message, hint = f"`{label}` has no {axis}", did_you_mean(axis, axes) or otherwise
    expected = one_of(axes)
    return ExpressionError(message, code=unknown_name, name=name, expected=expected, hint=hint)


def _labelled(row: Row, label: str) -> bool:
    """Whether a row is called so, whatever its values."""
    return row.label == label or (
        isinstance(row.label, LabelPattern) and row.label.parts == (label,)
    )


def entry(
    id: int,
    prefix: str,
    entering: TensorType | None,
    parent: RowScope | None,
    parts: Parts = (),
) -> RowScope:
    """The scope of a list that `entering` enters; without a parent, of a block.

    Of a tuple the first part enters; the others are read where they are.
    """
    value = FlowValue(ValueId(id, INPUT), entering)
    if parts:
        (first, _), *others = parts
        value = FlowValue(value.ref, entering, ((first, value), *others))
    places: dict[str, FlowValue] = {} if parent is None else parent.places
    return RowScope(id, prefix, value, value, places, parent, 0 if parent is None else parent.loops)


def symbolic(kind: TensorType | None, symbol: Callable[[str], Symbol]) -> TensorType | None:
    """The same sizes, each under the symbol of its axis: an EnteredSize in a block, a CarriedSize in a loop."""
    if kind is None:
        return None
    return TensorType(
        tuple((n, Quantity(size.value, Sym(symbol(n)), size.deps)) for n, size in kind.axes)
    )


def axis_values(kind: TensorType | None) -> dict[Symbol, Quantity | None]:
    """The symbols of a type by their names, to stand among a scope's symbols."""
    if kind is None:
        return {}
    return {size.expr.symbol: size for _, size in kind.axes if isinstance(size.expr, Sym)}
