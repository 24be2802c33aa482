"""Rows that use the weights of other rows: the two are the same row, on other values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archspec.graph.evaluate import written
from archspec.graph.graph import Absent, Child, Node, Scope, walk
from archspec.graph.ops.base import times
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.references import References
from archspec.language.elaborate.rows.scopes import RowScope
from archspec.language.syntax.document import Row
from archspec.records import dataclass
from archspec.source import Related
from archspec.source.mistakes import cannot_share


class Unlike(Exception):
    """Two rows that cannot have weights in common; `expected` is what the other has, `received` what this one has."""

    def __init__(self, message: str, expected: str, received: str, *nodes: Child) -> None:
        super().__init__(message)
        self.message, self.expected, self.received, self.nodes = message, expected, received, nodes


@dataclass
class Sharing:
    """The part of elaboration that pairs rows with those whose weights they use."""

    context: Context
    references: References

    def shared(self, row: Row, child: Child, scope: RowScope, names: Bindings) -> Child | None:
        """The child of a row with the weights of the row that `shares` names; None after reporting why not."""
        assert row.shares is not None
        value = self.references.named(row.shares, scope, names, use=False)
        if value is None or value.type is None:
            return None
        other = self.context.child_of.get(value.ref)
        try:
            if other is None or isinstance(other, Absent):
                raise Unlike("there is no row here whose weights could be used", "a row", "none")
            if not any(node.weights for node in _nodes(child)):
                raise Unlike("this row has no weights", "a row with weights", "none")
            return paired(child, other)
        except Unlike as unlike:
            text = row.shares.span.text
            related = () if other is None else (Related(other.span, f"`{text}` is this row"),)
            shown = {row.span, child.span, *([] if other is None else [other.span])}
            spans = dict.fromkeys(n.span for n in unlike.nodes if n.span not in shown)
            inner = tuple(Related(span, "this is where they differ") for span in spans)
            hint = "a row shares the weights of one that is written alike: same type, same values, other inputs"
            wanted, notes = unlike.expected, (*related, *inner)
            self.context.report(
                cannot_share(row.shares, unlike.message, wanted, unlike.received, hint, notes)
            )
            return None


def paired(mine: Child, other: Child) -> Child:
    """A row with the weights of another; each turn of a repeat has those of a row that is not one; raises Unlike."""
    if isinstance(mine, Absent) and isinstance(other, Absent):
        return mine
    if isinstance(mine, Node) and isinstance(other, Node):
        _alike(mine, other)
        return replace(mine, shares=other.shares or other.path)
    if isinstance(mine, Scope) and mine.kind == "loop" and not _is_loop(other):
        return replace(mine, children=tuple(_turn(turn, other) for turn in mine.children))
    if isinstance(mine, Scope) and isinstance(other, Scope) and mine.kind == other.kind:
        children = _children(mine.children, other)
        return replace(mine, children=children, shares=other.shares or other.id)
    raise Unlike("the two rows are not built alike", _told(other), _told(mine), mine, other)


def _turn(turn: Child, other: Child) -> Child:
    """A turn of a repeat with the weights of a row that stands once."""
    assert isinstance(turn, Scope)
    if isinstance(other, Scope) and other.kind == "group":
        return replace(turn, children=_children(turn.children, other))
    (only,) = turn.children
    return replace(turn, children=(paired(only, other),))


def _children(mine: Sequence[Child], other: Scope) -> tuple[Child, ...]:
    if len(mine) != len(other.children):
        expected, received = f"{len(other.children)} rows", f"{len(mine)} rows"
        raise Unlike("the two rows are not built alike", expected, received)
    return tuple(paired(a, b) for a, b in zip(mine, other.children, strict=True))


def _is_loop(child: Child) -> bool:
    return isinstance(child, Scope) and child.kind == "loop"


def _alike(mine: Node, other: Node) -> None:
    if mine.op.name != other.op.name:
        message = f"{mine.path} is not of the type of {other.path}"
        raise Unlike(message, other.op.name, mine.op.name, mine, other)
    for key, quantity in mine.attrs.items():
        here, there = quantity.value, other.attrs[key].value
        if here != there or type(here) is not type(there):
            message = f"{key} of {mine.path} is not that of {other.path}"
            raise Unlike(message, f"{key}: {_value(there)}", f"{key}: {_value(here)}", mine, other)
    for own, theirs in zip(mine.weights, other.weights, strict=True):
        if own.shape != theirs.shape:
            message = f"the {own.role} of {mine.path} has another shape than that of {other.path}"
            expected = f"{times(theirs.shape)}, on {other.input_types[0]}"
            received = f"{times(own.shape)}, on {mine.input_types[0]}"
            raise Unlike(message, expected, received, mine, other)


def _value(value: object) -> str:
    return written(value) if isinstance(value, int | float | str | tuple) else str(value)


def _told(child: Child) -> str:
    """A row in a word."""
    match child:
        case Node():
            return child.op.name
        case Absent():
            return "a row that is dropped"
        case Scope(kind="row"):
            return f"{_told(child.children[0])} with its norm or activation"
        case Scope(kind="loop"):
            return f"{len(child.children)} turns"
    return child.definition


def _nodes(child: Child) -> list[Node]:
    if isinstance(child, Scope):
        return list(walk(child))
    return [child] if isinstance(child, Node) else []
