"""Layers that are used again, where a layer is a variable: the line that makes each, and the lists of a loop's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Protocol

from archspec.graph.expr import Expr, Lit, Sym
from archspec.graph.graph import Scope
from archspec.lowering.plan import Plan
from archspec.printing.draft.arithmetic import evenly, index
from archspec.printing.draft.generalise import NoCommonExpression, SeparateScopes
from archspec.printing.draft.items import StepItem
from archspec.printing.draft.reduce import CallSite
from archspec.records import dataclass


class Loop(Protocol):
    """A loop that is being drafted."""

    scopes: list[Scope]
    plans: list[Plan]


@dataclass(frozen=True, slots=True)
class Made:
    """Where a layer is made: the item, the loops around it, and their turns."""

    item: StepItem
    loops: tuple[Loop, ...]
    turns: tuple[int, ...]


@dataclass(slots=True)
class KeptLayers:
    """The layers of one definition that are used again, by use and native path."""

    made: dict[tuple[int, str], Made] = field(default_factory=dict)

    def note(
        self,
        item: StepItem,
        places: Sequence[CallSite],
        natives: Sequence[str],
        loops: Sequence[Loop],
    ) -> None:
        """Note where a layer is made."""
        for place, native in zip(places, natives, strict=True):
            self.made[place.use, native] = Made(item, tuple(loops), place.turns)

    def used(
        self, places: Sequence[CallSite], natives: Sequence[str], loops: Sequence[Loop]
    ) -> tuple[str, Expr | None]:
        """The path of the layer that a line uses, and its index in the list of a loop's layers.

        Raises NoCommonExpression, SeparateScopes.
        """
        pairs = zip(places, natives, strict=True)
        found = [self.made.get((place.use, native)) for place, native in pairs]
        made = [one for one in found if one is not None]
        if len(made) != len(found) or len({id(one.item) for one in made}) != 1:
            raise NoCommonExpression("layers of different names that are used again")
        item, around = made[0].item, made[0].loops
        common = _common(around, loops)
        rest = len(around) - common
        if any(
            one.turns[:common] != place.turns[:common]
            for one, place in zip(made, places, strict=True)
        ):
            raise SeparateScopes(around[0].plans, NoCommonExpression("layers of another turn"))
        if rest == 0:
            return item.kept, None
        if rest > 1:
            why = NoCommonExpression("layers of loops in loops that are used again")
            raise SeparateScopes(around[common].plans, why)
        item.listed = True
        return item.kept, _index(made, places, common, loops)


def _common(first: Sequence[Loop], second: Sequence[Loop]) -> int:
    """How many loops two lines have around them in common."""
    same = [one is other for one, other in zip(first, second, strict=False)]
    return same.index(False) if False in same else len(same)


def _index(
    made: Sequence[Made], places: Sequence[CallSite], depth: int, loops: Sequence[Loop]
) -> Expr:
    """The index of a layer in the list of its loop: a number, or one that follows the turns of the loop around."""
    numbers = {one.turns[depth] for one in made}
    if len(numbers) == 1:
        return Lit(numbers.pop())
    line = None
    if len(loops) > depth:
        turns = [place.turns[depth] for place in places]
        line = evenly({*zip(turns, (one.turns[depth] for one in made), strict=True)})
    loop = loops[depth].scopes[0].loop if line is not None else None
    if line is None or loop is None:
        raise NoCommonExpression("layers of different turns that are used again")
    return index(*line, Sym(loop.index))
