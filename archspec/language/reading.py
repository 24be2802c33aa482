"""From YAML nodes to the document. Form only: names and values are looked at when the document is elaborated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from archspec.graph.expr import Value
from archspec.graph.ops import operations
from archspec.language import cells
from archspec.language.cells import IDENTIFIER, what
from archspec.language.document import (
    ROW_FORMS,
    AssertRow,
    Block,
    Cell,
    Claim,
    Document,
    Formula,
    GroupRow,
    Let,
    Parameter,
    ResidualRow,
    Row,
    TableRow,
    TypeRow,
    VarForm,
    Word,
)
from archspec.language.forms import (
    ASSERT,
    BLOCK,
    CLAIM,
    DOCUMENT,
    FIGURES,
    GROUP,
    RESIDUAL,
    TABLE,
    TABLE_BODY,
    TYPED,
    VARIABLE,
    block_form,
    defaults_form,
    head,
    operation_form,
)
from archspec.source import (
    Diagnostic,
    Mapping,
    Scalar,
    Sequence,
    Span,
    SpecError,
    YamlNode,
    did_you_mean,
)

_FUNCTION = re.compile(r"([A-Za-z_]\w*)\s*\(([^()]*)\)\Z")
VERSION = "1"
T = TypeVar("T")


def document(root: YamlNode) -> Document:
    """The document of a file; raises SpecError with every mistake of form."""
    reader = _Reader()
    found = reader.document(root)
    if reader.problems or found is None:
        raise SpecError(reader.problems)
    return found


@dataclass
class _Reader:
    problems: list[Diagnostic] = field(default_factory=list)
    blocks: dict[str, tuple[str, ...]] = field(default_factory=dict)

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

    def document(self, root: YamlNode) -> Document | None:
        if not isinstance(root, Mapping):
            self.fail(
                "wrong-form",
                "a spec is a mapping",
                root,
                expected="archspec: 1, name, input, rows",
                received=what(root),
            )
            return None
        self._name_blocks(root.get("blocks"))
        form = DOCUMENT.check(root, "a spec", self.report)
        if form is None:
            self._look_further(root)
            return None
        if form["archspec"].text != VERSION:
            self.report(
                Diagnostic(
                    "out-of-range",
                    "this version of the language is not known",
                    form["archspec"].span,
                    expected=f"archspec: {VERSION}",
                    received=form["archspec"].text,
                )
            )
        inputs = [self.read(cells.formula, item) for item in form["input"].items]
        if len(inputs) not in (1, 3):
            self.fail(
                "wrong-form",
                "the input is [height, width, channels] or [features]",
                form["input"],
                expected="three sizes, or one",
                received=what(form["input"]),
            )
        name = form["name"]
        variables = {v.name.text: v for v in self.variables(form.get("vars"))}
        class_name = form.get("class_name")
        return Document(
            span=root.span,
            name=name,
            class_name=class_name.text if class_name else camel(name.text),
            title=form.get("title", ""),
            doc=form.get("doc", ""),
            reference=form.get("reference"),
            variables=variables,
            let=tuple(self.lets(form.get("let"))),
            defaults=self.defaults(form.get("defaults")),
            blocks={b.name.text: b for b in self.block_list(form.get("blocks"))},
            input=tuple(item for item in inputs if item is not None),
            input_span=form["input"].span,
            rows=self.rows(form["rows"]),
            expect=tuple(self.claims(form.get("expect"), variables)),
        )

    def claims(self, node: Sequence | None, known: Iterable[str]) -> Iterator[Claim]:
        """The lines of `expect`: figures, and the variables that they are for."""
        for item in node.items if node else ():
            if not isinstance(item, Mapping):
                self.fail(
                    "wrong-form",
                    "a claim is a mapping",
                    item,
                    expected="{params: 4.2M, macs: 569M}",
                    received=what(item),
                )
                continue
            form = CLAIM.check(item, "a claim", self.report)
            if form is None:
                continue
            figures = {key: form[key] for key in FIGURES if key in form}
            if not figures:
                self.fail("missing-key", "a claim has a figure", item, expected="params: 4.2M")
            given: dict[str, tuple[Value, Span]] = {}
            for entry in form["with"].entries if "with" in form else ():
                if entry.key.text not in known:
                    self.fail(
                        "unknown-name",
                        f"there is no variable `{entry.key.text}`",
                        entry.key,
                        expected="one of " + ", ".join(known),
                        received=entry.key.text,
                        hint=did_you_mean(entry.key.text, known),
                    )
                value = self.read(cells.constant, entry.value)
                if value is not None:
                    given[entry.key.text] = (value, entry.value.span)
            yield Claim(item.span, given, figures, form.get("note", ""))

    def _look_further(self, root: Mapping) -> None:
        """Report what is wrong below, although the file's own keys are not right yet."""
        rows, blocks = root.get("rows"), root.get("blocks")
        if isinstance(rows, Sequence):
            self.rows(rows)
        if isinstance(blocks, Mapping):
            list(self.block_list(blocks))

    def _name_blocks(self, node: YamlNode | None) -> None:
        for entry in node.entries if isinstance(node, Mapping) else ():
            params = entry.value.get("params") if isinstance(entry.value, Mapping) else None
            names = params.entries if isinstance(params, Mapping) else ()
            self.blocks[entry.key.text] = tuple(e.key.text for e in names)

    def variables(self, node: Mapping | None) -> Iterator[VarForm]:
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name is None:
                continue
            if isinstance(entry.value, Mapping):
                found = self._ranged(name, entry.value)
                if found:
                    yield found
                continue
            value = self.read(cells.constant, entry.value)
            if value is not None:
                yield VarForm(name, value, entry.value.span)

    def _ranged(self, name: Word, node: Mapping) -> VarForm | None:
        form = VARIABLE.check(node, "a variable", self.report)
        value = None if form is None else self.read(cells.constant, form["value"])
        if form is None or value is None:
            return None
        choices = form["one_of"].items if "one_of" in form else ()
        allowed = [self.read(cells.constant, item) for item in choices]
        return VarForm(
            name,
            value,
            form["value"].span,
            tuple(item for item in allowed if item is not None),
            self._bound(form.get("min")),
            self._bound(form.get("max")),
            form.get("doc", ""),
        )

    def _bound(self, formula: Formula | None) -> float | None:
        if formula is None:
            return None
        value: Value | None = getattr(formula.expr, "value", None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.report(Diagnostic("wrong-type", "a bound is a number", formula.span))
            return None
        return value

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

    def defaults(self, node: Mapping | None) -> dict[str, dict[str, tuple[Any, Cell]]]:
        found: dict[str, dict[str, tuple[Any, Cell]]] = {}
        for entry in node.entries if node else ():
            kind = entry.key.text
            operation = operations().get(kind)
            if operation is None:
                self._unknown_type(entry.key, operations(), "defaults belong to an operation")
                continue
            if not isinstance(entry.value, Mapping):
                self.fail(
                    "wrong-form",
                    f"the defaults of {kind} are a mapping",
                    entry.value,
                    expected="{key: value, ...}",
                    received=what(entry.value),
                )
                continue
            form = defaults_form(operation).check(entry.value, kind, self.report)
            if form is not None:
                places = {e.key.text: e.key.span for e in entry.value.entries}
                found[kind] = {key: (places[key], value) for key, value in form.items()}
        return found

    def block_list(self, node: Mapping | None) -> Iterator[Block]:
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name and name.text in operations():
                self.fail("name-taken", f"`{name.text}` is an operation already", entry.key)
            if not isinstance(entry.value, Mapping):
                self.fail(
                    "wrong-form",
                    "a block is a mapping",
                    entry.value,
                    expected="params, let, rows",
                    received=what(entry.value),
                )
                continue
            form = BLOCK.check(entry.value, f"the block {entry.key.text}", self.report)
            if form is None or name is None:
                continue
            parameters = {p.name.text: p for p in self._parameters(form.get("params"))}
            let, rows = tuple(self.lets(form.get("let"))), self.rows(form["rows"])
            yield Block(name, parameters, let, rows, form.get("doc", ""))

    def _parameters(self, node: Mapping | None) -> Iterator[Parameter]:
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name is None:
                continue
            missing = isinstance(entry.value, Scalar) and entry.value.value is None
            default = None if missing else self.read(cells.cell, entry.value)
            if name.text in TYPED:
                self.fail("name-taken", f"`{name.text}` is a key of every row", entry.key)
            yield Parameter(name, default)

    def rows(self, node: Sequence) -> tuple[Row, ...]:
        """The rows of a list, each labelled by its written position in its level of names."""
        found = [self.row(item) for item in node.items]
        return label_rows([row for row in found if row is not None])

    def row(self, node: YamlNode) -> Row | None:
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
            "residual": self._residual,
            "assert": self._assert,
        }[forms[0]](node)

    def _no_form(self, node: Mapping, forms: list[str]) -> None:
        guesses = (did_you_mean(e.key.text, ROW_FORMS) for e in node.entries)
        self.fail(
            "wrong-form",
            f"a row is one of these, not both: {', '.join(forms)}"
            if forms
            else "a row needs a type",
            node,
            expected="exactly one of " + ", ".join(ROW_FORMS),
            received=", ".join(forms) or ", ".join(e.key.text for e in node.entries) or "nothing",
            hint="make two rows of it" if forms else next((g for g in guesses if g), None),
        )

    def _unknown_type(self, key: Scalar | Word, known: Any, message: str) -> None:
        names = sorted(known)
        self.report(
            Diagnostic(
                "unknown-type",
                message,
                key.span,
                expected="one of " + ", ".join(names),
                received=key.text,
                hint=did_you_mean(key.text, names),
            )
        )

    def _typed(self, node: Mapping) -> Row | None:
        kind = self.read(cells.word, node.entry("type").value)  # type: ignore[union-attr]
        if kind is None:
            return None
        if kind.text in self.blocks:
            form = block_form(self.blocks[kind.text])
        elif kind.text in operations():
            form = operation_form(operations()[kind.text])
        else:
            known = {*operations(), *self.blocks}
            self._unknown_type(kind, known, f"`{kind.text}` is neither an operation nor a block")
            return None
        found = form.check(node, kind.text, self.report)
        if found is None:
            return None
        return TypeRow(
            **_common(found, node),
            type=kind,
            values={key: value for key, value in found.items() if key not in TYPED},
            keys={e.key.text: e.key.span for e in node.entries},
        )

    def _group(self, node: Mapping) -> Row | None:
        form = GROUP.check(node, "a group", self.report)
        if form is None:
            return None
        return GroupRow(**_common(form, node), rows=self.rows(form["rows"]))

    def _residual(self, node: Mapping) -> Row | None:
        form = RESIDUAL.check(node, "a residual", self.report)
        if form is None:
            return None
        shortcut = self.rows(form["shortcut"]) if "shortcut" in form else None
        rows = self.rows(form["residual"])
        return ResidualRow(**_common(form, node), rows=rows, shortcut=shortcut)

    def _assert(self, node: Mapping) -> Row | None:
        form = ASSERT.check(node, "an assertion", self.report)
        if form is None:
            return None
        return AssertRow(span=head(node), test=form["assert"], message=form.get("message", ""))

    def _table(self, node: Mapping) -> Row | None:
        form = TABLE.check(node, "a table", self.report)
        body = form and TABLE_BODY.check(form["table"], "a table", self.report)
        if form is None or body is None:
            return None
        common = _common(form, node)
        common |= {"each": self.rows(body["each"]), "let": tuple(self.lets(body.get("let")))}
        columns = body["columns"]
        if isinstance(columns, Mapping):
            pairs = [(e.key, self.read(cells.cell, e.value)) for e in columns.entries]
            names = tuple(Word(key.text, key.span) for key, _ in pairs)
            lists = tuple(value for _, value in pairs if value is not None)
            return TableRow(**common, columns=names, values=(), columnwise=lists)
        if not isinstance(columns, Sequence) or "rows" not in body:
            self.fail(
                "wrong-form",
                "a table has columns and rows",
                form["table"],
                expected="columns: [a, b], rows: [[1, 2], ...] or columns: {a: [...], b: [...]}",
                received=what(columns),
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
    }


def camel(name: str) -> str:
    """`mobilenet_v1` as `MobilenetV1`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def label_rows(rows: list[Row]) -> tuple[Row, ...]:
    """The rows, unnamed operations and blocks labelled `type`, `type_2` by written position.

    Unnamed groups, tables and residuals add no level, so the rows in them count on.
    """
    return _label(rows, {})


def _label(rows: list[Row] | tuple[Row, ...], seen: dict[str, int]) -> tuple[Row, ...]:
    return tuple(_labelled(row, seen) for row in rows)


def _labelled(row: Row, seen: dict[str, int]) -> Row:
    if isinstance(row, TypeRow) and not row.named:
        return replace(row, label=_counted(row.type.text, seen))
    level = {} if row.named else seen
    match row:
        case GroupRow():
            return replace(row, rows=_label(row.rows, level))
        case TableRow():
            return replace(row, each=_label(row.each, level))
        case ResidualRow():
            return replace(row, rows=_label(row.rows, level), sum=_counted("add", level))
    return row


def _counted(name: str, seen: dict[str, int]) -> str:
    count = seen[name] = seen.get(name, 0) + 1
    return name if count == 1 else f"{name}_{count}"
