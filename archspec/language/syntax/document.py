"""The document: what a spec file says, checked for form, every value still an expression with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from archspec.graph.expr import Expr, Value
from archspec.records import dataclass
from archspec.source import Span, YamlNode

ROW_FORMS = ("type", "rows", "table", "parallel", "residual", "assert")
RESERVED = ("name", "from", "when", "repeat", "as", "shares", "doc")


@dataclass(frozen=True, slots=True)
class Word:
    """A literal piece of text: a type, a reference, a name."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression and where it stands; `text` as written."""

    expr: Expr
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Listed:
    """A YAML list of cells: a pair, a padding."""

    items: tuple[Cell, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Record:
    """A row given as a value: `norm: {type: batch_norm, epsilon: 1e-3}`; `keys` are the places of its keys."""

    type: Word
    values: Mapping[str, Cell]
    span: Span
    keys: Mapping[str, Span]


Cell = Formula | Listed | Record


@dataclass(frozen=True, slots=True)
class LabelPattern:
    """A name or a reference: text with `{expression}` pieces."""

    parts: tuple[str | Formula, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Row:
    """What any row may say. `label` is its name, or the one it gets from its type and written position."""

    span: Span
    label: LabelPattern | str | None = None
    named: bool = False
    source: tuple[LabelPattern, ...] | None = None
    when: Formula | None = None
    repeat: Formula | None = None
    counter: Word | None = None
    shares: LabelPattern | None = None

    @property
    def place(self) -> Span:
        """Where its name stands, or the row where it has none."""
        return self.label.span if isinstance(self.label, LabelPattern) else self.span


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow(Row):
    """An operation or a block, with its values and the places of their keys."""

    type: Word
    values: Mapping[str, Cell]
    keys: Mapping[str, Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow(Row):
    """Rows under one name, one `when`, one `repeat`."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow(Row):
    """A paper's table: columns, rows of values, and the rows of the network that each of them makes."""

    columns: tuple[Word, ...]
    values: tuple[tuple[Formula, ...], ...] | Formula
    columnwise: tuple[Cell, ...] | None
    let: tuple[Let, ...]
    each: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualRow(Row):
    """Rows whose result is added to what entered them, or to what `shortcut` makes of it.

    `sum` is the label of the addition in its level of names.
    """

    rows: tuple[Row, ...]
    shortcut: tuple[Row, ...] | None
    sum: str = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelRow(Row):
    """Branches that all take what entered the row, by name; `merge` is the operation that joins what they give.

    `join` is the label of that operation in its level of names. Without `merge` the row gives all of the values.
    """

    branches: Mapping[str, tuple[Row, ...]]
    places: Mapping[str, Span]
    merge: Record | None
    join: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertRow(Row):
    """A condition that must hold."""

    test: Formula
    message: str


@dataclass(frozen=True, slots=True)
class Let:
    """A derived name, or a one-line function if it has parameters."""

    name: Word
    parameters: tuple[str, ...] | None
    body: Formula


@dataclass(frozen=True, slots=True)
class VariableDeclaration:
    """A variable of the file: its value, and what it may be. `choices` are the places of `one_of`."""

    name: Word
    value: Value
    span: Span
    one_of: tuple[Value, ...] = ()
    choices: tuple[Span, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Figures that somebody printed, for some values of the variables; `note` says why one cannot be met."""

    span: Span
    given: Mapping[str, tuple[Value, Span]]
    figures: Mapping[str, Word]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a variant or a claim gives to a variable, and where it stands."""

    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Variant:
    """What a variant says: its names, other values of the variables, its own figures."""

    span: Span
    name: Word
    class_name: str | None
    title: str
    doc: str
    reference: str | None
    settings: Mapping[str, Setting]
    expect: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one row of the extended file: values set, rows inserted, the row removed."""

    verb: str
    label: Word
    content: YamlNode | None


@dataclass(frozen=True, slots=True)
class Extension:
    """A file that extends another: what it says of itself, and what it changes."""

    itself: Variant
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class BlockParameter:
    """A block's parameter; without a default it is required."""

    name: Word
    default: Cell | None


@dataclass(frozen=True, slots=True)
class Output:
    """A value that a block or the network gives: its name, the reference to it, and when it is given."""

    name: str
    source: LabelPattern
    span: Span
    when: Formula | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Rows with parameters, used by their name as a type.

    `inputs` names the values that it takes, `outputs` those that it gives; unless said, one of each.

    A sealed one comes from a block file: it sees its parameters, none of the file's variables and defaults.
    """

    name: Word
    parameters: Mapping[str, BlockParameter]
    let: tuple[Let, ...]
    rows: tuple[Row, ...]
    doc: str = ""
    sealed: bool = False
    inputs: tuple[Word, ...] = ()
    outputs: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True)
class InputDeclaration:
    """A value that enters the network: its sizes, and its name where the file gives one."""

    name: Word | None
    sizes: tuple[Formula, ...]
    span: Span

    @property
    def place(self) -> Span:
        """Where it is declared."""
        return self.name.span if self.name else self.span


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file. `family` is the name of the file at the bottom of `extends`; `removed` are rows edited away.

    Of a variant, `siblings` are the file's variants and `own` the file's values of its variables.
    """

    span: Span
    name: Word
    class_name: str
    title: str
    doc: str
    reference: str | None
    variables: Mapping[str, VariableDeclaration]
    let: tuple[Let, ...]
    defaults: Mapping[str, Mapping[str, tuple[Span, Cell]]]
    blocks: Mapping[str, Block]
    inputs: tuple[InputDeclaration, ...]
    rows: tuple[Row, ...]
    expect: tuple[Claim, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    family: str = ""
    removed: Mapping[str, Span] = field(default_factory=dict)
    siblings: Mapping[str, Variant] = field(default_factory=dict)
    own: Mapping[str, Value] = field(default_factory=dict)
