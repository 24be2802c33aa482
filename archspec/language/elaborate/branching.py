"""Branches: residuals and parallels. Each branch takes what entered the row; one operation joins what they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archspec.graph.graph import Child, Scope, ValueId
from archspec.graph.ops import operation
from archspec.language.elaborate.frames import Frame, entry, join
from archspec.language.elaborate.frames import Value as Flow
from archspec.language.elaborate.names import Names
from archspec.language.syntax.document import ParallelRow, Record, ResidualRow, Row, TypeRow, Word
from archspec.records import dataclass
from archspec.source import Diagnostic, Span

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborate import Elaborator


@dataclass(frozen=True, slots=True)
class Fork:
    """Where branches part: the row's label and path, what enters it, the list of its branches, the names it sees."""

    label: str | None
    path: str
    definition: str
    input: Flow
    outer: Frame
    names: Names
    span: Span


@dataclass(frozen=True, slots=True)
class Arm:
    """One branch: its rows, and its name where it adds a level."""

    name: str | None
    rows: Sequence[Row]
    span: Span


@dataclass
class Branching:
    """The part of elaboration that unfolds branches."""

    home: Elaborator

    def fork(
        self,
        row: ParallelRow | ResidualRow,
        label: str | None,
        path: str,
        input: Flow,
        frame: Frame,
        names: Names,
    ) -> Child | None:
        """The scope of all branches and of the operation that joins them."""
        outer = entry(self.home.new_id(), path, input.type, frame)
        definition = label or ("parallel" if isinstance(row, ParallelRow) else "residual")
        fork = Fork(label, path, definition, input, outer, names, row.span)
        if isinstance(row, ParallelRow):
            return self._parallel(row, fork)
        return self._residual(row, fork)

    def _residual(self, row: ResidualRow, fork: Fork) -> Child | None:
        """The sum of what the rows give and of what the shortcut gives, or of what entered."""
        arms = [Arm(None, row.rows, row.span)]
        if row.shortcut is not None:
            arms.append(Arm("shortcut", row.shortcut, row.span))
        made = self._arms(arms, fork)
        if made is None:
            return None
        children, given = made
        skipped = given[1] if row.shortcut is not None else fork.outer.input
        add = Record(Word("add", row.span), {}, row.span, {})
        return self._joined(add, row.sum, fork, children, (skipped, given[0]))

    def _parallel(self, row: ParallelRow, fork: Fork) -> Child | None:
        """What the branches give, joined by `merge`, or all of it."""
        for name, place in row.places.items():
            self.home.references.take(join(fork.path, name), place)
        arms = [Arm(name, rows, row.places[name]) for name, rows in row.branches.items()]
        made = self._arms(arms, fork)
        if made is None:
            return None
        children, given = made
        if row.merge is not None:
            fork.outer.places.update(zip((child.path for child in children), given, strict=True))
            return self._joined(row.merge, row.join, fork, children, tuple(given))
        fork.outer.prev = given[0]
        self.home.parts[fork.outer.id] = tuple(zip(row.branches, given, strict=True))
        return self._scope(fork, children)

    def _arms(self, arms: Sequence[Arm], fork: Fork) -> tuple[list[Scope], list[Flow]] | None:
        """The scopes of the branches, and what each of them gives."""
        children: list[Scope] = []
        given: list[Flow] = []
        for arm in arms:
            branch = self._arm(arm, fork)
            if branch is None:
                continue
            ref = ValueId(fork.outer.id, len(children))
            given.append(Flow(ref, branch.output))
            children.append(branch)
            self.home.sharing.made[ref] = branch
        return (children, given) if len(given) == len(arms) else None

    def _arm(self, arm: Arm, fork: Fork) -> Scope | None:
        home, outer = self.home, fork.outer
        path, definition = join(fork.path, arm.name), arm.name or "main"
        inner = entry(home.new_id(), path, fork.input.type, outer)
        rows, result = home.rows(arm.rows, inner, fork.names)
        if result.parts:
            self._nested(arm, result)
        return home.scope(
            "branch",
            inner.id,
            arm.name,
            path,
            definition,
            outer.input,
            inner,
            rows,
            fork.names,
            arm.span,
        )

    def _nested(self, arm: Arm, result: Flow) -> None:
        """Report a branch that ends in several values: tuples do not nest."""
        names = ", ".join(name for name, _ in result.parts)
        self.home.report(
            Diagnostic(
                "tuple-value",
                f"a branch gives one value, not {len(result.parts)}",
                result.place or arm.span,
                expected=f"one of {names}, or an operation that joins them",
                received=names,
                hint="join them by `merge`, or end the branch in a row that picks one by `from`",
            )
        )

    def _joined(
        self,
        record: Record,
        label: str,
        fork: Fork,
        children: Sequence[Child],
        given: tuple[Flow, ...],
    ) -> Child | None:
        home, outer = self.home, fork.outer
        op, place = operation(record.type.text), record.type.span
        assert op is not None, "it was looked at when the row was read"
        attrs = home.attributes.of_record(op, record, fork.names, place)
        row = TypeRow(span=place, type=record.type, values=record.values, keys={})
        node = home.operations.node(op, attrs, label, join(fork.path, label), given, row)
        if node is None:
            return None
        outer.prev = Flow(ValueId(outer.id, len(children)), node.output)
        return self._scope(fork, [*children, node])

    def _scope(self, fork: Fork, children: Sequence[Child]) -> Scope | None:
        return self.home.scope(
            "residual",
            fork.outer.id,
            fork.label,
            fork.path,
            fork.definition,
            fork.input,
            fork.outer,
            children,
            fork.names,
            fork.span,
        )
