"""Blocks: rows with parameters, used by their name as a type."""

from collections.abc import Iterator
from collections.abc import Mapping as Keyed
from typing import Annotated

from pydantic import Field

from archspec.graph.ops import operations
from archspec.language.syntax import cells
from archspec.language.syntax.lets import LETS, Lets
from archspec.language.syntax.model import (
    Declared,
    Info,
    Internal,
    Key,
    Model,
    Part,
    Reading,
    a_mapping,
)
from archspec.language.syntax.rows import CONTENT, Doc, Row, TypeRow, nested_rows
from archspec.language.syntax.terms import BlockParameter, Output, Word
from archspec.source import Mapping, Scalar, YamlNode
from archspec.source.mistakes import name_taken, wrong_form

Outputs = Annotated[
    tuple[Output, ...],
    Key(
        cells.outputs,
        "The values that it gives: labels, or names with labels; unless said, the last row's.",
        "outputs",
    ),
]


def _parameters(node: YamlNode, info: Info) -> Keyed[str, BlockParameter]:
    reading: Reading = info.context
    parameters: dict[str, BlockParameter] = {}
    for entry in a_mapping(node).entries:
        name = reading.read(cells.identifier, entry.key)
        if name is None:
            continue
        missing = isinstance(entry.value, Scalar) and entry.value.value is None
        default = None if missing else reading.read(cells.cell, entry.value)
        if name.text in TypeRow.form():
            reading.report(name_taken(name, f"`{name.text}` is a key of every row"))
        elif name.text in CONTENT:
            reading.report(name_taken(name, f"`{name.text}` is the key of rows without a type"))
        parameters[name.text] = BlockParameter(name, default)
    return parameters


class Block(Model):
    """Rows with parameters, used by their name as a type.

    `inputs` names the values that it takes, `outputs` those that it gives; unless said, one of each.

    A sealed one comes from a block file: it sees its parameters, none of the file's variables and defaults.
    """

    inputs: Annotated[
        tuple[Word, ...],
        Key(cells.identifiers, "The values that it takes, by name; unless said, one.", "names"),
    ] = ()
    parameters: Annotated[
        Keyed[str, BlockParameter],
        Part(
            _parameters,
            "Its parameters with their defaults; one without is required.",
            "parameters",
        ),
    ] = Field({}, alias="params")
    let: Annotated[Lets, LETS] = ()
    rows: Annotated[tuple[Row, ...], Part(nested_rows, "The rows, one after another.", "rows")]
    outputs: Outputs = ()
    doc: Doc = ""
    name: Annotated[Word, Internal()] = Field(alias="<name>")
    sealed: Annotated[bool, Internal()] = Field(alias="<sealed>")


def read_blocks(node: YamlNode, info: Info) -> tuple[Block, ...]:
    """The blocks of a mapping, without those that are wrong."""
    return tuple(_blocks(a_mapping(node), info.context))


def _blocks(node: Mapping, reading: Reading) -> Iterator[Block]:
    for entry in node.entries:
        name = reading.read(cells.identifier, entry.key)
        if name and name.text in operations():
            reading.report(name_taken(name, f"`{name.text}` is an operation already"))
        if not isinstance(entry.value, Mapping):
            expected = "params, let, rows"
            reading.report(wrong_form(entry.value, "a block is a mapping", expected))
            continue
        internal = {"<name>": name, "<sealed>": reading.sealed}
        block = Block.read(entry.value, reading, f"the block {entry.key.text}", internal=internal)
        if block is not None and name is not None:
            yield block


def declare(node: YamlNode | None, reading: Reading) -> None:
    """Let the reading know the types that a mapping of blocks adds, before any row is read."""
    for entry in node.entries if isinstance(node, Mapping) else ():
        params = entry.value.get("params") if isinstance(entry.value, Mapping) else None
        names = params.entries if isinstance(params, Mapping) else ()
        places = {e.key.text: e.key.span for e in names}
        reading.blocks[entry.key.text] = Declared(entry.key.span, places)
