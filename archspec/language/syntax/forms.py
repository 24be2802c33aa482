"""The form of each mapping in a spec: which keys it takes, which it needs. Checked by Pydantic, the edge of the house.

A form checks one mapping and leaves lists of rows to `reading`, so that every mistake of a file is
found in one go. Forms are given to Pydantic's core as data; its model classes would cost each
command 80 ms. Forms of operations are made from their declarations when a type is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from archspec.graph.ops.base import COMPANIONS, Operation
from archspec.language.syntax import cells
from archspec.language.syntax.cells import Reader, problem, what
from archspec.records import dataclass
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

Report = Callable[[Diagnostic], None]


WRITTEN = {
    "a list": "write [a, b], or each item on a line of its own behind `- `",
    "a mapping": "write {key: value}, or each key on a line of its own",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a form: what reads its value, what it means, and what kind of value it holds where the reader is not
    all that is to be said - the JSON Schema looks it up by this word."""

    read: Reader
    doc: str
    holds: str = ""


Keys = AnyMapping[str, Key]


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

    def __init__(self, keys: Keys, required: Iterable[str] = ()) -> None:
        self.keys, self.required = keys, tuple(required)
        fields = {
            name: {
                "type": "typed-dict-field",
                "required": name in self.required,
                "schema": {
                    "type": "function-plain",
                    "function": {"type": "no-info", "function": key.read},
                },
            }
            for name, key in keys.items()
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
DOC = Key(cells.text, "A note for people.")
ROW: Keys = {
    "name": Key(
        cells.label_pattern,
        "Its label, by which weights, references and edits find it; `{expression}` is allowed in it.",
    ),
    "from": Key(
        cells.references,
        "Where its input comes from: a label or a path above, or a list of them; unless said, the row above.",
    ),
    "when": Key(
        cells.formula,
        "A condition, true or false. A row that is dropped passes its input on.",
        "condition",
    ),
    "repeat": Key(
        cells.formula, "How many times it stands one after another; 0 passes its input on.", "turns"
    ),
    "as": Key(cells.identifier, "The name of the counter of `repeat`; unless said, `i`."),
    "shares": Key(
        cells.reference, "A row above, built alike, whose weights it uses; they are counted once."
    ),
    "doc": DOC,
}
TYPED: Keys = {"type": Key(cells.word, "An operation, or a block of the file.", "type"), **ROW}
LET = Key(
    a_mapping,
    "Names derived from those above, and functions of one line: `ch(c): int(c * width)`.",
    "lets",
)
ROWS = Key(a_list, "The rows, one after another.", "rows")
GROUP = Form(
    {"rows": replace(ROWS, doc="A group: rows under one name, `when` and `repeat`."), **ROW},
    ["rows"],
)
TABLE = Form(
    {"table": Key(a_mapping, "Rows that stand once for each row of a table.", "table"), **ROW},
    ["table"],
)
PARALLEL = Form(
    {
        "parallel": Key(
            a_mapping,
            "Branches by name, each a list of rows; all of them take what entered the row.",
            "branches",
        ),
        "merge": Key(
            cells.operation,
            "The operation that joins what the branches give: a word, or a row; unless said the row gives all values.",
            "merge",
        ),
        **ROW,
    },
    ["parallel"],
)
RESIDUAL = Form(
    {
        "residual": Key(a_list, "Rows whose result is added to what entered them.", "rows"),
        "shortcut": Key(a_list, "Rows that what entered goes through before it is added.", "rows"),
        **ROW,
    },
    ["residual"],
)
ASSERT = Form(
    {
        "assert": Key(cells.formula, "A condition that must hold.", "condition"),
        "message": Key(cells.text, "What is said where it does not."),
        "doc": DOC,
    },
    ["assert"],
)
ROWS_OF_A_FORM = {
    "rows": GROUP,
    "table": TABLE,
    "parallel": PARALLEL,
    "residual": RESIDUAL,
    "assert": ASSERT,
}
TABLE_BODY = Form(
    {
        "columns": Key(
            any_node,
            "The names of the columns, their values in `rows`; or a mapping of each column to its list.",
            "columns",
        ),
        "rows": Key(
            any_node, "A list of values for each row, or a variable that holds them.", "table_rows"
        ),
        "let": replace(
            LET,
            doc="Columns derived from others: `before(c)` sums a column above the row, `total(c)` all of it.",
        ),
        "each": Key(a_list, "The rows that a row of the table makes; `row` counts from 0.", "rows"),
    },
    ["columns", "each"],
)
OUTPUTS = Key(
    cells.outputs,
    "The values that it gives: labels, or names with labels; unless said, the last row's.",
    "outputs",
)
BLOCK = Form(
    {
        "inputs": Key(
            cells.identifiers, "The values that it takes, by name; unless said, one.", "names"
        ),
        "params": Key(
            a_mapping, "Its parameters with their defaults; one without is required.", "parameters"
        ),
        "let": LET,
        "rows": ROWS,
        "outputs": OUTPUTS,
        "doc": DOC,
    },
    ["rows"],
)


@cache
def operation_form(operation: Operation) -> Form:
    """The row of an operation; what it needs may stand in `defaults`, and is asked for later.

    The keys of every row keep their meaning, whatever attributes a plug-in declares.
    """
    return Form({**TYPED, **_attributes(operation), **TYPED})


@cache
def defaults_form(operation: Operation) -> Form:
    """What `defaults` may say of an operation: its attributes, no key of a row."""
    return Form(_attributes(operation))


def _attributes(operation: Operation) -> Keys:
    found = {name: Key(cells.cell, one.doc) for name, one in operation.attributes.items()}
    extra = COMPANIONS if operation.companions else {}
    return found | {name: Key(cells.cell, doc) for name, doc in extra.items()}


@cache
def block_form(parameters: tuple[str, ...]) -> Form:
    """The row of a block: its parameters are its keys."""
    return Form(
        {**TYPED, **dict.fromkeys(parameters, Key(cells.cell, "A parameter of the block."))}
    )


def head(node: YamlNode) -> Span:
    """Where a mapping begins: its first key, so that a caret does not underline pages."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.span
    return node.span
