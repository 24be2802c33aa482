"""Loops: rows that unfold once for each turn, `repeat` and what tables make of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from archspec.graph.expr import Sym
from archspec.graph.graph import Child, Loop, Scope, ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import CarriedSize, Symbol
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.formulas.bindings import Bindings, Clash
from archspec.language.elaborate.formulas.origins import Origin, Origins, declarations
from archspec.language.elaborate.formulas.values import count
from archspec.language.elaborate.formulas.work import SCOPE, STEP, Exhausted
from archspec.language.elaborate.rows.context import MAX_NODES, Context, Rows, Site, Walk
from archspec.language.elaborate.rows.scopes import (
    FlowValue,
    RowScope,
    axis_values,
    entry,
    led,
    symbolic,
)
from archspec.language.syntax.document import (
    Document,
    GroupRow,
    ParallelRow,
    Row,
    TypeRow,
)
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import Span
from archspec.source.mistakes import name_taken, needs_name, repeat_budget

MAX_TURNS = 100_000
Sizes = Callable[[str], Symbol]  # the symbol of a size, by its axis
Body = Callable[[int, str, RowScope, Bindings], Rows]


@dataclass(frozen=True, slots=True)
class Turns:
    """What a loop's turns share: where they stand, the names with their values and origins that each of them has, what
    unfolds a turn. `place` is where their number is written."""

    site: Site
    scope: RowScope
    loop: Loop
    values: tuple[Mapping[Symbol, Quantity], ...]
    origins: tuple[Origins, ...]
    place: Span
    body: Body


@dataclass
class Loops:
    """The part of elaboration that unfolds loops."""

    context: Context
    walk: Walk

    def repeat(
        self,
        row: Row,
        label: str | None,
        inputs: tuple[FlowValue, ...],
        scope: RowScope,
        names: Bindings,
    ) -> Scope | None:
        """`repeat: n`: turn k of a row stands at `name.k` and feeds turn k + 1."""
        assert row.repeat is not None
        if label is None:
            message = "a repeat of rows needs a name"
            hint = "its turns are called name.0, name.1, ..."
            self.context.report(needs_name(row.repeat, message, "name: ...", "no name", hint))
            return None
        times = self.context.problems.attempt(count, row.repeat, names, "repeat")
        if times is None:
            return None
        self.context.structure |= times.deps
        if times.whole > MAX_TURNS:
            message, expected = f"{times.whole:,} turns", f"at most {MAX_TURNS:,}"
            self.context.report(repeat_budget(row.repeat, message, expected, row.repeat.text))
            return None
        place = row.repeat.span
        self.foresee(times.whole, len(row.rows) if isinstance(row, GroupRow) else 0, place)
        counter, declared = (row.counter.text, row.counter.span) if row.counter else ("i", place)
        names = self._counting(counter, declared, names)
        path = join(scope.prefix, label)
        self.context.take(path, row.place)
        entered = inputs[0]
        if len(inputs) > 1:
            said = given(row, self.context.document)
            same = len(said) == len(inputs)
            keys = said if same else tuple(map(str, range(len(inputs))))
            entered = FlowValue(entered.ref, entered.type, tuple(zip(keys, inputs, strict=True)))
        values = tuple[Mapping[Symbol, Quantity], ...](
            {counter: Quantity(k, Sym(counter))} for k in range(times.whole)
        )
        origins = ({counter: Origin(declared, place)},) * times.whole
        loop = Loop((), (), times, counter)
        site = Site(label, path, label, entered, names, row.span)

        def body(turn: int, path: str, inside: RowScope, names: Bindings) -> Rows:
            return self.walk.turn(row, path, inside, names)

        return self.unfold(Turns(site, scope, loop, values, origins, place, body))

    def foresee(self, turns: int, rows: int, place: Span) -> None:
        """Raises Exhausted for turns that could not all be taken, even if nothing came of their rows."""
        try:
            self.context.work.foresee(turns * (SCOPE + STEP * rows))
        except Exhausted as exhausted:
            exhausted.place = place
            raise

    def _counting(self, counter: str, place: Span, names: Bindings) -> Bindings:
        """The names with the counter bound; one that already counts is a clash when it is used."""
        if counter in names.values and counter not in names.counters:
            message, hint = f"`{counter}` has a meaning here already", "name the counter: `as: j`"
            notes = declarations([counter], names.origins)
            expected = "a counter with a name of its own"
            self.context.report(name_taken(place, message, expected, counter, hint, notes))
        return replace(names, counters=names.counters | {counter})

    def unfold(self, turns: Turns) -> Scope | None:
        """The loop's scope: each turn a scope whose input sizes are symbols that the loop carries."""
        context, site, number = self.context, turns.site, len(turns.values)
        entered = site.entered
        outer = entry(context.new_id(), site.path, entered.type, turns.scope, entered.parts)
        carried = partial(CarriedSize, turns.scope.loops)
        outer.loops += 1
        children: list[Child] = []
        before, worked, least = context.nodes, context.work.done, MAX_NODES
        for k in range(number):
            if k == 2 and before + least * number > MAX_NODES:
                context.too_many(turns.place)
                return None
            started = context.nodes
            try:
                turn = self._turn(k, turns, outer, carried)
            except Exhausted as exhausted:
                context.work.blame(exhausted, turns.place, worked)
                raise
            if turn is None:
                return None
            least = min(least, context.nodes - started)
            children.append(turn)
        if entered.type is None or outer.prev.type is None:
            return None
        if outer.prev.parts:
            context.tuples[outer.id] = outer.prev.parts
        left = after(entered.type, children, outer.prev.type, carried)
        outer.prev = FlowValue(outer.prev.ref, left)
        scope = context.scope("loop", site, outer, children)
        return scope and replace(scope, loop=turns.loop)

    def _turn(self, k: int, turns: Turns, outer: RowScope, carried: Sizes) -> Scope | None:
        """One turn, which feeds the next; None where something in it is wrong."""
        context, site, loop, values = self.context, turns.site, turns.loop, turns.values[k]
        label = None if site.label is None else str(k)
        path, entered = join(site.path, label), outer.prev
        inner = entry(context.new_id(), path, symbolic(entered.type, carried), outer, entered.parts)
        own: dict[Symbol, Quantity | Clash | None] = dict(axis_values(inner.input.type))
        own |= values
        if loop.index in site.names.values and loop.index in values and not loop.columns:
            own[loop.index] = Clash(loop.index)
        before = len(context.problems.diagnostics)
        names = site.names.with_values(own, turns.origins[k])
        children, result = turns.body(k, path, inner, names)
        here = Site(label, path, site.definition, entered, names, site.span)
        scope = context.scope("turn", here, inner, children)
        if scope is None or len(context.problems.diagnostics) > before:
            return None
        scope = replace(scope, output=result.type or scope.output)
        passed = FlowValue(entered.ref, entered.type)
        parts = tuple(
            (name, passed if value.ref == inner.input.ref else value)
            for name, value in result.parts
        )
        ref = ValueId(outer.id, k)
        outer.prev = FlowValue(ref, scope.output, led(parts, ref))
        if label is not None:
            outer.places[path] = replace(outer.prev, place=site.span)
        return scope


