"""Orders of foreign layers under which they are, one by one, what the rows of a network want.

Names have levels (`features.3.conv.0.0`). What stands on one level is a few runs: names of one stem, by their numbers.
Numbers say an order, stems do not: `bn1 bn2 conv1 conv2` are two runs that the network may use in turn. So an order is
a merge of the runs on each level, and the rows say which.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import field
from itertools import pairwise

from archspec.records import dataclass

DEEPEST, MOST = 32, 5_000  # levels of names; merges that are followed at a time
Order = tuple[int, ...]


@dataclass(slots=True)
class Branch:
    """A level of names: the layer that stands here, if one does, and what is below."""

    layer: int | None = None
    below: dict[str, Branch] = field(default_factory=dict)
    size: int = 0


def tree(names: Sequence[str]) -> Branch:
    """The levels of names."""
    root = Branch()
    for number, name in enumerate(names):
        here = root
        here.size += 1
        for piece in levels(name):
            here = here.below.setdefault(piece, Branch())
            here.size += 1
        here.layer = number
    return root


def levels(name: str) -> tuple[str, ...]:
    """The levels of a name, which frameworks part by a dot, a slash or a dash."""
    return tuple(re.split(r"[./-]", name, maxsplit=DEEPEST))


def runs(branch: Branch) -> list[list[Branch]]:
    """What is below, by stem, each run in the order of its numbers; first what stands here itself."""
    by_stem: dict[str, list[tuple[int, Branch]]] = {}
    for name, child in branch.below.items():
        stem, number = numbered(name)
        by_stem.setdefault(stem, []).append((number, child))
    own = [] if branch.layer is None else [[Branch(branch.layer, {}, 1)]]
    return own + [[child for _, child in sorted(run, key=_first)] for run in by_stem.values()]


def _first(pair: tuple[int, Branch]) -> int:
    return pair[0]


def numbered(name: str) -> tuple[str, int]:
    """`conv2d_12` is conv2d's 12th; a stem alone comes before its numbers."""
    stem, digits = re.fullmatch(r"(.*?)(\d{0,9})", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return stem.rstrip("_"), int(digits) if digits else -1


def orders(
    wanted: Sequence[Hashable], names: Sequence[str], kinds: Sequence[Hashable]
) -> list[Order]:
    """Up to two orders of the layers in which their kinds are those that are wanted; none where there are too many
    merges to follow."""
    if len(wanted) != len(names):
        return []
    return _Merge(wanted, kinds).orders(tree(names), 0)


class _Merge:
    def __init__(self, wanted: Sequence[Hashable], kinds: Sequence[Hashable]) -> None:
        self.wanted, self.kinds = wanted, kinds
        self.results: dict[tuple[int, int], list[Order]] = {}

    def orders(self, branch: Branch, start: int) -> list[Order]:
        """Up to two orders of the layers of a branch that are what is wanted from `start` on."""
        if branch.layer is not None and not branch.below:
            fits = self.kinds[branch.layer] == self.wanted[start]
            return [(branch.layer,)] if fits else []
        key = (id(branch), start)
        if key not in self.results:
            self.results[key] = self.merged(runs(branch), start)
        return self.results[key]

    def merged(self, runs: list[list[Branch]], start: int) -> list[Order]:
        states: dict[tuple[int, ...], list[Order]] = {(0,) * len(runs): [()]}
        for _ in range(sum(map(len, runs))):
            further: dict[tuple[int, ...], list[Order]] = {}
            for heads, before in states.items():
                for advanced, orders in self.step(runs, heads, before, start):
                    kept = further.setdefault(advanced, [])
                    kept += [order for order in orders if order not in kept][: 2 - len(kept)]
            states = further
            if not states or len(states) > MOST:
                return []
        return next(iter(states.values()))

    def step(
        self, runs: list[list[Branch]], heads: tuple[int, ...], before: list[Order], start: int
    ) -> Iterator[tuple[tuple[int, ...], list[Order]]]:
        """What may come next: the head of each run, if it is what is wanted there."""
        place = start + len(before[0])
        for number, (run, head) in enumerate(zip(runs, heads, strict=True)):
            if head == len(run):
                continue
            after = self.orders(run[head], place)
            if after:
                advanced = (*heads[:number], head + 1, *heads[number + 1 :])
                yield advanced, [one + other for one in before for other in after][:2]


def agrees(names: Sequence[str], order: Sequence[int]) -> tuple[int, int] | None:
    """None if an order goes by the numbers in the names, all of one before any of the next; else two layers that it has
    the other way round."""
    place = {layer: number for number, layer in enumerate(order)}

    def visit(branch: Branch) -> tuple[int, int] | None:
        for run in runs(branch):
            for one, other in pairwise(run):
                last = max(_layers(one), key=place.__getitem__)
                first = min(_layers(other), key=place.__getitem__)
                if place[last] > place[first]:
                    return last, first
        inner = (visit(child) for child in branch.below.values())
        return next((pair for pair in inner if pair), None)

    return visit(tree(names))


def _layers(branch: Branch) -> Iterator[int]:
    """Every layer of a branch."""
    if branch.layer is not None:
        yield branch.layer
    for child in branch.below.values():
        yield from _layers(child)
