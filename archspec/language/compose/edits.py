"""Edits of a file by the labels of its rows, made on its YAML nodes, so that every value keeps its place.

Labels are those of the file as it is written, before any edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from archspec.language.compose.cells import Misplaced, with_cells
from archspec.language.syntax.document import (
    Document,
    Edit,
    GroupRow,
    LabelPattern,
    ParallelRow,
    ResidualRow,
    Row,
    TableRow,
    Word,
)
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import (
    Diagnostic,
    Entry,
    Mapping,
    Related,
    Sequence,
    Span,
    SpecError,
    YamlNode,
    guesses,
)
from archspec.source.kinds import at, leading
from archspec.source.mistakes import edit_conflict, needs_name, unknown_label

Labels = dict[str, list[Row]]
ANY = "*"
_LABELS = "a label is a row's name in the extended file; of a block's row it is blocks.NAME.label"


def labels(document: Document) -> Labels:
    """The rows of every label, `stem` or `blocks.NAME.label`, rows named by type and position included."""
    by_label: Labels = {}
    lists = [("", document.rows)]
    lists += [(f"blocks.{b.name.text}", b.rows) for b in document.blocks.values() if not b.sealed]
    for prefix, rows in lists:
        for path, row in _labels(rows, prefix):
            by_label.setdefault(path, []).append(row)
    return by_label


def _labels(rows: Iterable[Row], prefix: str) -> Iterator[tuple[str, Row]]:
    for row in rows:
        path = join(prefix, _written(row))
        if row.label is not None:
            yield path, row
        match row:
            case GroupRow():
                yield from _labels(row.rows, path)
            case TableRow():
                yield from _labels(row.each, path)
            case ParallelRow():
                for name, branch in row.branches.items():
                    yield from _labels(branch.rows, join(path, name))
            case ResidualRow():
                yield from _labels(row.rows, path)
                yield from _labels(row.shortcut or (), join(path, "shortcut"))


def _written(row: Row) -> str | None:
    """A label as it is written, its expressions in their braces."""
    if not isinstance(row.label, LabelPattern):
        return row.label
    parts = (part if isinstance(part, str) else f"{{{part.text}}}" for part in row.label.parts)
    return "".join(parts)


def edited(nodes: Mapping, document: Document, edits: Iterable[Edit]) -> Mapping:
    """The nodes of `document` after the edits; raises SpecError with every label that is not there."""
    changes = _Changes(labels(document), document.name.span)
    for edit in edits:
        changes.add(edit)
    changes.check()
    result = nodes if changes.problems else changes.mapping(nodes)
    if changes.problems:
        raise SpecError(changes.problems)
    return result


@dataclass
class _Changes:
    """The changes of each row, by the place where the row begins."""

    rows: Labels
    file: Span
    problems: list[Diagnostic] = field(default_factory=list)
    set: dict[Span, list[Edit]] = field(default_factory=dict)
    before: dict[Span, list[YamlNode]] = field(default_factory=dict)
    after: dict[Span, list[YamlNode]] = field(default_factory=dict)
    removed: dict[Span, Edit] = field(default_factory=dict)

    def add(self, edit: Edit) -> None:
        rows = self._found(edit.label.text)
        problem = self._problem(edit.label, rows)
        if problem is not None:
            self.problems.append(problem)
            return
        for place in dict.fromkeys(row.span for row in rows):
            self._change(edit, place)

    def _found(self, label: str) -> list[Row]:
        """The rows of a label, or those with a name whose labels fit a pattern: `*` stands for any text."""
        if ANY not in label:
            return self.rows.get(label, [])
        pattern = re.compile(re.escape(label).replace(re.escape(ANY), ".*"))
        fitting = (rows for name, rows in self.rows.items() if pattern.fullmatch(name))
        return [row for rows in fitting for row in rows if row.named]

    def _change(self, edit: Edit, place: Span) -> None:
        match edit.content:
            case Mapping():
                self.set.setdefault(place, []).append(edit)
            case Sequence(items=items) if edit.verb == "before":
                self.before.setdefault(place, []).extend(items)
            case Sequence(items=items):
                self.after.setdefault(place, []).extend(items)
            case _:
                self.removed[place] = edit

    def _problem(self, label: Word, rows: list[Row]) -> Diagnostic | None:
        """Why a label does not stand for named rows, or None if it does."""
        text = label.text
        if not rows:
            return self._gone(label)
        if rows[0].named:
            return None
        message = f"`{text}` has no name: it is called so for its type and place"
        expected = "a row with a name, which it keeps when others are inserted above it"
        notes = [Related(rows[0].span, f"`{text}` is this row")]
        return needs_name(label, message, expected, text, "name the row in its file", notes)

    def _gone(self, label: Word) -> Diagnostic:
        names = [name for name, rows in self.rows.items() if rows[0].named]
        near = guesses(label.text, names)
        notes = leading(near, {name: self.rows[name][0].place for name in near}, "is this row")
        notes = notes or (Related(self.file, "in this file"),)
        message = f"no row is called `{label.text}`"
        return unknown_label(label, message, names, near=near, hint=_LABELS, notes=notes)

    def check(self) -> None:
        """A row is changed or removed, not both."""
        for place, edit in self.removed.items():
            for other in self.set.get(place, ()):
                message = f"`{edit.label.text}` is changed here and removed by another edit"
                notes = [Related(edit.label.span, "it is removed here")]
                self.problems.append(
                    edit_conflict(other.label, message, "one of the two", notes=notes)
                )

    def mapping(self, node: Mapping) -> Mapping:
        entries = tuple(Entry(e.key, self.node(e.value)) for e in node.entries)
        changed = Mapping(node.span, entries, node.flow)
        for edit in self.set.get(at(node), ()):
            changed = self._set(changed, edit)
        return changed

    def _set(self, node: Mapping, edit: Edit) -> Mapping:
        """A row with other values of its keys, or of the cells of its table."""
        assert isinstance(edit.content, Mapping)
        if edit.row is not None:
            try:
                return with_cells(node, edit)
            except Misplaced as error:
                self.problems.append(error.mistake)
                return node
        entries = {e.key.text: e for e in node.entries} | {
            e.key.text: e for e in edit.content.entries
        }
        return Mapping(node.span, tuple(entries.values()), node.flow)

    def node(self, node: YamlNode) -> YamlNode:
        match node:
            case Mapping():
                return self.mapping(node)
            case Sequence():
                return Sequence(node.span, tuple(self.items(node)), node.flow)
        return node

    def items(self, node: Sequence) -> Iterator[YamlNode]:
        for item in node.items:
            place = at(item)
            yield from self.before.get(place, ())
            if place not in self.removed:
                yield self.node(item)
            yield from self.after.get(place, ())
