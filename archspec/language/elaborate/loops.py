"""Repeats and tables: rows that unfold once for each turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Items, Sym, Value
from archspec.graph.graph import Child, Loop, Scope, ValueId
from archspec.graph.quantity import Quantity, union
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.frames import (
    CARRIED,
    Frame,
    axis_values,
    entry,
    join,
    led,
    symbolic,
)
from archspec.language.elaborate.frames import (
    Value as Flow,
)
from archspec.language.elaborate.names import Clash, Names, Unknown
from archspec.language.elaborate.origins import Origin, Origins, declarations, origin
from archspec.language.elaborate.sheets import Cells, Sheet, item
from archspec.language.elaborate.values import Rejected, count
from archspec.language.syntax.document import Cell, Formula, GroupRow, Let, Listed, Row, TableRow
from archspec.records import dataclass
from archspec.source import Diagnostic, Span

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborate import Elaborator

MAX_TURNS = 100_000
MAX_NODES = 50_000
Body = Callable[[int, str, Frame, Names], "tuple[tuple[Child, ...], Flow]"]


@dataclass(frozen=True, slots=True)
class Turns:
    """What a loop's turns share: where they stand, what enters the first, what each of them knows."""

    label: str | None
    path: str
    definition: str
    span: Span
    input: Flow
    frame: Frame
    names: Names
    values: tuple[Mapping[str, Quantity], ...]
    place: Span
    origins: tuple[Origins, ...] = ()


