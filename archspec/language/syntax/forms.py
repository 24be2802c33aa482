"""The model that reads a row: that of its form, or for a row with a type that of its operation or block.

The model of an operation's row is made from the operation's declaration when its type is first used.
"""

from collections.abc import Collection
from collections.abc import Mapping as Keyed
from functools import cache
from typing import Annotated, Any

from pydantic import Field, create_model

from archspec.graph.ops import known, operation
from archspec.graph.ops.base import COMPANIONS, Operation
from archspec.language.syntax import cells
from archspec.language.syntax.branches import ParallelRow, ResidualRow, unknown_type
from archspec.language.syntax.model import Declared, Key, Keys, Reading
from archspec.language.syntax.rows import (
    CONTENT,
    AssertRow,
    GroupRow,
    OperationRow,
    Row,
    TypeRow,
    ValuesRow,
)
from archspec.language.syntax.tables import TableRow
from archspec.language.syntax.terms import Cell
from archspec.source import Mapping, Scalar, YamlNode, asked, guesses
from archspec.source.kinds import at
from archspec.source.mistakes import wrong_form

RESERVED = ("name", "from", "when", "repeat", "as", "shares", "doc")
_FORMS = (GroupRow, TableRow, ParallelRow, ResidualRow, AssertRow)
ROWS_OF_A_FORM: Keyed[str, type[Row]] = dict(zip(CONTENT, _FORMS, strict=True))
ROW_FORMS = ("type", *ROWS_OF_A_FORM)


def attributes(operation: Operation) -> Keys:
    """What a row or `defaults` may say of an operation.

    The keys of every row keep their meaning, whatever attributes a plug-in declares.
    """
    extra = COMPANIONS if operation.companions else {}
    docs = {name: one.doc for name, one in operation.attributes.items()} | dict(extra)
    return {name: Key(cells.cell, doc) for name, doc in docs.items()}


@cache
def operation_row(operation: Operation) -> type[OperationRow]:
    """The model of an operation's row; required keys may stand in `defaults`, so elaboration checks them."""
    keys = {k: key for k, key in attributes(operation).items() if k not in TypeRow.form()}
    names = {key: _field(key, number) for number, key in enumerate(keys)}
    fields: dict[str, Any] = {
        names[key]: (Annotated[Cell | None, one], Field(None, alias=key))
        for key, one in keys.items()
    }
    model = create_model(camel(operation.name), __base__=OperationRow, **fields)
    model.attributes = names
    return model


def _field(key: str, number: int) -> str:
    """The field of an attribute: its own name, unless a row has a meaning for it."""
    free = key.isidentifier() and not key.startswith("_") and not hasattr(OperationRow, key)
    return key if free and key not in OperationRow.model_fields else f"attribute_{number}"


def read_row(node: YamlNode, reading: Reading) -> Row | None:
    """A row of a list, or None after reporting every mistake in it."""
    if not isinstance(node, Mapping):
        reading.report(wrong_form(node, "a row is a mapping", "{type: ..., ...}"))
        return None
    forms = [key for key in ROW_FORMS if node.entry(key)]
    if len(forms) != 1:
        _no_form(node, forms, reading)
        return None
    if forms == ["type"]:
        return _typed(node, reading)
    outer = reading.level
    reading.level = {} if node.entry("name") else outer
    parallel = node.get("parallel")
    branches = parallel.entries if isinstance(parallel, Mapping) else ()
    internal: dict[str, Any] = {"<span>": at(node), "<sum>": None, "<join>": None}
    internal["<places>"] = {entry.key.text: entry.key.span for entry in branches}
    row = ROWS_OF_A_FORM[forms[0]].read(node, reading, internal=internal)
    reading.level = outer
    return row


def _no_form(node: Mapping, forms: list[str], reading: Reading) -> None:
    meant = None if forms else misspelt(node, ROW_FORMS)
    place, hint = meant or (node, "make two rows of it" if forms else None)
    several = f"a row is one of these, not both: {', '.join(forms)}"
    expected = "exactly one of " + ", ".join(ROW_FORMS)
    received = ", ".join(forms) or ", ".join(e.key.text for e in node.entries) or "nothing"
    message = several if forms else "a row needs a type"
    reading.report(wrong_form(place, message, expected, received, hint))


def _typed(node: Mapping, reading: Reading) -> TypeRow | None:
    kind = reading.read(cells.word, node.get("type") or node)
    if kind is None:
        return None
    places = {entry.key.text: entry.key.span for entry in node.entries}
    internal: dict[str, Any] = {"<span>": at(node), "<keys>": places}
    if "name" not in places:
        internal["name"] = reading.counted(kind.text)
    declared = reading.blocks.get(kind.text)
    op = operation(kind.text) if declared is None else None
    if declared is None and op is None and reading.partial:
        declared = Declared(kind.span, places)
    if declared is not None:
        keys = dict.fromkeys((*TypeRow.form(), *declared.parameters))
        stated = (entry for entry in node.entries if entry.key.text not in TypeRow.form())
        internal["<values>"] = {entry.key.text: entry.value for entry in stated}
        return ValuesRow.read(node, reading, kind.text, keys, declared, internal=internal)
    if op is not None:
        return operation_row(op).read(node, reading, kind.text, internal=internal)
    message = f"`{kind.text}` is neither an operation nor a block"
    types = {*known(), *reading.blocks}
    reading.report(unknown_type(kind, types, message, reading.blocks))
    return None


def misspelt(node: YamlNode, keys: Collection[str]) -> tuple[Scalar, str | None] | None:
    """The first key of a mapping that is close to one of `keys`, and the hint that names it."""
    for entry in node.entries if isinstance(node, Mapping) else ():
        near = guesses(entry.key.text, keys)
        if near and entry.key.text not in RESERVED:
            return entry.key, asked(near)
    return None


def camel(name: str) -> str:
    """`mobilenet_v1` as `MobilenetV1`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
