"""Loops of the spec: one line for all turns, or turn by turn."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Value
from archspec.graph.graph import INPUT
from archspec.graph.symbols import CarriedSize, Symbol
from archspec.lowering.plan import Plan
from archspec.printing.draft.context import DefinitionContext
from archspec.printing.draft.generalise import CannotKeep, NoCommonExpression, SeparateScopes
from archspec.printing.draft.items import InlineItem, Item, LoopItem, Token, calls_only, items
from archspec.printing.draft.looping import Looping
from archspec.printing.draft.reduce import CallSite


class Turns:
    """The loops of a definition. `around` are those that are being drafted, the outermost first."""

    def __init__(self, draft: DefinitionContext) -> None:
        self.draft = draft
        self.around: list[Looping] = []

    def loop(
        self,
        places: list[CallSite],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> list[Item]:
        """A loop over all turns of all uses; without a label, or where no line serves all turns, turn by turn."""
        ids = {plan.scope.id for plan in plans}
        some = [k for k, plan in enumerate(plans) if plan.children]
        if ids & self.draft.file.apart or plans[0].scope.label is None or not some:
            return self.unrolled(places, plans, name, inputs, output)
        try:
            looping = Looping(self.draft, [places[k] for k in some], [plans[k] for k in some])
            looping.passed += [
                (place, plan)
                for place, plan in zip(places, plans, strict=True)
                if not plan.children
            ]
            self.around.append(looping)
            try:
                made = looping.item(name, inputs, output)
            finally:
                self.around.pop()
            why = next(filter(None, map(_unsayable, made)), "") if self.draft.file.carries else ""
            if why:
                raise NoCommonExpression(why)
            return made
        except NoCommonExpression as error:
            raise SeparateScopes(plans, error) from error

    def unrolled(
        self,
        places: list[CallSite],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> list[Item]:
        """The turns one by one; raises CannotKeep where their number hangs on what stays an argument."""
        loops = [plan.scope.loop for plan in plans if plan.scope.loop]
        behind = [names for loop in loops for names in (loop.count.deps, *loop.behind.values())]
        lost = self.draft.file.keep & frozenset().union(*behind)
        if lost:
            raise CannotKeep(lost, "no one line serves all turns", plans[0].scope.span)
        if len({len(plan.children) for plan in plans}) != 1:
            raise NoCommonExpression("loops of different length")
        known = self.draft.tokens.known()
        number = self.draft.tokens.held(places, plans)
        body: list[Item] = []
        for turn in range(len(plans[0].children)):
            turns = [plan.children[turn] for plan in plans]
            whole = [t for t in turns if isinstance(t, Plan)]
            seen = [
                CallSite(
                    p.use,
                    {n: v for n, v in p.known.items() if t.scope.symbols.get(n) == v},
                    t.scope.symbols,
                    p.aliases,
                    p.turns,
                )
                for p, t in zip(places, whole, strict=True)
            ]
            before = [dict(p.known) for p in seen]
            body += self.draft.scope(seen, whole, whole[0].name, (number, turn))
            for p, t, known_before in zip(places, seen, before, strict=True):
                _leave(p, t, known_before, own=self.draft.definition.own_sizes)
        (result,) = self.draft.tokens.of([(plan.scope.result,) for plan in plans], places)
        rows = InlineItem(name, inputs, output, body=body, entry=(number, INPUT), result=result)
        return [self.draft.standing(plans, rows, known)]


def _leave(place: CallSite, inner: CallSite, before: Mapping[Symbol, Value], *, own: bool) -> None:
    """Note at a place which sizes the loops of rows that are written there have left in variables, or overwritten.

    `before` are those that the rows found; `own`: each loop has variables of its own.
    """
    names = {*before, *inner.known}
    sizes = {name for name in names if isinstance(name, CarriedSize)}
    changed = {name for name in sizes if before.get(name) != inner.known.get(name)}
    axes = {name.axis for name in changed}
    for name in [*place.known]:
        if isinstance(name, CarriedSize) and (name in changed if own else name.axis in axes):
            del place.known[name]
    left: dict[Symbol, Value] = {name: inner.known[name] for name in changed if name in inner.known}
    place.known |= left
    place.full = {**place.full, **left}


def _unsayable(item: Item) -> str:
    """Why the layers of a loop cannot be called where it stands; empty if they can: all are its own, or none, and a
    turn that is one module gives no value of its inside."""
    if calls_only(item) or not isinstance(item, LoopItem):
        return ""
    if any(one.again for one in items(item.body)):
        return "its turns use layers of rows that stand outside of it"
    left = {one.value for one in item.collects} | {carry.update for carry in item.carries}
    inside = not item.collapsed and not left <= {item.entry, item.result}
    return "others read values inside of its turns" if inside else ""