@dataclass
class Loops:
    """The part of elaboration that unfolds loops."""

    home: Elaborator

    def repeat(
        self, row: Row, label: str | None, inputs: tuple[Flow, ...], frame: Frame, names: Names
    ) -> Scope | None:
        """`repeat: n`: turn k of a row stands at `name.k` and feeds turn k + 1."""
        assert row.repeat is not None
        if label is None:
            self.home.report(
                Diagnostic(
                    "needs-name",
                    "a repeat of rows needs a name",
                    row.repeat.span,
                    expected="name: ...",
                    received="no name",
                    hint="its turns are called name.0, name.1, ...",
                )
            )
            return None
        try:
            times = count(row.repeat, names, "repeat")
        except Rejected as rejected:
            self.home.report(rejected.diagnostic)
            return None
        except Unknown:
            return None
        self.home.attributes.structure |= times.deps
        if times.whole > MAX_TURNS:
            self._too_many(row.repeat, times.whole)
            return None
        counter = row.counter.text if row.counter else "i"
        names = self._counting(row, counter, names)
        values = tuple({counter: Quantity(k, Sym(counter))} for k in range(times.whole))
        path = join(frame.prefix, label)
        self.home.references.take(path, row.place)
        place = row.repeat.span
        input = inputs[0]
        if len(inputs) > 1:
            parts = tuple((str(k), value) for k, value in enumerate(inputs))
            input = Flow(input.ref, input.type, parts)
        counts = Origin(row.counter.span if row.counter else place, place)
        origins = ({counter: counts},) * times.whole
        turns = Turns(label, path, label, row.span, input, frame, names, values, place, origins)
        return self._unfold(turns, Loop((), (), times, counter), self._once(row))

    def _counting(self, row: Row, counter: str, names: Names) -> Names:
        """The names with the counter bound; one that already counts is a clash when it is used."""
        taken = counter in names.values and counter not in names.counters
        if taken:
            span = row.counter.span if row.counter else row.repeat.span  # type: ignore[union-attr]
            self.home.report(
                Diagnostic(
                    "name-taken",
                    f"`{counter}` has a meaning here already",
                    span,
                    expected="a counter with a name of its own",
                    received=counter,
                    hint="name the counter: `as: j`",
                    related=declarations([counter], names.origins),
                )
            )
        return replace(names, counters=names.counters | {counter})

    def _once(self, row: Row) -> Body:
        def body(
            turn: int, path: str, frame: Frame, names: Names
        ) -> tuple[tuple[Child, ...], Flow]:
            if isinstance(row, GroupRow):
                return self.home.rows(row.rows, frame, names)
            here = names.with_tensors(frame)
            self.home.used.add(frame.prev.ref)
            child = self.home.single(row, None, path, frame.prev.several(), frame, here)
            if child is None:
                return (), Flow(frame.prev.ref, None)
            frame.prev = self.home.left(child, ValueId(frame.id, 0), child.output, frame.prev)
            return (child,), frame.prev

        return body

    def _too_many(self, formula: Formula, times: int) -> None:
        self.home.report(
            Diagnostic(
                "repeat-budget",
                f"{times:,} turns",
                formula.span,
                expected=f"at most {MAX_TURNS:,}",
                received=formula.text,
            )
        )

    def _unfold(self, turns: Turns, loop: Loop, body: Body) -> Scope | None:
        """The loop's scope: each turn a scope whose input sizes are symbols that the loop carries."""
        home = self.home
        id = home.new_id()
        outer = entry(id, turns.path, turns.input.type, turns.frame, turns.input.parts)
        mark = f"{CARRIED}{turns.frame.loops}."
        outer.loops += 1
        children: list[Child] = []
        made = home.nodes
        for k, values in enumerate(turns.values):
            if k == 1 and made + (home.nodes - made) * len(turns.values) > MAX_NODES:
                home.too_many(turns.place)
                return None
            named = turns.label is not None
            path = join(turns.path, str(k)) if named else turns.path
            entering = symbolic(outer.prev.type, mark)
            inner = entry(home.new_id(), path, entering, outer, outer.prev.parts)
            own: dict[str, Quantity | Clash | None] = dict(axis_values(inner.input.type))
            own |= values
            if loop.index in turns.names.values and loop.index in values and not loop.columns:
                own[loop.index] = Clash(loop.index)
            before = len(home.problems)
            names = turns.names.with_values(own, turns.origins[k] if turns.origins else None)
            rows, result = body(k, path, inner, names)
            scope = home.scope(
                "turn",
                inner.id,
                str(k) if named else None,
                path,
                turns.definition,
                outer.prev,
                inner,
                rows,
                names,
                turns.span,
            )
            if scope is None or len(home.problems) > before:
                return None
            scope = replace(scope, output=result.type or scope.output)
            children.append(scope)
            entered = Flow(outer.prev.ref, outer.prev.type)
            parts = tuple(
                (name, entered if value.ref == inner.input.ref else value)
                for name, value in result.parts
            )
            ref = ValueId(id, k)
            outer.prev = Flow(ref, scope.output, led(parts, ref))
        kept = turns.input.type
        if kept is None or outer.prev.type is None:
            return None
        if outer.prev.parts:
            home.parts[id] = outer.prev.parts
        outer.prev = Flow(outer.prev.ref, after(kept, children, outer.prev.type, mark))
        found = home.scope(
            "loop",
            id,
            turns.label,
            turns.path,
            turns.definition,
            turns.input,
            outer,
            children,
            turns.names,
            turns.span,
        )
        return found and replace(found, loop=loop)

    def table(
        self, row: TableRow, label: str | None, input: Flow, frame: Frame, names: Names
    ) -> Scope | None:
        """A paper's table: the rows of `each`, once for each of its rows."""
        columns = tuple(word.text for word in row.columns)
        cells = self._cells(row, names)
        if cells is None:
            return None
        for word in row.columns:
            if word.text in ("row", "i") or columns.count(word.text) > 1:
                self.home.report(
                    Diagnostic("name-taken", f"`{word.text}` cannot name a column", word.span)
                )
        origins = [_origins(row, k, line, names) for k, line in enumerate(cells.rows)]
        sheet = self._derived(row, columns, cells, names, origins)
        if sheet is None:
            return None
        lines = sheet.lines
        if label is not None:
            self.home.references.take(join(frame.prefix, label), row.place)
        path = join(frame.prefix, label)
        values = tuple(tuple(q.value for q in line) for line in cells.rows)
        for line in cells.rows:
            for quantity in line:
                self.home.attributes.structure |= quantity.deps
        named = (*columns, "row")
        derived = tuple(name for name in (lines[0] if lines else {}) if name not in named)
        behind = {
            name: union(*(line[name] for line in lines if name in line))
            for name in (*columns, *derived)
        }
        times = Quantity.of(len(cells.rows))
        said = tuple(sheet.said)
        loop = Loop(columns, values, times, "row", derived, behind, cells.whole, said)
        definition = label or "stage"
        each = tuple(lines)
        place = row.span
        turns = Turns(
            label, path, definition, place, input, frame, names, each, place, tuple(origins)
        )

        def body(
            turn: int, path: str, inner: Frame, names: Names
        ) -> tuple[tuple[Child, ...], Flow]:
            here = self._functions(row.let, names.with_table(sheet.sums(turn)))
            return self.home.rows(row.each, inner, here)

        return self._unfold(turns, loop, body)

    def _functions(self, lets: Iterable[Let], names: Names) -> Names:
        """The names of a turn with the functions of the table's `let`."""
        for let in lets:
            if let.parameters is not None:
                names = self.home.function(let, let.parameters, names, local=True)
        return names

    def _cells(self, row: TableRow, names: Names) -> Cells | None:
        if row.columnwise is not None:
            return self._columns(row, names)
        if isinstance(row.values, Formula):
            return self._listed(row, row.values, names)
        lines: list[list[Quantity]] = []
        for listed in row.values:
            found = [self.home.value(formula, names) for formula in listed]
            lines.append([item for item in found if item is not None])
        complete = all(len(line) == len(row.columns) for line in lines)
        return Cells(lines) if complete else None

    def _listed(self, row: TableRow, formula: Formula, names: Names) -> Cells | None:
        found = self.home.value(formula, names)
        if found is None:
            return None
        width = len(row.columns)
        lines = found.value if isinstance(found.value, tuple) else ()
        rows = [line if isinstance(line, tuple) else (line,) for line in lines]
        if not isinstance(found.value, tuple) or any(len(line) != width for line in rows):
            wrong = Diagnostic(
                "wrong-type",
                "a table's rows are a list of lists",
                formula.span,
                expected=f"lists of {width}: {', '.join(w.text for w in row.columns)}",
                received=written(found.value),
            )
            self.home.report(Rejected(wrong, found.value).traced(formula, names).diagnostic)
            return None
        deep = any(isinstance(line, tuple) for line in lines)
        cells = [
            [
                Quantity(v, item(found.expr, k, *([n] if deep else [])), found.deps)
                for n, v in enumerate(line)
            ]
            for k, line in enumerate(rows)
        ]
        return Cells(cells, {"" if deep else row.columns[0].text: found.expr})

    def _columns(self, row: TableRow, names: Names) -> Cells | None:
        columns: list[tuple[Value, ...]] = []
        lists: list[Quantity] = []
        for cell, word in zip(row.columnwise or (), row.columns, strict=True):
            found = self.home.cell(cell, names)
            if found is None:
                return None
            if not isinstance(found.value, tuple):
                wrong = Diagnostic(
                    "wrong-type",
                    f"the column {word.text} is a list, not {describe(found.value)}",
                    cell.span,
                    expected="a list with one value for each row",
                    received=written(found.value),
                )
                self.home.report(Rejected(wrong, found.value).traced(cell, names).diagnostic)
                return None
            columns.append(found.value)
            lists.append(found)
        if len({len(column) for column in columns}) != 1:
            sizes = ", ".join(
                f"{w.text}: {len(c)}" for w, c in zip(row.columns, columns, strict=True)
            )
            self.home.report(
                Diagnostic(
                    "wrong-type",
                    "the columns of a table are equally long",
                    row.span,
                    expected="lists of one length",
                    received=sizes or "no column",
                )
            )
            return None
        lines = [
            [Quantity(v, item(q.expr, k), q.deps) for v, q in zip(line, lists, strict=True)]
            for k, line in enumerate(zip(*columns, strict=True))
        ]
        named = {w.text: q.expr for w, q in zip(row.columns, lists, strict=True)}
        return Cells(lines, {c: e for c, e in named.items() if not isinstance(e, Items)})

    def _derived(
        self,
        row: TableRow,
        columns: tuple[str, ...],
        cells: Cells,
        names: Names,
        origins: list[dict[str, Origin]],
    ) -> Sheet | None:
        """The names of each turn: columns, `row`, what `let` derives, sums above. `origins` grow along."""
        lines = [
            {c: Quantity(q.value, Sym(c), q.deps) for c, q in zip(columns, line, strict=True)}
            | {"row": Quantity(k, Sym("row"))}
            for k, line in enumerate(cells.rows)
        ]
        said = [dict(zip(columns, (q.expr for q in line), strict=True)) for line in cells.rows]
        sheet = Sheet(lines, said, [dict(line) for line in said], cells.whole, origins)
        for position, let in enumerate(row.let):
            for k, line in enumerate(lines):
                here = names.with_values(line, origins[k]).with_table(sheet.sums(k))
                here = self._functions(row.let[:position], here)
                if k == 0:
                    self.home.check_new(let, here)
                if let.parameters is None:
                    found = self.home.value(let.body, here)
                    if found is None:
                        return None
                    name = let.name.text
                    line[name] = Quantity(found.value, Sym(name), found.deps)
                    sheet.say(k, name, found.expr)
                    begun = origin(let.name.span, let.body, found.value, here.origins)
                    origins[k][name] = begun
        for column in [c for c in (lines[0] if lines else {}) if c != "row"]:
            sheet.running(column)
        return sheet


