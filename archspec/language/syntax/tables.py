"""Papers' tables: rows that stand once for each row of values."""

from typing import Annotated, ClassVar

from archspec.language.syntax import cells
from archspec.language.syntax.lets import LETS, Lets
from archspec.language.syntax.model import Info, Model, Part, a_mapping, reported
from archspec.language.syntax.rows import Row, rows_of
from archspec.language.syntax.terms import Cell, Formula, Let, Word
from archspec.source import Mapping, Sequence, YamlNode
from archspec.source.mistakes import missing_key, wrong_form


class Columns:
    """The names of a table's columns; of a table by columns also their lists."""

    def __init__(self, names: tuple[Word, ...], lists: tuple[Cell, ...] | None = None) -> None:
        self.names, self.lists = names, lists


def _columns(node: YamlNode, info: Info) -> Columns:
    read = info.context.read
    if isinstance(node, Mapping):
        pairs = [(e.key, read(cells.cell, e.value)) for e in node.entries]
        lists = tuple(value for _, value in pairs if value is not None)
        return Columns(tuple(Word(key.text, key.span) for key, _ in pairs), lists)
    items = node.items if isinstance(node, Sequence) else ()
    names = (read(cells.identifier, item) for item in items)
    return Columns(tuple(name for name in names if name is not None))


def _table_rows(node: YamlNode, info: Info) -> tuple[tuple[Formula, ...], ...] | Formula | None:
    reading = info.context
    columns: Columns | None = info.data.get("columns")
    if not isinstance(node, Sequence):
        formula: Formula | None = reading.read(cells.formula, node)
        return formula
    rows: list[tuple[Formula, ...]] = []
    if columns is None or columns.lists is not None:
        return ()
    for item in node.items:
        inner = item.items if isinstance(item, Sequence) else (item,)
        if len(inner) != len(columns.names):
            message = "a table's row has one value for each column"
            expected = f"{len(columns.names)}: {', '.join(c.text for c in columns.names)}"
            hint = "write one value for each column, in their order"
            reading.report(wrong_form(item, message, expected, f"{len(inner)}", hint))
            continue
        row = [reading.read(cells.formula, value) for value in inner]
        rows.append(tuple(value for value in row if value is not None))
    return tuple(rows)


class TableBody(Model):
    """A paper's table: columns, rows of values, and the rows of the network that each of them makes."""

    subject: ClassVar[str] = "a table"
    columns: Annotated[
        Columns,
        Part(
            _columns,
            "The names of the columns, their values in `rows`; or a mapping of each column to its list.",
            "columns",
        ),
    ]
    rows: Annotated[
        tuple[tuple[Formula, ...], ...] | Formula | None,
        Part(
            _table_rows,
            "A list of values for each row, or a variable that holds them.",
            "table_rows",
        ),
    ] = None
    let: Annotated[
        Lets,
        Part(
            LETS.read,
            "Columns derived from others: `before(c)` sums a column above the row, `total(c)` all of it.",
            "lets",
        ),
    ] = ()
    each: Annotated[
        tuple[Row, ...],
        Part(rows_of, "The rows that a row of the table makes; `row` counts from 0.", "rows"),
    ]


def _table(node: YamlNode, info: Info) -> TableBody:
    mapping, reading = a_mapping(node), info.context
    body = TableBody.read(mapping, reading)
    if body is None:
        raise reported()
    columns, rows = mapping.get("columns"), mapping.entry("rows")
    if isinstance(columns, Mapping) and rows is not None:
        message = "columns that hold their values leave nothing for `rows`"
        expected = "columns: [a, b] with rows, or columns: {a: [...], b: [...]}"
        hint = "drop `rows`, or list the columns' names alone"
        reading.report(wrong_form(rows.key, message, expected, "both", hint))
    listed = isinstance(columns, Sequence)
    if not isinstance(columns, Mapping) and not (listed and rows):
        message = "a table has columns and rows"
        expected = "columns: [a, b], rows: [[1, 2], ...] or columns: {a: [...], b: [...]}"
        lacking = missing_key(mapping, message, expected, "no rows")
        wrong = wrong_form(columns or mapping, message, expected)
        reading.report(lacking if listed else wrong)
    return body


class TableRow(Row):
    """A table whose rows stand once for each row of values."""

    subject: ClassVar[str] = "a table"
    table: Annotated[
        TableBody, Part(_table, "Rows that stand once for each row of a table.", "table")
    ]

    @property
    def columns(self) -> tuple[Word, ...]:
        """The names of the columns."""
        return self.table.columns.names

    @property
    def columnwise(self) -> tuple[Cell, ...] | None:
        """The list of each column, where the table is given by columns."""
        return self.table.columns.lists

    @property
    def values(self) -> tuple[tuple[Formula, ...], ...] | Formula:
        """The values of each row, or the expression that has them."""
        return self.table.rows or ()

    @property
    def let(self) -> tuple[Let, ...]:
        """Columns derived from others."""
        return self.table.let

    @property
    def each(self) -> tuple[Row, ...]:
        """The rows that a row of values makes."""
        return self.table.each
