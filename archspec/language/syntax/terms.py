"""What the keys of a spec hold: words, expressions, names, variables, figures; each with its place."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Expr, Value
from archspec.records import dataclass
from archspec.source import Span


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
class Setting:
    """A value that a variant or a claim gives to a variable, and where it stands."""

    value: Value
    span: Span


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
class InputDeclaration:
    """A value that enters the network: its sizes, and its name where the file gives one."""

    name: Word | None
    sizes: tuple[Formula, ...]
    span: Span

    @property
    def place(self) -> Span:
        """Where it is declared."""
        return self.name.span if self.name else self.span


def join(prefix: str, label: str | None) -> str:
    """A path below a path."""
    return f"{prefix}.{label}" if prefix and label else prefix or label or ""
