"""Tables: a paper's table unfolds as a loop over its rows, whose columns are names in each turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Expr, Items, Sym, Value
from archspec.graph.graph import Loop, Scope
from archspec.graph.quantity import Quantity, union
from archspec.graph.symbols import Symbol
from archspec.language.elaborate.formulas.attributes import argument
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.lets import check_new, with_function
from archspec.language.elaborate.formulas.origins import Origin, origin
from archspec.language.elaborate.formulas.values import Rejected, evaluated
from archspec.language.elaborate.rows.context import Context, Rows, Site, Walk
from archspec.language.elaborate.rows.loops import Loops, Turns
from archspec.language.elaborate.rows.scopes import RowScope
from archspec.language.elaborate.rows.sheets import Cells, Sheet, item
from archspec.language.syntax.document import Cell, Formula, Let, Listed, TableRow
from archspec.records import dataclass
from archspec.source.mistakes import name_taken, wrong_type

COLUMN = 8  # steps of a table's column: its name, its origin and its sum, whatever stands in it


@dataclass
class Tables:
    """The part of elaboration that unfolds tables."""

    context: Context
    loops: Loops
    walk: Walk

    def unfold(self, row: TableRow, site: Site, scope: RowScope) -> Scope | None:
        """The rows of `each`, once for each row of the table."""
        self.context.work.take(COLUMN * len(row.columns))
        columns = tuple(word.text for word in row.columns)
        cells = self._cells(row, site.names)
        if cells is None:
            return None
        self.context.work.take(len(cells.rows) * len(columns))
        counts = Counter(columns)
        for word in row.columns:
            if word.text in ("row", "i") or counts[word.text] > 1:
                message = f"`{word.text}` cannot name a column"
                self.context.report(name_taken(word, message))
        origins = [_origins(row, k, line, site.names) for k, line in enumerate(cells.rows)]
        sheet = self._derived(row, columns, cells, site.names, origins)
        if sheet is None:
            return None
        if site.label is not None:
            self.context.take(site.path, row.place)
        for quantity in (quantity for line in cells.rows for quantity in line):
            self.context.structure |= quantity.deps

        def body(turn: int, path: str, inside: RowScope, names: Bindings) -> Rows:
            here = self._functions(row.let, names.with_table(sheet.sums(turn, self.context.work)))
            return self.walk.rows(row.each, inside, here)

        loop, lines = _loop(columns, cells, sheet), tuple(sheet.lines)
        turns = Turns(site, scope, loop, lines, tuple(origins), row.span, body)
        return self.loops.unfold(turns)

    def _functions(self, lets: Iterable[Let], names: Bindings) -> Bindings:
        """The names of a turn with the functions of the table's `let`."""
        for let in lets:
            if let.parameters is not None:
                names = with_function(let, let.parameters, names, self.context.problems, local=True)
        return names

    def _cells(self, row: TableRow, names: Bindings) -> Cells | None:
        if row.columnwise is not None:
            return self._columns(row, names)
        if isinstance(row.values, Formula):
            return self._listed(row, row.values, names)
        lines: list[list[Quantity]] = []
        for listed in row.values:
            quantities = [self._value(formula, names) for formula in listed]
            lines.append([item for item in quantities if item is not None])
        complete = all(len(line) == len(row.columns) for line in lines)
        return Cells(lines) if complete else None

    def _value(self, formula: Formula, names: Bindings) -> Quantity | None:
        return self.context.problems.attempt(evaluated, formula, names)

    def _listed(self, row: TableRow, formula: Formula, names: Bindings) -> Cells | None:
        table = self._value(formula, names)
        if table is None:
            return None
        width = len(row.columns)
        lines = table.value if isinstance(table.value, tuple) else ()
        rows = [line if isinstance(line, tuple) else (line,) for line in lines]
        if not isinstance(table.value, tuple) or any(len(line) != width for line in rows):
            expected = f"lists of {width}: {', '.join(w.text for w in row.columns)}"
            message, received = "a table's rows are a list of lists", written(table.value)
            wrong = wrong_type(formula, message, expected, received)
            self.context.report(Rejected(wrong, table.value).traced(formula, names).diagnostic)
            return None
        deep = any(isinstance(line, tuple) for line in lines)
        self.loops.foresee(len(rows), len(row.each), formula.span)
        cells = [
            [
                Quantity(v, item(table.expr, k, *([n] if deep else [])), table.deps)
                for n, v in enumerate(line)
            ]
            for k, line in enumerate(rows)
        ]
        return Cells(cells, {"" if deep else row.columns[0].text: table.expr})

    def _columns(self, row: TableRow, names: Bindings) -> Cells | None:
        columns: list[tuple[Value, ...]] = []
        lists: list[Quantity] = []
        for cell, word in zip(row.columnwise or (), row.columns, strict=True):
            column = argument(cell, names, self.context.problems)
            if column is None:
                return None
            if not isinstance(column.value, tuple):
                message = f"the column {word.text} is a list, not {describe(column.value)}"
                expected, received = "a list with one value for each row", written(column.value)
                wrong = wrong_type(cell, message, expected, received)
                self.context.report(Rejected(wrong, column.value).traced(cell, names).diagnostic)
                return None
            columns.append(column.value)
            lists.append(column)
        if len({len(column) for column in columns}) != 1:
            sizes = ", ".join(
                f"{w.text}: {len(c)}" for w, c in zip(row.columns, columns, strict=True)
            )
            message, expected = "the columns of a table are equally long", "lists of one length"
            self.context.report(wrong_type(row, message, expected, sizes or "no column"))
            return None
        self.loops.foresee(len(columns[0]), len(row.each), row.span)
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
        names: Bindings,
        origins: list[dict[str, Origin]],
    ) -> Sheet | None:
        """The names of each turn: columns, `row`, what `let` derives, sums above. `origins` grow along."""
        lines: list[dict[Symbol, Quantity]] = [
            {
                **{
                    c: Quantity(q.value, Sym(c), q.deps) for c, q in zip(columns, line, strict=True)
                },
                "row": Quantity(k, Sym("row")),
            }
            for k, line in enumerate(cells.rows)
        ]
        said: list[dict[Symbol, Expr]] = [
            dict(zip(columns, (q.expr for q in line), strict=True)) for line in cells.rows
        ]
        sheet = Sheet(lines, said, [dict(line) for line in said], cells.whole, origins)
        for position, let in enumerate(row.let):
            for k, line in enumerate(lines):
                here = names.with_values(line, origins[k]).with_table(
                    sheet.sums(k, self.context.work)
                )
                here = self._functions(row.let[:position], here)
                if k == 0:
                    check_new(let, here, self.context.problems)
                if let.parameters is None:
                    quantity = self._value(let.body, here)
                    if quantity is None:
                        return None
                    name = let.name.text
                    line[name] = Quantity(quantity.value, Sym(name), quantity.deps)
                    sheet.say(k, name, quantity.expr)
                    start = origin(let.name.span, let.body, quantity.value, here.origins)
                    origins[k][name] = start
        for column in [*(lines[0] if lines else ())]:
            if isinstance(column, str) and column != "row":
                sheet.running(column)
        return sheet


