"""Whether all layers and levels of a plan have native paths of their own; frameworks lose or refuse what has not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from archspec.exceptions import ArchspecError
from archspec.graph.graph import Node, Scope
from archspec.lowering.plan import Plan, Unit
from archspec.source import place

Row = Node | Scope


class SharedPath(ArchspecError):
    """Two rows with one native path: a fault of archspec or of a backend's table, not of the spec."""

    fault = True

    def __init__(self, native: str, backend: str, first: Row, second: Row) -> None:
        rows = " and ".join(f"{row.path} ({place(row.span)})" for row in (first, second))
        super().__init__(f"{rows} are both at `{native}` in {backend}")


def check(plan: Plan, backend: str, separator: str) -> None:
    """Raises SharedPath where a layer, a weight or a level of names stands where another does, or below a layer.

    A layer may stand at the level that holds it: a turn with one row takes that row's place.
    """
    levels: dict[str, Scope] = {}
    layers: dict[str, tuple[Node, str]] = {}
    weights: dict[str, Node] = {}

    def claim(native: str, row: Row, other: Row | None) -> None:
        if other is not None:
            raise SharedPath(native, backend, other, row)

    def take(plan: Plan, level: str) -> None:
        for child in plan.children:
            if not isinstance(child, Plan):
                continue
            if child.name:
                claim(child.native, child.scope, levels.get(child.native))
                levels[child.native] = child.scope
            take(child, child.native if child.name else level)
        for native, node, attributes in _layers(plan):
            claim(native, node, layers.get(native, (None,))[0])
            layers[native] = node, level
            for weight in attributes:
                claim(weight, node, weights.get(weight))
                weights[weight] = node

    take(plan, "")
    for native, (node, level) in layers.items():
        claim(native, node, levels.get(native) if native != level else None)
        *above, _ = accumulate(native.split(separator), f"{{}}{separator}{{}}".format)
        for path in above:
            claim(path, node, layers.get(path, (None,))[0])


def _layers(plan: Plan) -> Iterator[tuple[str, Node, list[str]]]:
    """(native path, node, native paths of its weights) of each layer that stands directly in a scope."""
    for child in plan.children:
        if not isinstance(child, Unit) or child.node.shares:
            continue
        for step in child.steps:
            if step.style == "layer":
                native = child.native_of(step)
                yield native, child.node, [f"{native}.{slot.native}" for slot in step.slots]
