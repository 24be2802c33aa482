"""Edits of one row of a table: the cells of its columns, in a table written by rows or by columns."""

from __future__ import annotations

from dataclasses import replace

from archspec.language.syntax.document import Edit
from archspec.source import Diagnostic, Entry, Mapping, Scalar, Sequence, YamlNode
from archspec.source.mistakes import out_of_range, unknown_key, wrong_form


class Misplaced(Exception):
    """An edit of a cell that there is not, as a mistake."""

    def __init__(self, mistake: Diagnostic) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


def with_cells(row: Mapping, edit: Edit) -> Mapping:
    """The row of a table with the cells that an edit sets in one line; raises Misplaced."""
    table, changes = row.get("table"), edit.content
    assert isinstance(changes, Mapping)
    assert edit.row is not None
    if not isinstance(table, Mapping):
        message = f"`{edit.label.text}` is no table, so that it has no row {edit.row.text}"
        hint = "leave `row` out: `set` changes the keys of the row itself"
        raise Misplaced(wrong_form(edit.row.span, message, "the label of a table", "row", hint))
    columns, lines = table.get("columns"), table.get("rows")
    if isinstance(columns, Mapping):
        changed = replace(columns, entries=tuple(_column(e, edit) for e in columns.entries))
        _known([e.key.text for e in columns.entries], changes)
        return _put(row, table, "columns", changed)
    names = (
        [n.text for n in columns.items if isinstance(n, Scalar)]
        if isinstance(columns, Sequence)
        else []
    )
    _known(names, changes)
    if not isinstance(lines, Sequence):
        raise Misplaced(_elsewhere(edit, "the rows of this table are", lines))
    number = _number(edit, len(lines.items))
    line = lines.items[number]
    if not isinstance(line, Sequence):
        raise Misplaced(_elsewhere(edit, "this row of the table is", line))
    cells = zip(names, line.items, strict=False)
    new = Sequence(line.span, tuple(changes.get(name) or cell for name, cell in cells), line.flow)
    items = (*lines.items[:number], new, *lines.items[number + 1 :])
    return _put(row, table, "rows", Sequence(lines.span, items, lines.flow))


def _column(entry: Entry, edit: Edit) -> Entry:
    """A column with another cell, if the edit sets it."""
    assert isinstance(edit.content, Mapping)
    value = edit.content.get(entry.key.text)
    if value is None:
        return entry
    if not isinstance(entry.value, Sequence):
        said = f"the column `{entry.key.text}` is"
        raise Misplaced(_elsewhere(edit, said, entry.value))
    items = entry.value.items
    number = _number(edit, len(items))
    cells = (*items[:number], value, *items[number + 1 :])
    return Entry(entry.key, Sequence(entry.value.span, cells, entry.value.flow))


def _put(row: Mapping, table: Mapping, key: str, value: YamlNode) -> Mapping:
    body = tuple(Entry(e.key, value) if e.key.text == key else e for e in table.entries)
    whole = Mapping(table.span, body, table.flow)
    entries = (Entry(e.key, whole) if e.key.text == "table" else e for e in row.entries)
    return Mapping(row.span, tuple(entries), row.flow)


def _known(columns: list[str], changes: Mapping) -> None:
    for entry in changes.entries:
        if entry.key.text not in columns:
            raise Misplaced(unknown_key.of(entry.key, "this table's columns", columns))


def _number(edit: Edit, lines: int) -> int:
    """The number of the row, counted from 0 as the turns of the table are."""
    assert edit.row is not None
    text = edit.row.text
    if text.isdecimal() and int(text) < lines:
        return int(text)
    message = f"`{edit.label.text}` has no row {text}"
    expected, hint = f"0 to {lines - 1}", "rows are counted from 0, as turns are"
    raise Misplaced(out_of_range(edit.row.span, message, expected, text, hint))


def _elsewhere(edit: Edit, said: str, node: YamlNode | None) -> Diagnostic:
    """A cell that is written somewhere else: in a variable."""
    assert edit.row is not None
    text = node.text if isinstance(node, Scalar) else "an expression"
    hint = f"give `{text}` another value: vars: {{{text}: [...]}}"
    return wrong_form(edit.row.span, f"{said} `{text}`", "a list of cells", text, hint)
