"""Values in a definition's own terms: which list of rows each is of, what gives it, or that it comes from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from archspec.graph.graph import ValueId
from archspec.lowering.plan import Plan
from archspec.printing.draft.generalise import NoCommonExpression
from archspec.printing.draft.items import SplitItem, Token, UseItem
from archspec.printing.draft.reduce import CallSite
from archspec.records import dataclass

Turns = tuple[int, ...]
FEW = 3  # elements from which on a list is written as a whole
WHOLE = -(10**9)  # the child of a token that stands for all elements of a list


@dataclass(slots=True)
class Slot:
    """A value that a definition takes beside its first: for each use the value outside; a use in which no row reads it
    has none. `name` is what the spec calls it, if anything; `read` whether a row reads it."""

    values: list[ValueId | None]
    name: str = ""
    read: bool = False


@dataclass(slots=True)
class Given:
    """Where a value of the plan stands: a token, in one use, from these turns of the loops around it on."""

    token: Token
    use: int
    turns: Turns


@dataclass(slots=True)
class Choice:
    """A value of a use that a condition may leave out, and the places where it is left out."""

    absent: set[tuple[int, Turns]]
    item: UseItem | SplitItem


Across = Callable[[Sequence[CallSite], Sequence[ValueId]], Token | None]


class Tokens:
    """The values of one definition, and what each of its uses takes from outside.

    `passed` are values that are others by another name; `inside` says of each scope in which use it is; `across` finds
    values of other turns of the loops that are being drafted.
    """

    def __init__(
        self,
        passed: Mapping[ValueId, ValueId],
        inside: Mapping[int, int],
        named: Sequence[Mapping[str, ValueId]],
        across: Across,
        *,
        strict: bool = False,
    ) -> None:
        self.strict = strict
        self.passed, self.inside, self.across = passed, inside, across
        self.lists: dict[int, Given] = {}
        self.exported: dict[ValueId, Given] = {}
        self.renamed: dict[Token, Token] = {}  # values of rows of which only one layer is left
        self.choices: dict[Token, Choice] = {}
        self.elements: dict[
            Token, tuple[int, int]
        ] = {}  # of lists: the list's number, and the index
        self.lengths: dict[int, dict[tuple[int, Turns], int]] = {}  # of lists, where they are made
        names = list(named[0])[1:]
        self.slots = [Slot([one[name] for one in named], name) for name in names]
        self.count = 0

    def known(self) -> frozenset[int]:
        """The lists whose values can be read, by the ids of their scopes."""
        return frozenset(self.lists)

    def taken(self) -> list[tuple[int, Slot]]:
        """The slots that rows read, with their numbers."""
        return [(number, slot) for number, slot in enumerate(self.slots) if slot.read]

    def fresh(self) -> int:
        """The number of a new list."""
        self.count += 1
        return self.count

    def held(self, places: Sequence[CallSite], plans: Sequence[Plan]) -> int:
        """The number of a new list, which each of these plans is in its use."""
        number = self.fresh()
        for place, plan in zip(places, plans, strict=True):
            self.lists[plan.scope.id] = Given((number, 0), place.use, place.turns)
        return number

    def entered(self, places: Sequence[CallSite], turns: Sequence[Plan], entry: Token) -> None:
        """What the turn before gives is what enters a turn."""
        for place, turn in zip(places, turns, strict=True):
            self.give(turn.scope.inputs, entry, place)

    def give(self, refs: Iterable[ValueId], token: Token, place: CallSite) -> None:
        """Values of the plan that stand under a token from a place on."""
        for ref in refs:
            self.exported[ref] = Given(token, place.use, place.turns)

    def closed(self, known: Collection[int]) -> None:
        """Leave lists that are one layer or loop now: none but the `known` ones has values that others can read."""
        self.lists = {scope: held for scope, held in self.lists.items() if scope in known}

    def of(
        self,
        refs: Sequence[tuple[ValueId, ...]],
        places: Sequence[CallSite],
        *,
        lists: bool = False,
    ) -> tuple[Token, ...]:
        """The tokens of the inputs of a line, one by one; where the line takes `lists` one for a whole list. Raises
        NoCommonExpression."""
        whole: Sequence[Sequence[ValueId | Token]] = refs
        for fewest in (
            (FEW, 1) if lists else ()
        ):  # short lists are written one by one, unless uses differ
            pairs = zip(refs, places, strict=True)
            whole = [self._whole(one, place, fewest) for one, place in pairs]
            if len({len(inputs) for inputs in whole}) == 1:
                break
        if len({len(inputs) for inputs in whole}) != 1:
            raise NoCommonExpression("rows that take different numbers of values")
        found: list[Token] = []
        for column in zip(*whole, strict=True):
            known = [one for one in column if isinstance(one, tuple)]
            if known and (len(known) != len(column) or len({*known}) != 1):
                raise NoCommonExpression("lists of different lengths")
            values = [one for one in column if isinstance(one, ValueId)]
            found.append(known[0] if known else self.site(values, places))
        return tuple(found)

    def _whole(
        self, refs: tuple[ValueId, ...], place: CallSite, fewest: int
    ) -> list[ValueId | Token]:
        """References with one token for all elements of a list of some length, where they stand in a row."""
        found: list[ValueId | Token] = []
        rest = list(refs)
        while rest:
            length = self._run(rest, place)
            if length >= fewest:
                token, _ = self.local(rest[0], place)
                assert token is not None
                found.append((self.elements[token][0], WHOLE))
                rest = rest[length:]
            else:
                found.append(rest.pop(0))
        return found

    def _run(self, refs: Sequence[ValueId], place: CallSite) -> int:
        """How many references, from the first on, are all elements of one list; 0 if they are not all."""
        first = self.element(refs[0], place)
        if first is None or first[1] != 0:
            return 0
        number, length = first[0], self.length(first[0], place)
        elements = [self.element(ref, place) for ref in refs[:length]]
        return length if elements == [(number, k) for k in range(length)] else 0

    def element(self, ref: ValueId, place: CallSite) -> tuple[int, int] | None:
        """The list and the index of a value, if it is an element of a list."""
        token, _ = self.local(ref, place)
        number, index = self.elements.get(token, (0, 0)) if token is not None else (0, 0)
        if number == 0:
            return None
        return number, index if index >= 0 else self.length(number, place) + index

    def length(self, number: int, place: CallSite) -> int:
        """How many elements a list has at a place."""
        made = self.lengths[number]
        ends = (place.turns[:k] for k in range(len(place.turns), -1, -1))
        return next(made[place.use, end] for end in ends if (place.use, end) in made)

    def listed(self, number: int, lengths: Sequence[int], places: Sequence[CallSite]) -> None:
        """Note how many elements a list has where it is made."""
        pairs = zip(places, lengths, strict=True)
        self.lengths[number] = {(place.use, place.turns): length for place, length in pairs}

    def token(self, ref: ValueId, place: CallSite) -> Token:
        """A value at one place."""
        return self.site([ref], [place])

    def site(self, refs: Sequence[ValueId], places: Sequence[CallSite]) -> Token:
        """The one token of a value that a line takes, whatever it is at each place; raises NoCommonExpression."""
        found = [self.local(ref, place) for ref, place in zip(refs, places, strict=True)]
        tokens = {token for token, _ in found if token is not None}
        missing = any(token is None for token, _ in found)
        if len(tokens) == 1 and not missing:
            return tokens.pop()
        ends = [ref for _, ref in found]
        outside = all(map(self._is_outer, ends, (place.use for place in places)))
        if not tokens and outside:
            slot = self._slot(ends, places)
            if slot is not None:
                return slot
        across = self.across(places, refs)
        if across is not None:
            return across
        if not missing:
            return self._from_end(refs, places) or self._choice(
                [token for token, _ in found if token is not None], places
            )
        raise NoCommonExpression("rows that take different values")

    def local(self, ref: ValueId, place: CallSite) -> tuple[Token | None, ValueId]:
        """The token of a value made in this definition, if it is, and the value that it is in the end."""
        while True:
            token = self._here(ref, place)
            if token is not None or ref not in self.passed or self._is_outer(ref, place.use):
                return token, ref
            ref = self.passed[ref]

    def _here(self, ref: ValueId, place: CallSite) -> Token | None:
        given, listed = self.exported.get(ref), self.lists.get(ref.scope)
        if listed is not None and _reaches(listed, place):
            token = listed.token[0], ref.child
            return self.renamed.get(token, token)
        return given.token if given is not None and _reaches(given, place) else None

    def _is_outer(self, ref: ValueId, use: int) -> bool:
        """Whether a value is made outside of a use."""
        return self.inside.get(ref.scope) != use

    def _outer(self, ref: ValueId) -> ValueId:
        """The value that a reference out of the definition names in the end."""
        while ref in self.passed:
            ref = self.passed[ref]
        return ref

    def _slot(self, refs: Sequence[ValueId], places: Sequence[CallSite]) -> Token | None:
        wanted: dict[int, ValueId] = {}
        for ref, place in zip(refs, places, strict=True):
            if self._outer(wanted.setdefault(place.use, ref)) != self._outer(ref):
                return None
        fitting = (
            number
            for number, slot in enumerate(self.slots)
            if all(self._same(slot.values[use], ref) for use, ref in wanted.items())
            and not (self.strict and all(slot.values[use] is None for use in wanted))
        )
        number = next(fitting, len(self.slots))
        if number == len(self.slots):
            self.slots.append(Slot([None] * (max(self.inside.values()) + 1)))
        slot = self.slots[number]
        slot.read = True
        for use, ref in wanted.items():
            slot.values[use] = slot.values[use] or ref
        return 0, number

    def _same(self, known: ValueId | None, ref: ValueId) -> bool:
        """Whether a reference out of the definition may be the value that a slot has in the same use."""
        return known is None or self._outer(known) == self._outer(ref)

    def _from_end(self, refs: Sequence[ValueId], places: Sequence[CallSite]) -> Token | None:
        """An element of a list whose index is the same when it is counted from the end."""
        found: set[Token] = set()
        for ref, place in zip(refs, places, strict=True):
            element = self.element(ref, place)
            if element is None:
                return None
            found.add((element[0], element[1] - self.length(element[0], place)))
        return found.pop() if len(found) == 1 else None

    def _choice(self, tokens: Sequence[Token], places: Sequence[CallSite]) -> Token:
        """The value of a row where it is there, and elsewhere what stands for it: known by the name of the former."""
        for token in dict.fromkeys(tokens):
            choice = self.choices.get(token)
            if choice is None:
                continue
            others = {
                other
                for other, place in zip(tokens, places, strict=True)
                if other != token and (place.use, place.turns) in choice.absent
            }
            left = {*tokens} - others - {token}
            if not left and len(others) == 1:
                (other,) = others
                if choice.item.passes.setdefault(token, other) == other:
                    return token
        raise NoCommonExpression("rows that take different values")


def _reaches(given: Given, place: CallSite) -> bool:
    return given.use == place.use and place.turns[: len(given.turns)] == given.turns
