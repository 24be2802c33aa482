"""The form of each mapping in a spec: which keys it takes, which it needs. Checked by Pydantic, the edge of the house.

A form checks one mapping and leaves lists of rows to `reading`, so that every mistake of a file is
found in one go. Forms are given to Pydantic's core as data; its model classes would cost each
command 80 ms. Forms of operations are made from their declarations when a type is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from archspec.graph.ops.base import Operation
from archspec.language import cells
from archspec.language.cells import Reader, problem, what
from archspec.source import (
    Diagnostic,
    Mapping,
    Related,
    Scalar,
    Sequence,
    Span,
    YamlNode,
    asked,
    guesses,
    one_of,
)

Readers = AnyMapping[str, Reader]
Report = Callable[[Diagnostic], None]


WRITTEN = {
    "a list": "write [a, b], or each item on a line of its own behind `- `",
    "a mapping": "write {key: value}, or each key on a line of its own",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A block of the file: where its name stands, and its parameters."""

    place: Span
    parameters: AnyMapping[str, Span]

    def notes(self, near: Iterable[str]) -> tuple[Related, ...]:
        """Where the parameters that might be meant are declared, or the block."""
        places = ((name, self.parameters[name]) for name in near if name in self.parameters)
        found = tuple(Related(place, f"`{name}` is declared here") for name, place in places)
        return found or (Related(self.place, "the block is declared here"),)


class Form:
    """A mapping whose keys are all known: what reads each of them, and which of them it cannot lack."""

    def __init__(self, readers: Readers, required: Iterable[str] = ()) -> None:
        self.keys, needed = tuple(readers), frozenset(required)
        fields = {
            key: {
                "type": "typed-dict-field",
                "required": key in needed,
                "schema": {
                    "type": "function-plain",
                    "function": {"type": "no-info", "function": reader},
                },
            }
            for key, reader in readers.items()
        }
        schema: Any = {"type": "typed-dict", "fields": fields, "extra_behavior": "forbid"}
        self.validator = SchemaValidator(schema)

    def check(
        self, node: Mapping, subject: str, report: Report, declared: Declared | None = None
    ) -> dict[str, Any] | None:
        """The values by their keys, or None after reporting every mistake in the mapping.

        `declared` is the block whose parameters are keys.
        """
        data = {entry.key.text: entry.value for entry in node.entries}
        try:
            found: dict[str, Any] = self.validator.validate_python(data)
            return found
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                report(self._diagnostic(node, subject, detail, declared))
            return None

    def _diagnostic(
        self, node: Mapping, subject: str, detail: Any, declared: Declared | None
    ) -> Diagnostic:
        key = str(detail["loc"][0])
        if detail["type"] == "extra_forbidden":
            entry, near = node.entry(key), guesses(key, self.keys)
            return Diagnostic(
                "unknown-key",
                f"`{key}` is not a key of {subject}",
                entry.key.span if entry else node.span,
                expected=one_of(self.keys),
                received=key,
                hint=asked(near),
                related=declared.notes(near) if declared else (),
            )
        if detail["type"] == "missing":
            return Diagnostic(
                "missing-key",
                f"{subject} needs the key `{key}`",
                head(node),
                expected=f"{key}: ...",
                received="no such key",
            )
        context = detail["ctx"]
        return Diagnostic(
            detail["type"],
            context["text"],
            context["span"],
            expected=context["expected"],
            received=context["received"],
            hint=context["hint"],
        )


def _is(kind: type, expected: str) -> Reader:
    def check(node: YamlNode) -> YamlNode:
        if isinstance(node, kind):
            return node
        code = "null-value" if isinstance(node, Scalar) and node.value is None else "wrong-form"
        raise problem(
            code,
            f"{expected} was expected here",
            node.span,
            expected=expected,
            received=what(node),
            hint=WRITTEN.get(expected),
        )

    return check


def any_node(node: YamlNode) -> YamlNode:
    """A value that its user looks at."""
    return node


a_list, a_mapping = _is(Sequence, "a list"), _is(Mapping, "a mapping")
ROW: Readers = {
    "name": cells.template,
    "from": cells.references,
    "when": cells.formula,
    "repeat": cells.formula,
    "as": cells.identifier,
    "doc": cells.text,
}
TYPED: Readers = {"type": cells.word, **ROW}
GROUP = Form({"rows": a_list, **ROW}, ["rows"])
TABLE = Form({"table": a_mapping, **ROW}, ["table"])
RESIDUAL = Form({"residual": a_list, "shortcut": a_list, **ROW}, ["residual"])
ASSERT = Form({"assert": cells.formula, "message": cells.text, "doc": cells.text}, ["assert"])
TABLE_BODY = Form(
    {"columns": any_node, "rows": any_node, "let": a_mapping, "each": a_list}, ["columns", "each"]
)
BLOCK = Form({"params": a_mapping, "let": a_mapping, "rows": a_list, "doc": cells.text}, ["rows"])
VARIABLE = Form(
    {
        "value": any_node,
        "one_of": a_list,
        "min": cells.formula,
        "max": cells.formula,
        "doc": cells.text,
    },
    ["value"],
)
EDIT = {
    "at": Form({"at": cells.word, "set": a_mapping}, ["at", "set"]),
    "before": Form({"before": cells.word, "insert": a_list}, ["before", "insert"]),
    "after": Form({"after": cells.word, "insert": a_list}, ["after", "insert"]),
    "remove": Form({"remove": cells.word}, ["remove"]),
}
FIGURES = ("params", "total", "non_trainable", "macs")
CLAIM = Form(
    {"with": a_mapping, **dict.fromkeys(FIGURES, cells.figure), "note": cells.text},
)
HEAD: Readers = {
    "class_name": cells.identifier,
    "title": cells.text,
    "doc": cells.text,
    "reference": cells.text,
}
DOCUMENT = Form(
    {
        "archspec": cells.word,
        "name": cells.identifier,
        **HEAD,
        "use": cells.references,
        "vars": a_mapping,
        "let": a_mapping,
        "defaults": a_mapping,
        "blocks": a_mapping,
        "input": a_list,
        "rows": a_list,
        "variants": a_mapping,
        "expect": a_list,
    },
    ["archspec", "name", "input", "rows"],
)
VARIANT = Form({**HEAD, "vars": a_mapping, "expect": a_list})
EXTENSION = Form(
    {
        "archspec": cells.word,
        "extends": cells.word,
        "name": cells.identifier,
        **HEAD,
        "use": cells.references,
        "vars": a_mapping,
        "edit": a_list,
        "expect": a_list,
    },
    ["archspec", "extends", "name"],
)
BLOCK_FILE = Form(
    {"archspec": cells.word, "title": cells.text, "doc": cells.text, "blocks": a_mapping},
    ["archspec", "blocks"],
)


@cache
def operation_form(operation: Operation) -> Form:
    """The row of an operation; what it needs may stand in `defaults`, and is asked for later."""
    return Form({**TYPED, **_attributes(operation)})


@cache
def defaults_form(operation: Operation) -> Form:
    """What `defaults` may say of an operation: its attributes, no key of a row."""
    return Form(_attributes(operation))


def _attributes(operation: Operation) -> Readers:
    extra = ("norm", "activation") if operation.companions else ()
    return dict.fromkeys((*operation.attributes, *extra), cells.cell)


@cache
def block_form(parameters: tuple[str, ...]) -> Form:
    """The row of a block: its parameters are its keys."""
    return Form({**TYPED, **dict.fromkeys(parameters, cells.cell)})


def head(node: YamlNode) -> Span:
    """Where a mapping begins: its first key, so that a caret does not underline pages."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.span
    return node.span
