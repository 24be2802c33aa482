"""Nodes that differ by themselves, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from archspec.graph.graph import Graph, Origins, origins
from archspec.graph.ops.arrays import Array
from archspec.graph.ops.base import times
from archspec.lowering.plan import Plan
from archspec.parity.places import Places
from archspec.parity.reference import Reference, case_of
from archspec.parity.report import Finding
from archspec.parity.suspects import Suspicion, suspect
from archspec.parity.ways import Heard
from archspec.records import dataclass

ALONE = "fed the reference's inputs, it gives another output"
DEAF = "it is not called on the values that the spec says"
UNWIRED = Suspicion("wiring", "it reads another row than the spec names, or is left out")
OTHER = "what it gives is not the value of the row that the spec ends in"
OTHER_OF = "what it gives as `{}` is not the value of the row that the spec names"
RETURNED = Suspicion("wiring", "it gives another row's value, or changes it")
ROUNDING = "no row differs by itself: small differences add up"


@dataclass(frozen=True, slots=True)
class Judge:
    """What is known of a network when ways of it differ."""

    graph: Graph
    weights: Mapping[str, Any]
    found: Reference
    places: Places
    limit: float

    def diverging(self, way: str, heard: Heard, told: Iterable[str]) -> Iterator[Finding]:
        """Nodes of one way, each fed the reference's inputs. `told` are the nodes that it should have been heard of."""
        for path in told:
            if path not in self.found.values:
                return
            if path not in heard.differences:
                if heard.said:
                    yield self.places.finding("values", way, path, heard.said)
                    return
                yield self.places.finding("values", way, path, DEAF, None, UNWIRED)
                continue
            worst = heard.differences[path]
            if not worst <= self.limit:
                said = self._said(path, heard)
                cause = self._cause(path, heard)
                yield self.places.finding("values", way, path, said, worst, cause)

    def _said(self, path: str, heard: Heard) -> str:
        shape, known = heard.shapes[path], self.found.values[path].shape[1:]
        if shape != known:
            return f"fed the reference's inputs, it gives {times(shape)}, not {times(known)}"
        return ALONE

    def _cause(self, path: str, heard: Heard) -> Suspicion | None:
        if heard.first is None or heard.first[0] != path:
            return None
        node, flow = self.places.nodes[path], origins(self.graph.root)
        case = case_of(node, flow, self.found.values, self.weights)

        def others(shape: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
            return self._earlier(path, flow, shape)

        return suspect(node.op, case, heard.first[1], others, self.limit)

    def _earlier(
        self, path: str, flow: Origins, shape: tuple[int, ...]
    ) -> Iterator[tuple[str, Array]]:
        """Values of a shape that are made before a node, but for its own inputs."""
        for source in (*(port.name for port in self.graph.inputs), *self.places.nodes):
            if source == path:
                return
            if source not in flow.inputs[path] and self.found.values[source].shape == shape:
                yield source, self.found.values[source]

    def chained(self, way: str, heard: Heard) -> Finding:
        """A way that differs although none of its nodes does so by itself: the first node that is above the limit, or
        the whole."""
        for path, worst in heard.differences.items():
            if not worst <= self.limit:
                return self.places.finding("values", way, path, ROUNDING, worst)
        if heard.said:
            return self.places.finding("values", way, "", f"it does not run: {heard.said}")
        name, worst = max(heard.outputs.items(), key=lambda item: item[1])
        said = OTHER if len(heard.outputs) == 1 else OTHER_OF.format(name)
        return self.places.finding("output", way, "", said, worst, RETURNED)


def expected(plan: Plan, heard: Iterable[Heard]) -> tuple[str, ...]:
    """Nodes of which a way is heard: those that end in a layer, and those that any way of the framework tells."""
    told = {path for one in heard for path in one.differences}
    found = []
    for unit in plan.units():
        steps = [step for step in unit.steps if step.present]
        if steps and (steps[-1].style == "layer" or unit.node.path in told):
            found.append(unit.node.path)
    return tuple(found)


def differs(heard: Heard, told: Iterable[str], limit: float) -> bool:
    """Whether a pass ended badly, left a node out, or has one or an output above the limit."""
    missing = set(told) - heard.differences.keys()
    figures = [*heard.differences.values(), *heard.outputs.values(), 0.0]
    return bool(heard.said or missing) or not max(figures) <= limit
