"""Values in a definition's own terms: which list of rows each is of, or that it comes from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from archspec.graph.graph import ValueId
from archspec.lowering.plan import Plan
from archspec.printing.draft.generalise import NoCommonExpression
from archspec.printing.draft.items import Token
from archspec.printing.draft.reduce import CallSite


class Tokens:
    """The lists of one definition, and what each of its uses captures from outside.

    `passed` are values that are others by another name; `uses` is how many uses the definition has.
    """

    def __init__(self, passed: Mapping[ValueId, ValueId], uses: int) -> None:
        self.passed = passed
        self.lists: dict[int, tuple[int, int]] = {}
        self.captured: list[list[ValueId]] = [[] for _ in range(uses)]
        self.count = 0

    def known(self) -> frozenset[int]:
        """The lists whose values can be read, by the ids of their scopes."""
        return frozenset(self.lists)

    def token(self, ref: ValueId, place: CallSite) -> Token:
        """A value in the template's terms; one from outside the definition is captured."""
        while self._list(ref, place) is None and ref in self.passed:
            ref = self.passed[ref]
        number = self._list(ref, place)
        if number is not None:
            return number, ref.child
        captured = self.captured[place.use]
        if ref not in captured:
            captured.append(ref)
        return 0, captured.index(ref)

    def _list(self, ref: ValueId, place: CallSite) -> int | None:
        """The list that a value is of, in the same use; None if it is from outside."""
        number, use = self.lists.get(ref.scope, (0, -1))
        return number if use == place.use else None

    def held(self, places: Sequence[CallSite], plans: Sequence[Plan]) -> int:
        """The number of a new list, which each of these plans is in its use."""
        self.count += 1
        for place, plan in zip(places, plans, strict=True):
            self.lists[plan.scope.id] = (self.count, place.use)
        return self.count

    def closed(self, known: Collection[int]) -> None:
        """Leave lists that are one layer or loop now: none but the `known` ones has values that others can read."""
        self.lists = {scope: held for scope, held in self.lists.items() if scope in known}

    def of(
        self, refs: Sequence[tuple[ValueId, ...]], places: Sequence[CallSite]
    ) -> tuple[Token, ...]:
        found = {
            tuple(self.token(ref, place) for ref in inputs)
            for inputs, place in zip(refs, places, strict=True)
        }
        if len(found) != 1:
            raise NoCommonExpression("rows that take different values")
        return found.pop()
