"""The walk of rows, in order: each row's inputs, its condition, what it becomes, what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archspec.graph.evaluate import written
from archspec.graph.expr import Binary
from archspec.graph.graph import Absent, Child, Scope, ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.formulas.attributes import Attributes
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.evaluation import evaluate
from archspec.language.elaborate.formulas.origins import read_by, writings
from archspec.language.elaborate.formulas.values import condition
from archspec.language.elaborate.formulas.work import STEP
from archspec.language.elaborate.rows.blocks import Blocks
from archspec.language.elaborate.rows.branching import Branching
from archspec.language.elaborate.rows.context import MAX_NODES, Context, Rows, Site
from archspec.language.elaborate.rows.loops import Loops
from archspec.language.elaborate.rows.operations import Operations
from archspec.language.elaborate.rows.ports import Ports
from archspec.language.elaborate.rows.references import References
from archspec.language.elaborate.rows.scopes import FlowValue, RowScope, entry, led
from archspec.language.elaborate.rows.sharing import Sharing
from archspec.language.elaborate.rows.tables import Tables
from archspec.language.syntax.document import (
    AssertRow,
    GroupRow,
    ParallelRow,
    ResidualRow,
    Row,
    TableRow,
    TypeRow,
)
from archspec.language.syntax.terms import join
from archspec.source.mistakes import assertion


class Walker:
    """Walks the rows once. A row that fails leaves an unknown value, which silences what follows from it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        attributes = Attributes(context.document, context.file, context.problems, context.structure)
        self.references = References(context)
        self.ports = Ports(context, self.references)
        self.operations = Operations(context, attributes)
        self.sharing = Sharing(context, self.references)
        self.loops = Loops(context, self)
        self.tables = Tables(context, self.loops, self)
        self.branching = Branching(context, attributes, self.operations, self)
        self.blocks = Blocks(context, self.ports, self)

    def rows(
        self, rows: Sequence[Row], scope: RowScope, names: Bindings, *, ends: bool = True
    ) -> Rows:
        """The children that a list of rows makes, and the value of the last; if that `ends` the list it is used."""
        context = self.context
        children: list[Child] = []
        position = 0
        scope.rows = rows
        context.work.enter()
        for scope.at, row in enumerate(rows):
            context.work.here = row.span
            context.work.take(STEP)
            here = names.with_tensors(scope)
            if isinstance(row, AssertRow):
                self._assert(row, here)
                continue
            child, kind = self._row(row, scope, here)
            ref = ValueId(scope.id, position)
            position += 1
            if child is not None:
                children.append(child)
                context.child_of[ref] = child
                context.stands_for(ref, child)
            context.row_of[ref] = row
            above, value = scope.prev, self._value(child, ref, kind, scope.prev, row)
            scope.prev = above if _aside(child, above) else value
            label = self.references.label(row, here) if child is None else child.label
            if row.label is not None and label is not None:
                self._place(join(scope.prefix, label), row, value, above, scope, here)
            if child is None or not child.present:
                context.used.add(ref)
        context.work.leave()
        if ends:
            context.used.add(scope.prev.ref)
        return tuple(children), scope.prev

    def turn(self, row: Row, path: str, scope: RowScope, names: Bindings) -> Rows:
        """One turn of a row that is repeated: the rows of a group, any other row as it is."""
        if isinstance(row, GroupRow):
            return self.rows(row.rows, scope, names)
        here, above = names.with_tensors(scope), scope.prev
        self.context.used.add(above.ref)
        child = self._once(row, None, path, above.several(), scope, here)
        if child is None:
            return (), FlowValue(above.ref, None)
        scope.prev = self._value(child, ValueId(scope.id, 0), child.output, above, row)
        return (child,), scope.prev

    def _value(
        self, child: Child | None, ref: ValueId, kind: TensorType | None, above: FlowValue, row: Row
    ) -> FlowValue:
        """The value of a row: one, or the several that its scope gives or that a dropped row passes on."""
        parts = above.parts if isinstance(child, Absent) else ()
        if isinstance(child, Scope):
            parts = self.context.tuples.get(child.id, ())
        turns = None
        if isinstance(child, Scope) and child.kind == "loop":
            turns = len(child.children)
        elif isinstance(child, Absent) and (row.repeat is not None or isinstance(row, TableRow)):
            turns = 0
        return FlowValue(ref, kind, led(parts, ref), row.place, turns)

    def _place(
        self,
        path: str,
        row: Row,
        value: FlowValue,
        above: FlowValue,
        scope: RowScope,
        names: Bindings,
    ) -> None:
        """Let rows below refer to a row. Where it is dropped, that means the value that it would have taken by `from`,
        unless there is a row of its name."""
        child, named = self.context.child_of.get(value.ref), scope.places.get(path)
        if not isinstance(child, Absent) or _aside(child, above):
            scope.places[path] = value
            return
        if named is not None and path in self.context.paths:  # a row of its name is there
            scope.places[path] = value if named.ref == above.ref else named
            return
        asked = self.references.asked(row, scope, names) if len(row.source or ()) == 1 else ()
        passed = asked[0] if asked else value
        if passed.ref == above.ref:  # it is what the row passes on
            passed = FlowValue(value.ref, passed.type, led(passed.parts, value.ref))
        scope.places[path] = replace(passed, place=row.place, turns=value.turns)

    def _assert(self, row: AssertRow, names: Bindings) -> None:
        """Report an assertion that does not hold, with the two values that it compares."""
        holds = self.context.problems.attempt(condition, row.test, names, "an assertion")
        if holds is None or holds.value:
            return
        test, received = row.test.expr, "false"
        if isinstance(test, Binary) and test.op not in ("and", "or"):
            left, right = (evaluate(side, names).value for side in (test.left, test.right))
            received = f"{written(left)} {test.op} {written(right)}"
        message = row.message or "the assertion does not hold"
        notes = writings(read_by(row.test), names.origins, lambda value: True)
        self.context.report(assertion(row.test, message, row.test.text, received, notes=notes))

    def _row(
        self, row: Row, scope: RowScope, names: Bindings
    ) -> tuple[Child | None, TensorType | None]:
        """One row: its child and the type of the value it gives."""
        context = self.context
        when = None
        if row.when is not None:
            when = context.problems.attempt(condition, row.when, names, "when")
        if when is not None and not when.value:
            return self._dropped(row, when, scope, names)
        label = self.references.label(row, names)
        inputs = self.references.inputs(row, scope, names)
        if row.when is not None and when is None:
            return None, None
        context.structure |= when.deps if when is not None else frozenset()
        context.takers += [(value.ref, row.span, False) for value in inputs or ()]
        if inputs is None:
            return None, None
        context.nodes += 1
        if context.nodes > MAX_NODES:
            context.too_many(row.span)
            return None, None
        child: Child | None
        if row.repeat is not None:
            child = self.loops.repeat(row, label, inputs, scope, names)
        else:
            child = self._once(row, label, join(scope.prefix, label), inputs, scope, names)
        if child is not None and row.shares is not None:
            child = self.sharing.shared(row, child, scope, names)
        if child is None:
            return None, None
        return (child if when is None else replace(child, when=when)), child.output

    def _dropped(
        self, row: Row, when: Quantity, scope: RowScope, names: Bindings
    ) -> tuple[Child | None, TensorType | None]:
        """A row whose condition does not hold: it asks for nothing, and passes on what the row above gives. Where no
        row below it takes that, it stands for the value that it would have taken by `from`."""
        context, passed = self.context, scope.prev
        context.structure |= when.deps
        asked = self.references.asked(row, scope, names) or passed.several()
        for value in asked:
            context.use(value)
        context.takers += [(value.ref, row.span, True) for value in asked]
        context.used.add(passed.ref)
        label = self.references.label(row, names, dropped=True)
        path = join(scope.prefix, label)
        if len(row.source or ()) == 1 and not asked[0].parts and not _followed(scope):
            passed = passed if path in context.paths else asked[0]
        if passed.type is None:
            return None, None
        return Absent(label or "", (passed.ref,), passed.type, when, row.span), passed.type

    def _once(
        self,
        row: Row,
        label: str | None,
        path: str,
        inputs: tuple[FlowValue, ...],
        scope: RowScope,
        names: Bindings,
    ) -> Child | None:
        """A row once, whatever its `repeat` and `when` were."""
        if label is not None and not isinstance(row, TableRow):
            self.context.take(path, row.place)
        entered = inputs[0] if inputs else scope.prev
        if isinstance(row, TypeRow):
            return self._typed(row, Site(label, path, "row", entered, names, row.span), inputs)
        if len(inputs) != 1:
            self.operations.arity(row, inputs, "a group of rows", (1, 1))
            return None
        site = Site(label, path, label or _DEFINITIONS[type(row)], entered, names, row.span)
        match row:
            case GroupRow():
                return self._group(row, site, scope)
            case TableRow():
                return self.tables.unfold(row, site, scope)
            case ParallelRow() | ResidualRow():
                return self.branching.fork(row, site, scope)
        raise TypeError(row)

    def _typed(self, row: TypeRow, site: Site, inputs: tuple[FlowValue, ...]) -> Child | None:
        """A row of a type: the use of a block, or an operation."""
        block = self.context.document.blocks.get(row.type.text)
        if block is None:
            return self.operations.apply(row, site, inputs)
        count = len(block.inputs) or 1
        if len(inputs) != count:
            self.operations.arity(row, inputs, f"the block {block.name.text}", (count, count))
            return None
        return self.blocks.use(row, block, site, inputs)

    def _group(self, row: GroupRow, site: Site, scope: RowScope) -> Child | None:
        """The scope of a group's rows."""
        inner = entry(self.context.new_id(), site.path, site.entered.type, scope)
        inner.entered = site.entered.ref
        children, result = self.rows(row.rows, inner, site.names)
        if result.parts:
            self.context.tuples[inner.id] = result.parts
        return self.context.scope("group", site, inner, children)


_DEFINITIONS: dict[type[Row], str] = {  # what the scope of a row without a name is called
    GroupRow: "group",
    TableRow: "stage",
    ParallelRow: "parallel",
    ResidualRow: "residual",
}


def _aside(child: Child | None, above: FlowValue) -> bool:
    """Whether a dropped row stands for another value than that of the row above."""
    return isinstance(child, Absent) and child.inputs[0] != above.ref


def _followed(scope: RowScope) -> bool:
    """Whether the value of the row at hand may enter a row below it, or be that of the list, without a name."""
    for position in range(scope.at + 1, len(scope.rows)):
        below = scope.rows[position]
        if isinstance(below, AssertRow):
            continue
        if below.source is None or any("prev" in source.span.text for source in below.source):
            return True
        if below.when is None:
            return False
    return True
