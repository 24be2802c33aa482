"""Branches: residuals and parallels. Each branch takes what entered the row; one operation joins what they give."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import product

from archspec.graph.expr import Binary, Unary
from archspec.graph.graph import Absent, Child, Scope, ValueId
from archspec.graph.ops import operation
from archspec.graph.ops.base import Operation
from archspec.graph.quantity import Quantity, union
from archspec.language.elaborate.formulas.attributes import Attributes
from archspec.language.elaborate.formulas.values import condition
from archspec.language.elaborate.rows.context import Context, Site, Walk
from archspec.language.elaborate.rows.operations import Operations, how_many, misfit
from archspec.language.elaborate.rows.scopes import FlowValue, RowScope, entry
from archspec.language.syntax.document import (
    Formula,
    ParallelRow,
    Record,
    ResidualRow,
    Row,
    Word,
)
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import Span
from archspec.source.mistakes import shape_mismatch, tuple_value, wrong_form

MOST = 4  # conditions of branches for whose every choice the join is written


@dataclass(frozen=True, slots=True)
class Arm:
    """One branch: its rows, its name where it adds a level, the condition under which it is there."""

    name: str | None
    rows: Sequence[Row]
    span: Span
    when: Formula | None = None


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
        arms = [Arm(name, b.rows, row.places[name], b.when) for name, b in row.branches.items()]
        if row.merge is None and any(arm.when for arm in arms):
            self._unmerged(next(arm.when for arm in arms if arm.when))
            return None
        branches = self._arms(arms, site, outer)
        if branches is None:
            return None
        children, values = branches
        if row.merge is not None:
            paths = (join(site.path, arm.name) for arm in arms)
            outer.places.update(zip(paths, values, strict=True))
            return self._merged(row.merge, row.join, site, outer, children, values)
        outer.prev = values[0]
        self.context.tuples[outer.id] = tuple(zip(row.branches, values, strict=True))
        return self.context.scope("residual", site, outer, children)

    def _merged(
        self,
        record: Record,
        label: str,
        site: Site,
        outer: RowScope,
        children: list[Child],
        values: Sequence[FlowValue],
    ) -> Child | None:
        """What is left of the branches, joined: a node for every choice of branches, of which one is there."""
        free = [k for k, child in enumerate(children) if child.when is not None]
        if not free:
            return self._joined(record, label, site, outer, children, tuple(values))
        if not any(child.present for child in children):
            self._nothing_left(record.type.span)
            return None
        scope: Child | None = None
        for there in _choices(children, free):
            left = tuple(v for k, v in enumerate(values) if k not in free or k in there)
            when, span = _condition(children, free, there), record.type.span
            held = all(children[k].present == (k in there) for k in free)
            if held:
                alone = Record(Word("identity", span), {}, span, {})
                joins = record if len(left) > 1 else alone
                scope = self._joined(joins, label, site, outer, children, left)
                if not isinstance(scope, Scope):
                    return None
                *_, node = scope.children
                children.append(replace(node, when=when))
                continue
            passed = outer.prev
            if passed.type is None:
                return None
            children.append(Absent(label, (passed.ref,), passed.type, when, span))
            if scope is not None:
                outer.prev = FlowValue(ValueId(outer.id, len(children) - 1), passed.type)
        return self.context.scope("residual", site, outer, children)

    def _unmerged(self, when: Formula) -> None:
        """Report a condition of a branch whose value is one of several."""
        message = "a branch with a condition needs a `merge`"
        hint = "add `merge`, or put the condition on the rows of the branch"
        self.context.report(wrong_form(when.span, message, "merge: ...", "no `merge`", hint))

    def _nothing_left(self, place: Span) -> None:
        """Report branches all of which are dropped."""
        message, expected = "no branch is left to merge", "a branch whose condition holds"
        hint = "leave one of them without `when`, or give the whole row a `when`"
        self.context.report(shape_mismatch(place, message, expected, "none", hint))

    def _arms(
        self, arms: Sequence[Arm], site: Site, outer: RowScope
    ) -> tuple[list[Child], list[FlowValue]] | None:
        """The scopes of the branches, and what each of them gives; what entered, where it is dropped."""
        children: list[Child] = []
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

    def _arm(self, arm: Arm, site: Site, outer: RowScope) -> Child | None:
        when = None
        if arm.when is not None:
            when = self.context.problems.attempt(condition, arm.when, site.names, "when")
            if when is None or outer.input.type is None:
                return None
            self.context.structure |= when.deps
            if not when.value:
                ref, kind = outer.input.ref, outer.input.type
                return Absent(arm.name or "", (ref,), kind, when, arm.span)
        path = join(site.path, arm.name)
        inner = entry(self.context.new_id(), path, site.entered.type, outer)
        inner.entered = outer.input.ref
        children, result = self.walk.rows(arm.rows, inner, site.names)
        if result.parts:
            self._nested(arm, result)
        own = Site(arm.name, path, arm.name or "main", outer.input, site.names, arm.span)
        scope = self.context.scope("branch", own, inner, children)
        return scope and replace(scope, when=when)

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


def _choices(children: Sequence[Child], free: Sequence[int]) -> Iterator[frozenset[int]]:
    """Which of the branches with a condition may be there; of many conditions only those that are."""
    if len(free) > MOST:
        yield frozenset(k for k in free if children[k].present)
        return
    for there in product((True, False), repeat=len(free)):
        yield frozenset(k for k, is_there in zip(free, there, strict=True) if is_there)


def _condition(children: Sequence[Child], free: Sequence[int], there: Collection[int]) -> Quantity:
    """That of the branches with a condition just these are there."""
    whens = {k: children[k].when for k in free}
    parts = [(when, k in there) for k, when in whens.items() if when is not None]
    exprs = [when.expr if wanted else Unary("not", when.expr) for when, wanted in parts]
    value = all(bool(when.value) == wanted for when, wanted in parts)
    expr = functools.reduce(lambda a, b: Binary("and", a, b), exprs)
    return Quantity(value, expr, union(*(when for when, _ in parts)))
