"""What any row may say, and the rows of one type: an operation, a block, a group, an assertion."""

from collections.abc import Mapping as Keyed
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.language.syntax import cells
from archspec.language.syntax.model import Info, Internal, Key, Keys, Model, Part, a_list
from archspec.language.syntax.terms import Cell, Formula, LabelPattern, Word
from archspec.source import Span, YamlNode


def rows_of(node: YamlNode, info: Info) -> tuple["Row", ...]:
    """The rows of a list in the level of names that it stands in."""
    return info.context.rows(a_list(node))


def nested_rows(node: YamlNode, info: Info) -> tuple["Row", ...]:
    """The rows of a list that is a level of names of its own."""
    return info.context.rows(a_list(node), nested=True)


CONTENT = ("rows", "table", "parallel", "residual", "assert")  # what a row holds that has no type
DOC = Key(cells.text, "A note for people.")
ROWS = Part(nested_rows, "The rows, one after another.", "rows")
Doc = Annotated[str, DOC]


class Row(Model):
    """What any row may say. `label` is its name, or the one it gets from its type and written position."""

    label: Annotated[
        LabelPattern | str | None,
        Key(
            cells.label_pattern,
            "Its label, by which weights, references and edits find it; `{expression}` is allowed in it.",
        ),
    ] = Field(None, alias="name")
    source: Annotated[
        tuple[LabelPattern, ...] | None,
        Key(
            cells.references,
            "Where its input comes from: a label or a path above, or a list of them; unless said, the row above.",
        ),
    ] = Field(None, alias="from")
    when: Annotated[
        Formula | None,
        Key(
            cells.formula,
            "A condition, true or false. A row that is dropped passes its input on.",
            "condition",
        ),
    ] = None
    repeat: Annotated[
        Formula | None,
        Key(
            cells.formula,
            "How many times it stands one after another; 0 passes its input on.",
            "turns",
        ),
    ] = None
    counter: Annotated[
        Word | None,
        Key(cells.identifier, "The name of the counter of `repeat`; unless said, `i`."),
    ] = Field(None, alias="as")
    shares: Annotated[
        LabelPattern | None,
        Key(
            cells.reference,
            "A row above, built alike, whose weights it uses; they are counted once.",
        ),
    ] = None
    doc: Doc = ""
    span: Annotated[Span, Internal()] = Field(alias="<span>")

    @classmethod
    @cache
    def form(cls) -> Keys:
        """Its own keys, then those of every row."""
        every = super().form()
        shared = every.keys() & Row.form().keys() if cls is not Row else set()
        own = {key: one for key, one in every.items() if key not in shared}
        return own | {key: one for key, one in every.items() if key in shared}

    @property
    def named(self) -> bool:
        """Whether its label is the name that it was given."""
        return isinstance(self.label, LabelPattern)

    @property
    def place(self) -> Span:
        """Where its name stands, or the row where it has none."""
        return self.label.span if isinstance(self.label, LabelPattern) else self.span


class TypeRow(Row):
    """An operation or a block, with its values and the places of their keys."""

    type: Annotated[Word, Key(cells.word, "An operation, or a block of the file.", "type")]
    keys: Annotated[Keyed[str, Span], Internal()] = Field(alias="<keys>")

    if TYPE_CHECKING:

        @property
        def values(self) -> Keyed[str, Cell]:
            """What it says beside the keys of every row."""


class OperationRow(TypeRow):
    """The row of an operation: its attributes are fields."""

    attributes: ClassVar[Keyed[str, str]] = {}  # the field of each of its keys

    @classmethod
    @cache
    def form(cls) -> Keys:
        """The keys of every typed row, then the attributes."""
        every = super(Row, cls).form()
        return {**TypeRow.form(), **{key: every[key] for key in cls.attributes}}

    @property
    def values(self) -> Keyed[str, Cell]:
        """The attributes that it states, in the order of the operation's declaration."""
        stated = ((key, getattr(self, name)) for key, name in self.attributes.items())
        return {key: value for key, value in stated if value is not None}


def _cells(values: Keyed[str, YamlNode], info: Info) -> Keyed[str, Cell]:
    read_cells = {key: info.context.read(cells.cell, node) for key, node in values.items()}
    return {key: cell for key, cell in read_cells.items() if cell is not None}


class ValuesRow(TypeRow):
    """The row of a block, or any row whose keys its type alone knows: its values by their keys."""

    values: Annotated[Keyed[str, Cell], Part(_cells, "", "")] = Field(alias="<values>")


class GroupRow(Row):
    """Rows under one name, one `when`, one `repeat`."""

    subject: ClassVar[str] = "a group"
    rows: Annotated[
        tuple[Row, ...],
        Part(rows_of, "A group: rows under one name, `when` and `repeat`.", "rows"),
    ]


class AssertRow(Row):
    """A condition that must hold. It gives no value, so that it has no key of other rows but `doc`."""

    subject: ClassVar[str] = "an assertion"
    test: Annotated[Formula, Key(cells.formula, "A condition that must hold.", "condition")] = (
        Field(alias="assert")
    )
    message: Annotated[str, Key(cells.text, "What is said where it does not.")] = ""

    @classmethod
    @cache
    def form(cls) -> Keys:
        """Its own keys and `doc`."""
        every = super().form()
        return {key: every[key] for key in ("assert", "message", "doc")}
