"""The document that is elaborated: a file combined with the files it extends and the chosen variant."""

from __future__ import annotations

from collections.abc import Mapping as Keyed
from dataclasses import field

from archspec.graph.expr import Value
from archspec.language.syntax.blocks import Block
from archspec.language.syntax.branches import ParallelRow, ResidualRow
from archspec.language.syntax.forms import ROW_FORMS
from archspec.language.syntax.rows import AssertRow, GroupRow, Row, TypeRow, ValuesRow
from archspec.language.syntax.tables import TableRow
from archspec.language.syntax.terms import (
    BlockParameter,
    Cell,
    Formula,
    InputDeclaration,
    LabelPattern,
    Let,
    Listed,
    Output,
    Record,
    Setting,
    VariableDeclaration,
    Word,
)
from archspec.language.syntax.variants import Claim, Edit, Variant
from archspec.records import dataclass
from archspec.source import Mapping, Span

__all__ = [
    "ROW_FORMS",
    "AssertRow",
    "Block",
    "BlockParameter",
    "Cell",
    "Claim",
    "Document",
    "Edit",
    "Formula",
    "GroupRow",
    "InputDeclaration",
    "LabelPattern",
    "Let",
    "Listed",
    "Output",
    "ParallelRow",
    "Record",
    "ResidualRow",
    "Row",
    "Setting",
    "TableRow",
    "TypeRow",
    "ValuesRow",
    "VariableDeclaration",
    "Variant",
    "Word",
]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file; `nodes` are its YAML nodes after all edits. `family` is the name of the file at the bottom of
    `extends`; `removed` are the rows that edits removed.

    For a variant, `siblings` are the file's variants and `own` the file's values of its variables.
    """

    span: Span
    nodes: Mapping
    name: Word
    class_name: str
    title: str
    doc: str
    reference: str | None
    variables: Keyed[str, VariableDeclaration]
    let: tuple[Let, ...]
    defaults: Keyed[str, Keyed[str, tuple[Span, Cell]]]
    blocks: Keyed[str, Block]
    inputs: tuple[InputDeclaration, ...]
    rows: tuple[Row, ...]
    expect: tuple[Claim, ...] = ()
    variants: Keyed[str, Variant] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    family: str = ""
    removed: Keyed[str, Span] = field(default_factory=dict)
    siblings: Keyed[str, Variant] = field(default_factory=dict)
    own: Keyed[str, Value] = field(default_factory=dict)
