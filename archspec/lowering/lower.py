"""From graph to plan: one walk for every backend, which brings its dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from archspec.graph.graph import Absent, Child, Graph, Node, Scope
from archspec.graph.ops.base import Operation
from archspec.lowering.dialect import Dialect, Lowering, Row, Table
from archspec.lowering.plan import Plan, Step, Unit
from archspec.source import Diagnostic, SpecError, place


class Unsupported(Exception):
    """What a backend cannot express, in words; the walk adds the place."""


class Broken(Exception):
    """A backend that fails on a node where it should have said that it cannot: a fault of its own, not of the spec."""

    def __init__(self, node: Node, backend: str, error: Exception) -> None:
        said = f"{type(error).__name__}: {error}"
        super().__init__(f"{place(node.span)}: {backend} fails on {node.path}: {said}")
        self.path, self.said = node.path, said


@contextmanager
def blamed(node: Node, backend: str) -> Iterator[None]:
    """Whatever goes wrong in here happened to this node; raises Broken in its place."""
    try:
        yield
    except (Unsupported, SpecError):
        raise
    except Exception as error:
        raise Broken(node, backend, error) from error


def lower(graph: Graph, dialect: Dialect) -> Plan:
    """The plan of a graph; raises SpecError that names every operation the dialect cannot express, BrokenPlugin."""
    walk = _Walk(dialect)
    plan = walk.scope(graph.root, "", "", walk.level(graph.root))
    if walk.problems:
        raise SpecError(walk.problems)
    return plan


class _Walk:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.problems: list[Diagnostic] = []
        self.natives: dict[str, str] = {}

    def scope(self, scope: Scope, name: str, native: str, level: Mapping[str, str]) -> Plan:
        names = tuple(self.name(scope, child, level) for child in scope.children)
        children = tuple(
            self.child(child, own, _join(native, own), level)
            for child, own in zip(scope.children, names, strict=True)
        )
        return Plan(scope, name, native, children, names)

    def level(self, scope: Scope) -> dict[str, str]:
        """Native names of the labels on one level: what the framework has taken gets a `_`, and no two are alike."""
        labels = dict.fromkeys(_labels(scope))
        found = {label: label for label in labels if not self.taken(label)}
        for label in labels:
            if label in found:
                continue
            bare = label.lstrip("_")
            native = f"{bare if bare.isidentifier() else f'row{bare}'}_"
            while native in found.values():
                native += "_"
            found[label] = native
        return found

    def taken(self, label: str) -> bool:
        """Whether the framework gives a name a meaning of its own; it names what is private with a `_`."""
        reserved = self.dialect.reserved
        return bool(reserved) and (label in reserved or label.startswith("_"))

    def name(self, scope: Scope, child: Child, level: Mapping[str, str]) -> str:
        """A child's own level in native paths.

        A turn with a single written row takes that row's place: `stages.0.block.1` is `stages.0.1`. An operation that
        is repeated by itself is `conv.0`, `conv.1`; if it takes more than one call, `conv.0.conv`.
        """
        label = (child.level if isinstance(child, Scope) else child.label) or ""
        if not label and isinstance(child, Node) and scope.kind == "turn":
            return "" if _takes_place(self.steps(child)) else child.op.stem
        alone = scope.kind == "turn" and len(scope.children) == 1 and child.when is None
        if not label or (alone and isinstance(child, Scope) and child.kind != "row"):
            return ""
        return level[label]

    def child(
        self, child: Child, name: str, native: str, level: Mapping[str, str]
    ) -> Unit | Plan | Absent:
        if isinstance(child, Scope):
            inner = self.level(child) if child.level else level
            return self.scope(child, name, native, inner)
        if isinstance(child, Absent):
            return child
        native = self.natives[child.shares] if child.shares else native
        self.natives[child.path] = native
        return Unit(child, native, self.steps(child))

    def steps(self, node: Node) -> tuple[Step, ...]:
        backend = self.dialect.title
        row = self.dialect.row(node.op)
        weights = node.weights
        try:
            if row is None:
                raise Unsupported(f"{backend} has no row for {node.op.name}")
            with blamed(node, backend):
                return row(node, weights)
        except Unsupported as error:
            self.problems.append(
                Diagnostic(
                    "unsupported-operation",
                    f"{error}",
                    node.span,
                    expected=f"what {backend} can express",
                    received=node.op.name,
                    hint=_elsewhere(node.op),
                )
            )
            return ()


def _elsewhere(op: Operation) -> str | None:
    """The backends that a plug-in's operation has rows for."""
    return f"its package has rows for {', '.join(op.rows)}" if op.rows else None


def _labels(scope: Scope) -> Iterator[str]:
    """The labels on the level of a scope: its children's, and those below children that add no level."""
    for child in scope.children:
        label = child.level if isinstance(child, Scope) else child.label
        if label:
            yield label
        elif isinstance(child, Scope):
            yield from _labels(child)


def _takes_place(steps: tuple[Step, ...]) -> bool:
    """Whether an operation is one layer, which can stand where its turn stands."""
    return not steps or (len(steps) == 1 and steps[0].style == "layer" and not steps[0].name)


def _join(native: str, name: str) -> str:
    return ".".join(part for part in (native, name) if part)


__all__ = ["Dialect", "Lowering", "Row", "Table", "Unsupported", "lower"]
