"""From graph to plan: one walk for every backend, which brings its table and its reserved names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archspec.graph.graph import Absent, Child, Graph, Node, Scope
from archspec.graph.ops.base import Weight
from archspec.lowering.plan import Plan, Step, Unit
from archspec.source import Diagnostic, SpecError

Row = Callable[[Node, tuple[Weight, ...]], tuple[Step, ...]]
Table = Mapping[str, Row]


class Unsupported(Exception):
    """What a backend cannot express, in words; the walk adds the place."""


def lower(graph: Graph, table: Table, reserved: frozenset[str], backend: str) -> Plan:
    """The plan of a graph; raises SpecError that names every operation the table cannot express."""
    walk = _Walk(table, reserved, backend)
    plan = walk.scope(graph.root, "", "")
    if walk.problems:
        raise SpecError(walk.problems)
    return plan


class _Walk:
    def __init__(self, table: Table, reserved: frozenset[str], backend: str) -> None:
        self.table, self.reserved, self.backend = table, reserved, backend
        self.problems: list[Diagnostic] = []

    def scope(self, scope: Scope, name: str, native: str) -> Plan:
        names = tuple(self.name(scope, child) for child in scope.children)
        children = tuple(
            self.child(child, own, _join(native, own))
            for child, own in zip(scope.children, names, strict=True)
        )
        return Plan(scope, name, native, children, names)

    def name(self, scope: Scope, child: Child) -> str:
        """A child's own level in native paths.

        A turn with a single written row takes that row's place: `stages.0.block.1` is `stages.0.1`.
        """
        label = child.label or ""
        alone = scope.kind == "turn" and len(scope.children) == 1 and child.when is None
        if not label or (alone and isinstance(child, Scope) and child.kind != "row"):
            return ""
        return f"{label}_" if label in self.reserved else label

    def child(self, child: Child, name: str, native: str) -> Unit | Plan | Absent:
        if isinstance(child, Scope):
            return self.scope(child, name, native)
        if isinstance(child, Absent):
            return child
        return Unit(child, native, self.steps(child))

    def steps(self, node: Node) -> tuple[Step, ...]:
        row = self.table.get(node.op.name)
        weights = node.op.weights(node.attrs, node.input_types)
        try:
            if row is None:
                raise Unsupported(f"{self.backend} has no row for {node.op.name}")
            return row(node, weights)
        except Unsupported as error:
            self.problems.append(
                Diagnostic(
                    "unsupported-operation",
                    f"{error}",
                    node.span,
                    expected=f"what {self.backend} can express",
                    received=node.op.name,
                )
            )
            return ()


def _join(native: str, name: str) -> str:
    return ".".join(part for part in (native, name) if part)