def _origins(row: TableRow, turn: int, line: list[Quantity], names: Bindings) -> dict[str, Origin]:
    """Where the values of one row of a table are written."""
    origins: dict[str, Origin] = {}
    for k, (column, quantity) in enumerate(zip(row.columns, line, strict=True)):
        cell: Cell
        if row.columnwise is not None:
            whole = row.columnwise[k]
            cell = whole.items[turn] if isinstance(whole, Listed) else whole
        else:
            cell = row.values if isinstance(row.values, Formula) else row.values[turn][k]
        origins[column.text] = origin(column.span, cell, quantity.value, names.origins)
    return origins


def _loop(columns: tuple[str, ...], cells: Cells, sheet: Sheet) -> Loop:
    """What the graph knows of a table: its columns with their values, what is derived, the variables behind both."""
    lines = sheet.lines
    values = tuple(tuple(quantity.value for quantity in line) for line in cells.rows)
    given = {*columns, "row"}
    derived = tuple(name for name in (lines[0] if lines else {}) if name not in given)
    behind = {
        name: union(*(line[name] for line in lines if name in line))
        for name in (*columns, *derived)
    }
    times, said = Quantity.of(len(cells.rows)), tuple(sheet.said)
    return Loop(columns, values, times, "row", derived, behind, cells.whole, said)
