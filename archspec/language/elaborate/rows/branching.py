"""Branches: residuals and parallels. Each branch takes what entered the row; one operation joins what they give."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.graph.graph import Child, Scope, ValueId
from archspec.graph.ops import operation
from archspec.graph.ops.base import Operation
from archspec.language.elaborate.formulas.attributes import Attributes
from archspec.language.elaborate.rows.context import Context, Site, Walk
from archspec.language.elaborate.rows.operations import Operations, how_many, misfit
from archspec.language.elaborate.rows.scopes import FlowValue, RowScope, entry
from archspec.language.syntax.document import ParallelRow, Record, ResidualRow, Row, Word
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import Span
from archspec.source.mistakes import shape_mismatch, tuple_value


@dataclass(frozen=True, slots=True)
class Arm:
    """One branch: its rows, and its name where it adds a level."""

    name: str | None
    rows: Sequence[Row]
    span: Span


@dataclass
class Branching:
    """The part of elaboration that unfolds branches."""

    context: Context
    attributes: Attributes
    operations: Operations
    walk: Walk

    def fork(self, row: ParallelRow | ResidualRow, site: Site, scope: RowScope) -> Child | None:
        """The scope of all branches and of the operation that joins them."""
        outer = entry(self.context.new_id(), site.path, site.entered.type, scope)
        outer.entered = site.entered.ref
        if isinstance(row, ParallelRow):
            return self._parallel(row, site, outer)
        return self._residual(row, site, outer)

    def _residual(self, row: ResidualRow, site: Site, outer: RowScope) -> Child | None:
        """The sum of what the rows give and of what the shortcut gives, or of what entered."""
        arms = [Arm(None, row.rows, row.span)]
        if row.shortcut is not None:
            arms.append(Arm("shortcut", row.shortcut, row.span))
        branches = self._arms(arms, site, outer)
        if branches is None:
            return None
        children, values = branches
        skipped = values[1] if row.shortcut is not None else outer.input
        add = Record(Word("add", row.span), {}, row.span, {})
        return self._joined(add, row.sum, site, outer, children, (skipped, values[0]))

    def _parallel(self, row: ParallelRow, site: Site, outer: RowScope) -> Child | None:
        """What the branches give, joined by `merge`, or all of it."""
        for name, place in row.places.items():
            self.context.take(join(site.path, name), place)
        arms = [Arm(name, rows, row.places[name]) for name, rows in row.branches.items()]
        branches = self._arms(arms, site, outer)
        if branches is None:
            return None
        children, values = branches
        if row.merge is not None:
            outer.places.update(zip((child.path for child in children), values, strict=True))
            return self._joined(row.merge, row.join, site, outer, children, tuple(values))
        outer.prev = values[0]
        self.context.tuples[outer.id] = tuple(zip(row.branches, values, strict=True))
        return self.context.scope("residual", site, outer, children)

    def _arms(
        self, arms: Sequence[Arm], site: Site, outer: RowScope
    ) -> tuple[list[Scope], list[FlowValue]] | None:
        """The scopes of the branches, and what each of them gives."""
        children: list[Scope] = []
        values: list[FlowValue] = []
        for arm in arms:
            branch = self._arm(arm, site, outer)
            if branch is None:
                continue
            ref = ValueId(outer.id, len(children))
            values.append(FlowValue(ref, branch.output))
            children.append(branch)
            self.context.child_of[ref] = branch
        return (children, values) if len(values) == len(arms) else None

    def _arm(self, arm: Arm, site: Site, outer: RowScope) -> Scope | None:
        path = join(site.path, arm.name)
        inner = entry(self.context.new_id(), path, site.entered.type, outer)
        inner.entered = outer.input.ref
        children, result = self.walk.rows(arm.rows, inner, site.names)
        if result.parts:
            self._nested(arm, result)
        own = Site(arm.name, path, arm.name or "main", outer.input, site.names, arm.span)
        return self.context.scope("branch", own, inner, children)

    def _nested(self, arm: Arm, result: FlowValue) -> None:
        """Report a branch that ends in several values: tuples do not nest."""
        names = ", ".join(name for name, _ in result.parts)
        message = f"a branch gives one value, not {len(result.parts)}"
        expected = f"one of {names}, or an operation that joins them"
        hint = "join them by `merge`, or end the branch in a row that picks one by `from`"
        place = result.place or arm.span
        self.context.report(tuple_value(place, message, expected, names, hint))

    def _number(self, op: Operation, place: Span, branches: int) -> None:
        """Report a merge of too few or too many branches."""
        message, expected = misfit(op.name, op.inputs, branches), f"{how_many(op.inputs)} branches"
        alone = "rows of a single branch need neither `parallel` nor `merge`"
        hint = alone if branches == 1 else None
        self.context.report(shape_mismatch(place, message, expected, f"{branches}", hint))

    def _joined(
        self,
        record: Record,
        label: str,
        site: Site,
        outer: RowScope,
        children: Sequence[Child],
        values: tuple[FlowValue, ...],
    ) -> Child | None:
        """The scope of branches whose values one operation joins."""
        op, place = operation(record.type.text), record.type.span
        assert op is not None, "it was looked at when the row was read"
        if not op.inputs[0] <= len(values) <= op.inputs[1]:
            self._number(op, place, len(values))
            return None
        attrs = self.attributes.of_record(op, record, site.names, place)
        node = self.operations.node(op, attrs, label, join(site.path, label), values, record)
        if node is None:
            return None
        outer.prev = FlowValue(ValueId(outer.id, len(children)), node.output)
        return self.context.scope("residual", site, outer, [*children, node])
