"""Where in the spec a node stands, and findings with their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archspec.analysis.table import grouped
from archspec.graph.graph import Graph
from archspec.parity.report import Finding
from archspec.parity.suspects import Suspicion


class Places:
    """The nodes of a graph by path, in order, with their rows."""

    def __init__(self, graph: Graph) -> None:
        self.root = graph.root
        self.nodes = {node.path: node for node in graph.nodes()}
        self.order = {path: number for number, path in enumerate(self.nodes)}
        groups = list(grouped(graph.root))
        self.rows = {node.path: group[0].path for group in groups for node in group}

    def finding(
        self,
        check: str,
        way: str,
        path: str,
        message: str,
        difference: float | None = None,
        suspicion: Suspicion | None = None,
    ) -> Finding:
        """A finding about one way at the node of a path, or at the whole network."""
        span = self.nodes[path].span if path in self.nodes else self.root.span
        row = self.rows.get(path, "")
        return Finding(check, (way,), path, row, span, message, difference, suspicion)

    def merged(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """In the order of the rows, equal findings about several ways as one; those without a row come last."""
        merged: dict[object, Finding] = {}
        for finding in sorted(findings, key=self._place):
            key = (finding.check, finding.path, finding.message, finding.suspicion)
            before = merged.get(key)
            merged[key] = finding if before is None else _joined(before, finding)
        return tuple(merged.values())

    def _place(self, finding: Finding) -> int:
        return self.order.get(finding.path, len(self.order))


def _joined(first: Finding, second: Finding) -> Finding:
    differences = [d for d in (first.difference, second.difference) if d is not None]
    return replace(first, ways=first.ways + second.ways, difference=max(differences, default=None))