def _origins(row: TableRow, turn: int, line: list[Quantity], names: Names) -> dict[str, Origin]:
    """Where the values of one row of a table are written."""
    found: dict[str, Origin] = {}
    for k, (column, quantity) in enumerate(zip(row.columns, line, strict=True)):
        cell: Cell
        if row.columnwise is not None:
            whole = row.columnwise[k]
            cell = whole.items[turn] if isinstance(whole, Listed) else whole
        else:
            cell = row.values if isinstance(row.values, Formula) else row.values[turn][k]
        found[column.text] = origin(column.span, cell, quantity.value, names.origins)
    return found


def _steady(turn: Child, axis: str, carried: Sym) -> bool:
    """Whether a turn leaves a size as it was. The symbol alone does not say so: it may be that of an earlier loop, some
    turn of which the rows read."""
    assert isinstance(turn, Scope)
    entered, left = dict(turn.input_types[0].axes)[axis], dict(turn.output.axes)[axis]
    return left.expr == carried and left.value == entered.value


def after(entered: TensorType, turns: list[Child], left: TensorType, mark: str) -> TensorType:
    """The type after a loop: sizes that no turn changes keep their expression, the others are carried."""
    axes: list[tuple[str, Quantity]] = []
    before = dict(entered.axes)
    for name, size in left.axes:
        carried = Sym(f"{mark}{name}")
        if name in before and all(_steady(turn, name, carried) for turn in turns):
            axes.append((name, before[name]))
        else:
            axes.append((name, Quantity(size.value, carried, size.deps)))
    return TensorType(tuple(axes))