def given(row: Row, document: Document) -> tuple[str, ...]:
    """The names of the values that a row gives, if it gives several: they are those of what enters a repeat without
    turns."""
    match row:
        case TypeRow(type=word) if word.text in document.blocks:
            return tuple(output.name for output in document.blocks[word.text].outputs)
        case ParallelRow(merge=None, branches=branches):
            return tuple(branches)
        case GroupRow(rows=(*_, last)):
            return given(last, document)
    return ()


def _steady(turn: Child, axis: str, carried: Sym) -> bool:
    """Whether a turn leaves a size as it was. The symbol alone does not say so: it may be that of an earlier loop, some
    turn of which the rows read."""
    assert isinstance(turn, Scope)
    entered, left = dict(turn.input_types[0].axes)[axis], dict(turn.output.axes)[axis]
    return left.expr == carried and left.value == entered.value


def after(entered: TensorType, turns: list[Child], left: TensorType, symbol: Sizes) -> TensorType:
    """The type after a loop: sizes that no turn changes keep their expression, the others are carried."""
    axes: list[tuple[str, Quantity]] = []
    before = dict(entered.axes)
    for name, size in left.axes:
        carried = Sym(symbol(name))
        if name in before and all(_steady(turn, name, carried) for turn in turns):
            axes.append((name, before[name]))
        else:
            axes.append((name, Quantity(size.value, carried, size.deps)))
    return TensorType(tuple(axes))
