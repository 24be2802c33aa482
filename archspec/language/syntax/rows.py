"""Rows of a spec: each a mapping of exactly one form, labelled by its name or by its type and written position."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import field
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from archspec.graph.ops import known, operation
from archspec.language.syntax import cells
from archspec.language.syntax.cells import IDENTIFIER, what
from archspec.language.syntax.document import (
    RESERVED,
    ROW_FORMS,
    AssertRow,
    Formula,
    GroupRow,
    Let,
    ParallelRow,
    Record,
    ResidualRow,
    Row,
    TableRow,
    TypeRow,
    Word,
)
from archspec.language.syntax.forms import (
    ASSERT,
    GROUP,
    PARALLEL,
    RESIDUAL,
    TABLE,
    TABLE_BODY,
    TYPED,
    Declared,
    block_form,
    head,
    operation_form,
)
from archspec.plugins import declared as plugged
from archspec.records import dataclass
from archspec.source import (
    Diagnostic,
    Mapping,
    Related,
    Scalar,
    Sequence,
    YamlNode,
    asked,
    guesses,
    one_of,
)

_FUNCTION = re.compile(r"([A-Za-z_]\w*)\s*\(([^()]*)\)\Z", re.ASCII)
LEFT_OUT = "the plug-in that brings it is left out: `archspec doctor` says why"
T = TypeVar("T")
Seen = dict[str, int]


@dataclass
class Reports:
    """The mistakes of a text as they are found."""

    problems: list[Diagnostic] = field(default_factory=list)

    def report(self, diagnostic: Diagnostic) -> None:
        self.problems.append(diagnostic)

    def fail(self, code: str, message: str, node: YamlNode, **more: Any) -> None:
        self.report(Diagnostic(code, message, head(node), **more))

    def read(self, function: Callable[[YamlNode], T], node: YamlNode) -> T | None:
        """What a cell function reads, or None after reporting its problem."""
        try:
            return function(node)
        except PydanticCustomError as error:
            more = dict(error.context or {})
            text, span = str(more.pop("text")), more.pop("span")
            self.report(Diagnostic(error.type, text, span, **more))
            return None


def misspelt(node: YamlNode, keys: Collection[str]) -> tuple[Scalar, str | None] | None:
    """The first key of a mapping that may stand for one of `keys`, and the hint that says so."""
    for entry in node.entries if isinstance(node, Mapping) else ():
        near = guesses(entry.key.text, keys)
        if near and entry.key.text not in RESERVED:
            return entry.key, asked(near)
    return None


@dataclass
class RowReader(Reports):
    """Reads lists of rows. `blocks` are the types that the file adds."""

    blocks: dict[str, Declared] = field(default_factory=dict)

    def lets(self, node: Mapping | None) -> Iterator[Let]:
        for entry in node.entries if node else ():
            body = self.read(cells.formula, entry.value)
            call = _FUNCTION.match(entry.key.text)
            if call is None:
                name = self.read(cells.identifier, entry.key)
                if name and body:
                    yield Let(name, None, body)
                continue
            parameters = tuple(part.strip() for part in call[2].split(",") if part.strip())
            wrong = [p for p in parameters if not IDENTIFIER.match(p)]
            if wrong or len(set(parameters)) != len(parameters):
                self.fail("bad-name", "the parameters of a function are different names", entry.key)
            elif body:
                yield Let(Word(call[1], entry.key.span), parameters, body)

    def rows(self, node: Sequence, seen: Seen | None = None) -> tuple[Row, ...]:
        """The rows of a list. `seen` counts the types of unnamed rows in this level of names."""
        level = {} if seen is None else seen
        found = [self.row(item, level) for item in node.items]
        return tuple(row for row in found if row is not None)

    def row(self, node: YamlNode, seen: Seen) -> Row | None:
        if not isinstance(node, Mapping):
            self.fail(
                "wrong-form",
                "a row is a mapping",
                node,
                expected="{type: ..., ...}",
                received=what(node),
            )
            return None
        forms = [key for key in ROW_FORMS if node.entry(key)]
        if len(forms) != 1:
            self._no_form(node, forms)
            return None
        return {
            "type": self._typed,
            "rows": self._group,
            "table": self._table,
            "parallel": self._parallel,
            "residual": self._residual,
            "assert": self._assert,
        }[forms[0]](node, seen)

    def _no_form(self, node: Mapping, forms: list[str]) -> None:
        meant = None if forms else misspelt(node, ROW_FORMS)
        self.fail(
            "wrong-form",
            f"a row is one of these, not both: {', '.join(forms)}"
            if forms
            else "a row needs a type",
            meant[0] if meant else node,
            expected="exactly one of " + ", ".join(ROW_FORMS),
            received=", ".join(forms) or ", ".join(e.key.text for e in node.entries) or "nothing",
            hint="make two rows of it" if forms else meant and meant[1],
        )

    def _unknown_type(self, key: Scalar | Word, known: Any, message: str) -> None:
        names = sorted(known)
        near = guesses(key.text, names)
        refused = any(plugin.name == key.text for plugin in plugged("operation"))
        declared = ((name, self.blocks[name].place) for name in near if name in self.blocks)
        self.report(
            Diagnostic(
                "unknown-type",
                message,
                key.span,
                expected=one_of(names),
                received=key.text,
                hint=LEFT_OUT if refused else asked(near),
                related=tuple(
                    Related(place, f"`{name}` is declared here") for name, place in declared
                ),
            )
        )

    def _typed(self, node: Mapping, seen: Seen) -> Row | None:
        kind = self.read(cells.word, node.entry("type").value)  # type: ignore[union-attr]
        if kind is None:
            return None
        declared = self.blocks.get(kind.text)
        if declared is not None:
            form = block_form(tuple(declared.parameters))
        else:
            op = operation(kind.text)
            if op is None:
                message = f"`{kind.text}` is neither an operation nor a block"
                self._unknown_type(kind, {*known(), *self.blocks}, message)
                return None
            form = operation_form(op)
        found = form.check(node, kind.text, self.report, declared)
        if found is None:
            return None
        common = _common(found, node)
        if not common["named"]:
            common["label"] = _counted(kind.text, seen)
        return TypeRow(
            **common,
            type=kind,
            values={key: value for key, value in found.items() if key not in TYPED},
            keys={e.key.text: e.key.span for e in node.entries},
        )

    def _group(self, node: Mapping, seen: Seen) -> Row | None:
        form = GROUP.check(node, "a group", self.report)
        if form is None:
            return None
        level = {} if "name" in form else seen
        return GroupRow(**_common(form, node), rows=self.rows(form["rows"], level))

    def _parallel(self, node: Mapping, seen: Seen) -> Row | None:
        form = PARALLEL.check(node, "a parallel", self.report)
        if form is None:
            return None
        level = {} if "name" in form else seen
        merge = self._merge(form.get("merge"))
        branches = {name: rows for name, rows in self._branches(form["parallel"])}
        return ParallelRow(
            **_common(form, node),
            branches=branches,
            places={e.key.text: e.key.span for e in form["parallel"].entries},
            merge=merge,
            join=_counted(merge.type.text, level) if merge else "",
        )

    def _branches(self, node: Mapping) -> Iterator[tuple[str, tuple[Row, ...]]]:
        for entry in node.entries:
            name = self.read(cells.identifier, entry.key)
            if isinstance(entry.value, Sequence):
                rows = self.rows(entry.value)
            else:
                message, expected = "a branch is a list of rows", "[{type: ..., ...}, ...]"
                received = what(entry.value)
                self.fail("wrong-form", message, entry.value, expected=expected, received=received)
                continue
            if name is not None:
                yield name.text, rows

    def _merge(self, merge: Record | None) -> Record | None:
        """The joining operation: one that takes several values."""
        op = None if merge is None else operation(merge.type.text)
        if merge is None or (op is not None and op.inputs[1] > 1):
            return merge
        joins = {name for name, one in known().items() if one.inputs[1] > 1}
        message = f"`{merge.type.text}` does not join values"
        self._unknown_type(merge.type, joins, message)
        return None

    def _residual(self, node: Mapping, seen: Seen) -> Row | None:
        form = RESIDUAL.check(node, "a residual", self.report)
        if form is None:
            return None
        shortcut = self.rows(form["shortcut"]) if "shortcut" in form else None
        level = {} if "name" in form else seen
        rows = self.rows(form["residual"], level)
        sum = _counted("add", level)
        return ResidualRow(**_common(form, node), rows=rows, shortcut=shortcut, sum=sum)

    def _assert(self, node: Mapping, seen: Seen) -> Row | None:
        form = ASSERT.check(node, "an assertion", self.report)
        if form is None:
            return None
        return AssertRow(span=head(node), test=form["assert"], message=form.get("message", ""))

    def _table(self, node: Mapping, seen: Seen) -> Row | None:
        form = TABLE.check(node, "a table", self.report)
        body = form and TABLE_BODY.check(form["table"], "a table", self.report)
        if form is None or body is None:
            return None
        common = _common(form, node)
        level = {} if "name" in form else seen
        common |= {"each": self.rows(body["each"], level), "let": tuple(self.lets(body.get("let")))}
        columns = body["columns"]
        if isinstance(columns, Mapping):
            if "rows" in body:
                self.fail(
                    "wrong-form",
                    "columns that hold their values leave nothing for `rows`",
                    form["table"].entry("rows").key,
                    expected="columns: [a, b] with rows, or columns: {a: [...], b: [...]}",
                    received="both",
                    hint="drop `rows`, or list the columns' names alone",
                )
            pairs = [(e.key, self.read(cells.cell, e.value)) for e in columns.entries]
            names = tuple(Word(key.text, key.span) for key, _ in pairs)
            lists = tuple(value for _, value in pairs if value is not None)
            return TableRow(**common, columns=names, values=(), columnwise=lists)
        if not isinstance(columns, Sequence) or "rows" not in body:
            listed = isinstance(columns, Sequence)
            self.fail(
                "missing-key" if listed else "wrong-form",
                "a table has columns and rows",
                form["table"] if listed else columns,
                expected="columns: [a, b], rows: [[1, 2], ...] or columns: {a: [...], b: [...]}",
                received="no rows" if listed else what(columns),
            )
            return None
        read = [self.read(cells.identifier, item) for item in columns.items]
        names = tuple(name for name in read if name is not None)
        values = self._table_rows(body["rows"], names)
        return TableRow(**common, columns=names, values=values, columnwise=None)

    def _table_rows(
        self, node: YamlNode, columns: tuple[Word, ...]
    ) -> tuple[tuple[Formula, ...], ...] | Formula:
        if not isinstance(node, Sequence):
            return self.read(cells.formula, node) or ()
        found: list[tuple[Formula, ...]] = []
        for item in node.items:
            inner = item.items if isinstance(item, Sequence) else (item,)
            if len(inner) != len(columns):
                self.fail(
                    "wrong-form",
                    "a table's row has one value for each column",
                    item,
                    expected=f"{len(columns)}: {', '.join(c.text for c in columns)}",
                    received=f"{len(inner)}",
                    hint="write one value for each column, in their order",
                )
                continue
            row = [self.read(cells.formula, value) for value in inner]
            found.append(tuple(value for value in row if value is not None))
        return tuple(found)


def _common(form: dict[str, Any], node: Mapping) -> dict[str, Any]:
    return {
        "span": head(node),
        "label": form.get("name"),
        "named": "name" in form,
        "source": form.get("from"),
        "when": form.get("when"),
        "repeat": form.get("repeat"),
        "counter": form.get("as"),
        "shares": form.get("shares"),
    }


def _counted(name: str, seen: Seen) -> str:
    """The label of an unnamed row: `type`, `type_2` by written position; unnamed groups count on."""
    count = seen[name] = seen.get(name, 0) + 1
    return name if count == 1 else f"{name}_{count}"
