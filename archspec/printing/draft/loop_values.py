"""Values that cross the turns of a loop: carried from one to the next, and read behind the loop or by another loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from archspec.graph.expr import Sym
from archspec.graph.graph import INPUT, Scope, ValueId
from archspec.lowering.plan import Plan
from archspec.printing.draft.arithmetic import evenly, index
from archspec.printing.draft.context import DefinitionContext
from archspec.printing.draft.items import CarriedValue, Collected, LoopItem, Token
from archspec.printing.draft.reduce import CallSite
from archspec.records import dataclass

Turn = tuple[int, tuple[int, ...]]  # the use, and the turns of the loops around, this one's last


@dataclass(slots=True)
class Carry:
    """A value that turns take from the turn before them: what each reads, by turn."""

    token: Token
    refs: dict[Turn, ValueId] = field(default_factory=dict)

    def fits(self, wanted: dict[Turn, ValueId]) -> bool:
        """Whether all of these turns read this value."""
        return all(self.refs.get(turn, ref) == ref for turn, ref in wanted.items())


class LoopValues:
    """The values of one loop that others than its own turn read."""

    def __init__(self, draft: DefinitionContext, owners: list[CallSite], plans: list[Plan]) -> None:
        self.draft, self.tokens = draft, draft.tokens
        self.owners, self.plans = owners, plans
        self.depth = len(owners[0].turns)
        self.seen: dict[Turn, CallSite] = {}
        self.entries: dict[Turn, Scope] = {}
        self.turn_of: dict[int, Turn] = {}
        self.carries: list[Carry] = []
        self.indexed: dict[
            Token, tuple[int, int, int]
        ] = {}  # the list, the slope and start of the index

    def begin(self, seen: Sequence[CallSite]) -> None:
        """Note the places of the turns, before their lines are drafted."""
        turns = (turn for plan in self.plans for turn in plan.children)
        for place, turn in zip(seen, turns, strict=True):
            assert isinstance(turn, Plan)
            key = (place.use, place.turns)
            self.seen[key] = place
            self.entries[key] = turn.scope
            self.turn_of |= dict.fromkeys(self.draft.file.below(turn), key)

    def across(self, places: Sequence[CallSite], refs: Sequence[ValueId]) -> Token | None:
        """The token of what a line takes from the turn before, or by its number from a list of another loop."""
        wanted: dict[Turn, ValueId] = {}
        for place, ref in zip(places, refs, strict=True):
            if len(place.turns) <= self.depth:
                return None
            turn = (place.use, place.turns[: self.depth + 1])
            ref = self._before(turn, ref)
            if wanted.setdefault(turn, ref) != ref:
                return None
        return self._carried(wanted) or self._element(places, refs)

    def _before(self, turn: Turn, ref: ValueId) -> ValueId:
        """A value as the turn before knows it, if it does."""
        before = self.entries.get(_previous(turn))
        for name in self._names(ref):
            if before is not None and name == before.inputs[0]:
                return ValueId(before.id, INPUT)
            if self.turn_of.get(name.scope) == _previous(turn):
                return name
        return ref

    def _names(self, ref: ValueId) -> Iterator[ValueId]:
        yield ref
        while ref in self.tokens.passed:
            ref = self.tokens.passed[ref]
            yield ref

    def _carried(self, wanted: dict[Turn, ValueId]) -> Token | None:
        later = [turn for turn in wanted if turn[1][-1] > 0]
        if not later or any(self.turn_of.get(wanted[t].scope) != _previous(t) for t in later):
            return None
        for carry in self.carries:
            if carry.fits(wanted):
                break
        else:
            carry = Carry((self.tokens.fresh(), 0))
            self.carries.append(carry)
        carry.refs |= wanted
        return carry.token

    def _element(self, places: Sequence[CallSite], refs: Sequence[ValueId]) -> Token | None:
        """An element of a list whose number follows the turns."""
        elements = [
            self.tokens.element(ref, place) for ref, place in zip(refs, places, strict=True)
        ]
        numbers = {element[0] for element in elements if element is not None}
        if None in elements or len(numbers) != 1:
            return None
        (number,) = numbers
        pairs = [
            (place.turns[self.depth], element[1], self.tokens.length(number, place))
            for place, element in zip(places, elements, strict=True)
            if element is not None
        ]
        line = evenly({(turn, index) for turn, index, _ in pairs})
        if line is None or line[0] < 0:
            line = evenly({(turn, index - length) for turn, index, length in pairs}) or line
        if line is None:
            return None
        for token, known in self.indexed.items():
            if known == (number, *line):
                return token
        token = (self.tokens.fresh(), 0)
        self.indexed[token] = (number, *line)
        return token

    def needed(self) -> bool:
        """Whether values cross turns, so that the loop is written even if its turns write nothing."""
        escapes = self.draft.file.escapes
        return bool(self.carries) or any(plan.scope.id in escapes for plan in self.plans)

    def finish(self, item: LoopItem) -> None:
        """Put what crosses turns into the loop's item, once its body is drafted."""
        counter = Sym(item.index)
        item.indexed = {
            token: (number, index(slope, start, counter))
            for token, (number, slope, start) in self.indexed.items()
        }
        number = 0
        while number < len(self.carries):
            item.carries.append(self._update(self.carries[number], item))
            number += 1
        self._collect(item)

    def _update(self, carry: Carry, item: LoopItem) -> CarriedValue:
        later = [turn for turn in carry.refs if turn[1][-1] > 0]
        update = self.tokens.site(
            [carry.refs[turn] for turn in later], [self.seen[_previous(turn)] for turn in later]
        )
        begun = [(owner, (owner.use, (*owner.turns, 0))) for owner in self.owners]
        firsts = [(owner, carry.refs[turn]) for owner, turn in begun if turn in carry.refs]
        first = item.inputs[0]
        if firsts:
            first = self.tokens.site([ref for _, ref in firsts], [owner for owner, _ in firsts])
        return CarriedValue(carry.token, first, update, (carry.token[0], 1))

    def _collect(self, item: LoopItem) -> None:
        """The values of turns that are read behind the loop."""
        found: dict[Token, dict[ValueId, tuple[CallSite, int, int]]] = {}
        left = {carry.update: carry.last for carry in item.carries}
        for owner, plan in zip(self.owners, self.plans, strict=True):
            length = len(plan.children)
            for ref in self.draft.file.escapes.get(plan.scope.id, ()):
                if ref.scope == plan.scope.id and ref.child == length - 2 and item.entry in left:
                    self.tokens.give([ref], left[item.entry], owner)
                    continue
                if ref.scope == plan.scope.id:
                    token, turn = item.result, ref.child
                else:
                    key = self.turn_of[ref.scope]
                    token, turn = self.tokens.token(ref, self.seen[key]), key[1][-1]
                found.setdefault(token, {})[ref] = (owner, turn, length)
        for token, refs in found.items():
            if all(turn == length - 1 for _, turn, length in refs.values()):
                self._last(item, token, refs)
            else:
                self._listed(item, token, refs)

    def _last(
        self, item: LoopItem, value: Token, refs: dict[ValueId, tuple[CallSite, int, int]]
    ) -> None:
        token = item.output
        if value != item.result:
            token = (self.tokens.fresh(), 0)
            item.collects.append(Collected(value, last=token))
        for ref, (owner, _, _) in refs.items():
            self.tokens.give([ref], token, owner)

    def _listed(
        self, item: LoopItem, value: Token, refs: dict[ValueId, tuple[CallSite, int, int]]
    ) -> None:
        number = self.tokens.fresh()
        item.collects.append(Collected(value, number))
        self.tokens.listed(number, [len(plan.children) for plan in self.plans], self.owners)
        if value == item.result:
            self.tokens.elements[item.output] = (number, -1)
        for ref, (owner, turn, _) in refs.items():
            token = (number, turn)
            self.tokens.elements[token] = token
            self.tokens.give([ref], token, owner)


def _previous(turn: Turn) -> Turn:
    use, turns = turn
    return use, (*turns[:-1], turns[-1] - 1)
