"""What feeds what in a network, by the names of its layers: recorded from a graph, or from a live model that tells it.

What has no weights and takes one value - activations, pools, paddings - is passed through: frameworks call and split
these as they like. A concatenation knows the order of its inputs, every other join does not.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from archspec.records import dataclass

JOIN = ""


@dataclass(frozen=True, slots=True)
class WiringNode:
    """A layer with weights by its name, or a JOIN of several values.

    `inputs` are places of nodes before this one, -1 for the network's own inputs; `ordered` says whether their order
    matters.
    """

    layer: str
    inputs: tuple[int, ...]
    ordered: bool = False


Wiring = tuple[WiringNode, ...]


class WiringBuilder:
    """Records calls in order of use, by whatever names the values have."""

    def __init__(self, inputs: Sequence[Hashable]) -> None:
        self._nodes: list[WiringNode] = []
        self._places: dict[Hashable, int] = dict.fromkeys(inputs, -1)

    def add(
        self,
        value: Hashable,
        inputs: Sequence[Hashable],
        layers: Sequence[str] = (),
        *,
        ordered: bool = False,
    ) -> None:
        """A value computed from others, through layers with weights one after another, or none."""
        places = tuple(self._places[one] for one in inputs)
        if len(places) > 1:
            places = (self._append(WiringNode(JOIN, self._flat(places, ordered), ordered)),)
        for layer in layers:
            places = (self._append(WiringNode(layer, places)),)
        self._places[value] = places[0] if places else -1

    def wiring(self) -> Wiring:
        """What was recorded."""
        return tuple(self._nodes)

    def _append(self, node: WiringNode) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _flat(self, places: tuple[int, ...], ordered: bool) -> tuple[int, ...]:
        """Sums of sums are one sum, concatenations of concatenations one."""
        inputs: list[int] = []
        for place in places:
            node = self._nodes[place] if place >= 0 else None
            nested = node is not None and node.layer == JOIN and node.ordered == ordered
            inputs += node.inputs if node is not None and nested else (place,)
        return tuple(inputs)
