"""Which layer is fed by which: two networks compared by their wiring, where a live model tells its own.

Layers are told apart by all that feeds them and all that they feed, as far as it has weights. What has none and takes
one value - activations, pools, paddings - is passed through: frameworks call and split these as they like. A
concatenation knows the order of its inputs, every other join does not.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from archspec.records import dataclass

JOIN = ""


@dataclass(frozen=True, slots=True)
class Joint:
    """A layer with weights by its name, or a join of several values. `fed` are numbers of joints before this one, -1
    for the network's own inputs; `ordered` says whether their order matters."""

    layer: str
    fed: tuple[int, ...]
    ordered: bool = False


Wiring = tuple[Joint, ...]


class Weaver:
    """Joints made in order of use, by whatever names the values have."""

    def __init__(self, inputs: Sequence[Hashable]) -> None:
        self.joints: list[Joint] = []
        self.made: dict[Hashable, int] = dict.fromkeys(inputs, -1)

    def add(
        self,
        value: Hashable,
        fed: Sequence[Hashable],
        layers: Sequence[str] = (),
        *,
        ordered: bool = False,
    ) -> None:
        """A value that comes of others, through layers with weights one after another, or none."""
        numbers = tuple(self.made[one] for one in fed)
        if len(numbers) > 1:
            numbers = (self._number(Joint(JOIN, self._flat(numbers, ordered), ordered)),)
        for layer in layers:
            numbers = (self._number(Joint(layer, numbers)),)
        self.made[value] = numbers[0] if numbers else -1

    def _number(self, joint: Joint) -> int:
        self.joints.append(joint)
        return len(self.joints) - 1

    def _flat(self, numbers: tuple[int, ...], ordered: bool) -> tuple[int, ...]:
        """Sums of sums are one sum, concatenations of concatenations one."""
        found: list[int] = []
        for number in numbers:
            joint = self.joints[number] if number >= 0 else None
            inner = joint is not None and joint.layer == JOIN and joint.ordered == ordered
            found += joint.fed if joint is not None and inner else (number,)
        return tuple(found)


def order(
    own: Wiring, theirs: Wiring, wanted: Mapping[str, Hashable], kinds: Mapping[str, Hashable]
) -> dict[str, str] | None:
    """The layer of each row, both by name, if the wiring leaves no choice. None where it does, where a layer is called
    twice, and where the networks are wired otherwise. Kinds are what may be told of each alone."""
    if any(_twice(wiring) for wiring in (own, theirs)):
        return None
    mine, yours = _digests(own, wanted), _digests(theirs, kinds)
    places = {digest: layer for layer, digest in yours.items()}
    if len(places) < len(yours) or sorted(mine.values()) != sorted(places):
        return None
    return {row: places[digest] for row, digest in mine.items()}


def _twice(wiring: Wiring) -> bool:
    layers = [joint.layer for joint in wiring if joint.layer != JOIN]
    return len(set(layers)) < len(layers)


def _digests(wiring: Wiring, kinds: Mapping[str, Hashable]) -> dict[str, int]:
    """Of each layer a number that it shares with those that nothing in the wiring tells from it."""
    above: list[int] = []
    for joint in wiring:
        fed = [above[number] if number >= 0 else 0 for number in joint.fed]
        kind = kinds[joint.layer] if joint.layer != JOIN else joint.ordered
        above.append(hash((kind, *(fed if joint.ordered else sorted(fed)))))
    below: list[list[int]] = [[] for _ in wiring]
    found: dict[str, int] = {}
    for number in reversed(range(len(wiring))):
        joint, digest = wiring[number], hash((above[number], *sorted(below[number])))
        if joint.layer != JOIN:
            found[joint.layer] = digest
        elif not below[number]:  # a part of another join, and nothing else
            continue
        for place, source in enumerate(joint.fed):
            if source >= 0:
                below[source].append(hash((digest, place if joint.ordered else 0)))
    return found
