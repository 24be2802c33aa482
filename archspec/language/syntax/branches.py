"""Rows that branch: residuals and parallels."""

from collections.abc import Iterable
from collections.abc import Mapping as Keyed
from typing import Annotated, ClassVar

from pydantic import Field

from archspec.graph.ops import known, operation
from archspec.language.syntax import cells
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
from archspec.language.syntax.rows import Row, nested_rows, rows_of
from archspec.language.syntax.terms import Formula, Record, Word
from archspec.plugins import declared as plugged
from archspec.source import (
    Diagnostic,
    Mapping,
    Scalar,
    Sequence,
    Span,
    YamlNode,
    guesses,
    mistakes,
)
from archspec.source.kinds import leading
from archspec.source.mistakes import wrong_form

LEFT_OUT = "the plug-in that brings it is left out: `archspec doctor` says why"


def unknown_type(
    key: Scalar | Word,
    types: Iterable[str],
    message: str,
    blocks: Keyed[str, Declared] | None = None,
) -> Diagnostic:
    """The mistake of a type that does not exist, where one of `types` was expected."""
    names, blocks = sorted(types), blocks or {}
    near = guesses(key.text, names)
    refused = any(plugin.name == key.text for plugin in plugged("operation"))
    places = {name: block.place for name, block in blocks.items()}
    if refused:
        notes = leading(near, places, "is declared here")
        return mistakes.unknown_type(key, message, names, near=(), hint=LEFT_OUT, notes=notes)
    return mistakes.unknown_type(key, message, names, near=near, places=places)


def _sum(node: None, info: Info) -> str:
    label: str = info.context.counted("add")
    return label


class ResidualRow(Row):
    """Rows whose result is added to what entered them, or to what `shortcut` makes of it.

    `sum` is the label of the addition in its level of names.
    """

    subject: ClassVar[str] = "a residual"
    rows: Annotated[
        tuple[Row, ...], Part(rows_of, "Rows whose result is added to what entered them.", "rows")
    ] = Field(alias="residual")
    shortcut: Annotated[
        tuple[Row, ...] | None,
        Part(nested_rows, "Rows that what entered goes through before it is added.", "rows"),
    ] = None
    sum: Annotated[str, Part(_sum, "")] = Field(alias="<sum>")


class Branch(Model):
    """The rows of one branch; where `when` does not hold it is not merged."""

    subject: ClassVar[str] = "a branch"
    rows: Annotated[tuple[Row, ...], Part(nested_rows, "The rows, one after another.", "rows")]
    when: Annotated[
        Formula | None,
        Key(
            cells.formula,
            "A condition, true or false. A branch that is dropped is not merged.",
            "condition",
        ),
    ] = None


def _branches(node: YamlNode, info: Info) -> Keyed[str, Branch]:
    reading: Reading = info.context
    branches: dict[str, Branch] = {}
    for entry in a_mapping(node).entries:
        name = reading.read(cells.identifier, entry.key)
        branch = _branch(entry.value, reading)
        if name is not None and branch is not None:
            branches[name.text] = branch
    return branches


def _branch(node: YamlNode, reading: Reading) -> Branch | None:
    """A list of rows, or a mapping that has it with a condition; None after reporting that it is neither."""
    if isinstance(node, Sequence):
        return Branch.model_construct(rows=reading.rows(node, nested=True))
    if isinstance(node, Mapping) and any(node.entry(key) for key in Branch.form()):
        return Branch.read(node, reading)
    expected = "[{type: ..., ...}, ...] or {when: ..., rows: [...]}"
    reading.report(wrong_form(node, "a branch is a list of rows", expected))
    return None


def _merge(node: YamlNode, info: Info) -> Record | None:
    """The joining operation: one that takes several values."""
    merge = cells.operation(node)
    op = operation(merge.type.text)
    if op is not None and op.inputs[1] > 1:
        return merge
    joins = [name for name, one in known().items() if one.inputs[1] > 1]
    info.context.report(
        unknown_type(merge.type, joins, f"`{merge.type.text}` does not join values")
    )
    return None


def _join(node: None, info: Info) -> str:
    merge = info.data.get("merge")
    return info.context.counted(merge.type.text) if merge else ""


class ParallelRow(Row):
    """Branches that all take what entered the row, by name; `merge` is the operation that joins what they give.

    `join` is the label of that operation in its level of names. Without `merge` the row gives all of the values.
    """

    subject: ClassVar[str] = "a parallel"
    branches: Annotated[
        Keyed[str, Branch],
        Part(
            _branches,
            "Branches by name, each a list of rows, or `{when: ..., rows: [...]}`; all of them take what entered "
            "the row.",
            "branches",
        ),
    ] = Field(alias="parallel")
    merge: Annotated[
        Record | None,
        Part(
            _merge,
            "The operation that joins what the branches give: a word, or a row; unless said the row gives all values.",
            "merge",
        ),
    ] = None
    join: Annotated[str, Part(_join, "")] = Field(alias="<join>")
    places: Annotated[Keyed[str, Span], Internal()] = Field(alias="<places>")
