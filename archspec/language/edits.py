"""Edits of a file by the labels of its rows, made on its YAML nodes, so that every value keeps its place.

Labels are those of the file as it is written, whatever the other edits do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field

from archspec.language.document import (
    Document,
    Edit,
    GroupRow,
    ParallelRow,
    ResidualRow,
    Row,
    TableRow,
    Template,
)
from archspec.language.forms import head
from archspec.language.frames import join
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
    asked,
    guesses,
    one_of,
)


def labels(document: Document) -> dict[str, Span]:
    """Every row that an edit can name, with the place where it begins: `stem`, `blocks.NAME.label`."""
    return {path: row.span for path, row in labelled(document).items()}


def labelled(document: Document) -> dict[str, Row]:
    """The rows that an edit can name, by the path that names them."""
    found = dict(_labelled(document.rows, ""))
    for name, block in document.blocks.items():
        if not block.sealed:
            found |= _labelled(block.rows, f"blocks.{name}")
    return found


def _labelled(rows: Iterable[Row], prefix: str) -> Iterator[tuple[str, Row]]:
    for row in rows:
        path = join(prefix, _written(row))
        if row.label is not None:
            yield path, row
        match row:
            case GroupRow():
                yield from _labelled(row.rows, path)
            case TableRow():
                yield from _labelled(row.each, path)
            case ParallelRow():
                for name, branch in row.branches.items():
                    yield from _labelled(branch, join(path, name))
            case ResidualRow():
                yield from _labelled(row.rows, path)
                yield from _labelled(row.shortcut or (), join(path, "shortcut"))


def _written(row: Row) -> str | None:
    """A label as it is written, its expressions in their braces."""
    if not isinstance(row.label, Template):
        return row.label
    parts = (part if isinstance(part, str) else f"{{{part.text}}}" for part in row.label.parts)
    return "".join(parts)


def edited(nodes: Mapping, document: Document, edits: Iterable[Edit]) -> Mapping:
    """The nodes of `document` after the edits; raises SpecError with every label that is not there."""
    changes = _Changes(labels(document), document.name.span)
    for edit in edits:
        changes.add(edit)
    changes.check()
    if changes.problems:
        raise SpecError(changes.problems)
    return changes.mapping(nodes)


@dataclass
class _Changes:
    """What becomes of each row, by the place where it begins."""

    known: dict[str, Span]
    file: Span
    problems: list[Diagnostic] = field(default_factory=list)
    set: dict[Span, list[Edit]] = field(default_factory=dict)
    before: dict[Span, list[YamlNode]] = field(default_factory=dict)
    after: dict[Span, list[YamlNode]] = field(default_factory=dict)
    removed: dict[Span, Edit] = field(default_factory=dict)

    def add(self, edit: Edit) -> None:
        place = self.known.get(edit.label.text)
        if place is None:
            self._unknown(edit)
            return
        match edit.content:
            case Mapping():
                self.set.setdefault(place, []).append(edit)
            case Sequence(items=items) if edit.verb == "before":
                self.before.setdefault(place, []).extend(items)
            case Sequence(items=items):
                self.after.setdefault(place, []).extend(items)
            case _:
                self.removed[place] = edit

    def _unknown(self, edit: Edit) -> None:
        label = edit.label
        near = guesses(label.text, self.known)
        rows = tuple(Related(self.known[name], f"`{name}` is this row") for name in near)
        self.problems.append(
            Diagnostic(
                "unknown-label",
                f"no row is called `{label.text}`",
                label.span,
                expected=one_of(self.known),
                received=label.text,
                hint=asked(near),
                related=rows or (Related(self.file, "in this file"),),
            )
        )

    def check(self) -> None:
        """A row is changed or removed, not both."""
        for place, edit in self.removed.items():
            for other in self.set.get(place, ()):
                self.problems.append(
                    Diagnostic(
                        "edit-conflict",
                        f"`{edit.label.text}` is changed here and removed by another edit",
                        other.label.span,
                        expected="one of the two",
                        related=(Related(edit.label.span, "it is removed here"),),
                    )
                )

    def mapping(self, node: Mapping) -> Mapping:
        entries = {e.key.text: Entry(e.key, self.node(e.value)) for e in node.entries}
        for edit in self.set.get(head(node), ()):
            assert isinstance(edit.content, Mapping)
            entries |= {e.key.text: e for e in edit.content.entries}
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
            place = head(item)
            yield from self.before.get(place, ())
            if place not in self.removed:
                yield self.node(item)
            yield from self.after.get(place, ())
