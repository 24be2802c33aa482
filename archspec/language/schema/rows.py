"""Rows as JSON Schema: an `if` and `then` for each operation, so that each message names the row's operation."""

from __future__ import annotations

from archspec.graph.ops import known
from archspec.graph.ops.base import Operation
from archspec.language.schema import snippets
from archspec.language.schema.attributes import keys_of, summary
from archspec.language.schema.parts import (
    SCALARS,
    Json,
    also,
    either,
    first_key,
    has,
    hover,
    is_type,
    listing,
    mapping,
    needed,
    ref,
    words,
)
from archspec.language.schema.values import IDENTIFIER, properties
from archspec.language.syntax.forms import ROW_FORMS, ROWS_OF_A_FORM
from archspec.language.syntax.rows import Row, TypeRow

ONE_OF = f"a row is exactly one of {', '.join(ROW_FORMS)}"


def definitions() -> dict[str, Json]:
    """Every definition about rows."""
    return {
        "rows": listing(ref("row"), "a list of rows"),
        "row": _row(),
        "typed_row": _typed(),
        "block_row": _of_a_block(),
        **{f"{name}_row": _keyed(name) for name in ROWS_OF_A_FORM},
        **{f"{name}_operation": _of(operation) for name, operation in known().items()},
        **{f"{name}_of_a_row": schema for name, schema in properties(Row.form()).items()},
        "type": _type(),
        "operation": words(operation_docs(), "an operation"),
        "known_operation": _known(),
        "cell": _cell(),
    }


def operation_docs() -> dict[str, str]:
    """The words of `type`, each with what the operation computes."""
    return {name: summary(operation) for name, operation in sorted(known().items())}


def shared() -> Json:
    """The keys of every row."""
    return {name: ref(f"{name}_of_a_row") for name in Row.form()}


def _row() -> Json:
    forms = {name: ref(f"{name}_row") for name in ROWS_OF_A_FORM}
    chosen = first_key({"type": ref("typed_row"), **forms}.items(), _unformed())
    return {"type": "object", "errorMessage": "a row was expected here: {type: ..., ...}", **chosen}


def _unformed() -> Json:
    """A row that is not yet one of its forms: it may become any."""
    own = {k: v for form in ROWS_OF_A_FORM.values() for k, v in properties(form.form()).items()}
    return {
        "properties": {"type": ref("type", hover(TypeRow.form()["type"].doc)), **own, **shared()},
        "allOf": [needed("type", ONE_OF)],
        "defaultSnippets": list(snippets.rows()),
    }


def _keyed(name: str) -> Json:
    form = ROWS_OF_A_FORM[name]
    fields = properties(form.form())
    fields |= {key: one for key, one in shared().items() if key in fields}
    named = {"if": has("repeat"), "then": needed("name", "a repeat of rows needs a name")}
    return also(mapping(fields, f"a row with `{name}`", form.required()), named)


def _typed() -> Json:
    names = sorted(known())
    rows = [{"if": is_type(name), "then": ref(f"{name}_operation")} for name in names]
    return {"allOf": [*rows, {"if": {"not": is_type(*names)}, "then": ref("block_row")}]}


def _type() -> Json:
    block = IDENTIFIER | {"errorMessage": "an operation or a block was expected here"}
    return either(ref("operation"), block)


def _known() -> Json:
    """The type of an operation's row: completion offers the other types, hover shows this one alone."""
    docs = operation_docs()
    return {"defaultSnippets": [{"label": k, "body": k, **hover(doc)} for k, doc in docs.items()]}


def _of_a_block() -> Json:
    """The row of a block, whose parameters stand elsewhere in the file or in a block file."""
    return {
        "properties": {
            "type": ref("type", hover(TypeRow.form()["type"].doc)),
            **shared(),
            **dict.fromkeys(ROWS_OF_A_FORM, False),
        },
        "additionalProperties": ref("cell"),
        "errorMessage": ONE_OF,
    }


def _of(operation: Operation) -> Json:
    name, doc = operation.name, summary(operation)
    kind = ref("known_operation", hover(f"{name}: {doc}", f"`{name}`: {doc}"))
    return mapping({"type": kind, **keys_of(operation), **shared()}, f"`{name}`")


def _cell() -> Json:
    """A value whose kind only its use decides: anything but null."""
    return {
        "type": [*SCALARS, "array", "object"],
        "items": ref("cell"),
        "required": ["type"],
        "properties": {"type": ref("word", hover("What the row given as a value is."))},
        "additionalProperties": ref("cell"),
        "errorMessage": "a value was expected here; a mapping is a row: {type: ..., ...}",
    }
