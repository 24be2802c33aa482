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
from archspec.parity.ways import NodeDifferences
from archspec.records import dataclass

ALONE = "fed the reference's inputs, it gives another output"
NOT_CALLED = "it is not called on the values that the spec says"
UNWIRED = Suspicion("wiring", "it reads another row than the spec names, or is left out")
OTHER = "what it gives is not the value of the row that the spec ends in"
OTHER_OF = "what it gives as `{}` is not the value of the row that the spec names"
RETURNED = Suspicion("wiring", "it gives another row's value, or changes it")
ROUNDING = "no row differs by itself: small differences add up"


@dataclass(frozen=True, slots=True)
class DifferenceFinder:
    """Finds the nodes at which ways of a network differ."""

    graph: Graph
    weights: Mapping[str, Any]
    reference: Reference
    places: Places
    limit: float

    def diverging(self, way: str, run: NodeDifferences, paths: Iterable[str]) -> Iterator[Finding]:
        """Nodes of one way, each fed the reference's inputs. `paths` are those of the nodes that it should tell of."""
        for path in paths:
            if path not in self.reference.values:
                return
            if path not in run.differences:
                if run.error:
                    yield self.places.finding("values", way, path, run.error)
                    return
                yield self.places.finding("values", way, path, NOT_CALLED, None, UNWIRED)
                continue
            worst = run.differences[path]
            if not worst <= self.limit:
                message = self._message(path, run)
                cause = self._cause(path, run)
                yield self.places.finding("values", way, path, message, worst, cause)

    def _message(self, path: str, run: NodeDifferences) -> str:
        shape, wanted = run.shapes[path], self.reference.values[path].shape[1:]
        if shape != wanted:
            return f"fed the reference's inputs, it gives {times(shape)}, not {times(wanted)}"
        return ALONE

    def _cause(self, path: str, run: NodeDifferences) -> Suspicion | None:
        if run.first is None or run.first[0] != path:
            return None
        node, flow = self.places.nodes[path], origins(self.graph.root)
        case = case_of(node, flow, self.reference.values, self.weights)

        def others(shape: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
            return self._earlier(path, flow, shape)

        return suspect(node.op, case, run.first[1], others, self.limit)

    def _earlier(
        self, path: str, flow: Origins, shape: tuple[int, ...]
    ) -> Iterator[tuple[str, Array]]:
        """Values of a shape that are made before a node, but for its own inputs."""
        for source in (*(port.name for port in self.graph.inputs), *self.places.nodes):
            if source == path:
                return
            if source not in flow.inputs[path] and self.reference.values[source].shape == shape:
                yield source, self.reference.values[source]

    def chained(self, way: str, run: NodeDifferences) -> Finding:
        """A way that differs although none of its nodes does so by itself: the first node that is above the limit, or
        the whole."""
        for path, worst in run.differences.items():
            if not worst <= self.limit:
                return self.places.finding("values", way, path, ROUNDING, worst)
        if run.error:
            return self.places.finding("values", way, "", f"it does not run: {run.error}")
        name, worst = max(run.outputs.items(), key=lambda item: item[1])
        message = OTHER if len(run.outputs) == 1 else OTHER_OF.format(name)
        return self.places.finding("output", way, "", message, worst, RETURNED)


def watched(plan: Plan, runs: Iterable[NodeDifferences]) -> tuple[str, ...]:
    """Nodes whose output every way should give: those that end in a layer, and those that any way gives."""
    observed = {path for one in runs for path in one.differences}
    nodes = []
    for unit in plan.units():
        steps = [step for step in unit.steps if step.present]
        if steps and (steps[-1].style == "layer" or unit.node.path in observed):
            nodes.append(unit.node.path)
    return tuple(nodes)


def differs(run: NodeDifferences, paths: Iterable[str], limit: float) -> bool:
    """Whether a pass ended badly, left a node out, or has one or an output above the limit."""
    missing = set(paths) - run.differences.keys()
    figures = [*run.differences.values(), *run.outputs.values(), 0.0]
    return bool(run.error or missing) or not max(figures) <= limit
