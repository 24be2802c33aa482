"""From graph to plan: one walk for every backend, which brings its dialect."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from itertools import chain

from archspec.exceptions import ArchspecError
from archspec.graph.graph import Absent, Child, Graph, Node, Scope
from archspec.graph.ops.base import Operation
from archspec.lowering import distinct
from archspec.lowering.dialect import Dialect, Lowering, Row, Table
from archspec.lowering.plan import Plan, Step, Unit
from archspec.records import dataclass
from archspec.source import Diagnostic, SpecError, place
from archspec.source.mistakes import unsupported_operation


class Unsupported(Exception):
    """What a backend cannot express, in words, and the way out if it knows one; the walk adds the place."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Broken(ArchspecError):
    """A backend that fails on a node where it should have said that it cannot: a fault of its own, not of the spec."""

    fault = True

    def __init__(self, node: Node, backend: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        super().__init__(f"{place(node.span)}: {backend} fails on {node.path}: {reason}")
        self.path, self.reason = node.path, reason


@contextmanager
def blamed(node: Node, backend: str) -> Iterator[None]:
    """Turns unexpected exceptions of its block into Broken, with this node."""
    try:
        yield
    except (Unsupported, SpecError):
        raise
    except Exception as error:
        raise Broken(node, backend, error) from error


def lower(graph: Graph, dialect: Dialect) -> Plan:
    """The plan of a graph; raises SpecError that names every operation the dialect cannot express, BrokenPlugin.

    Raises SharedPath, a fault, where two rows have one native path.
    """
    walk = _Walk(dialect)
    for node in graph.nodes():
        walk.steps[node.path] = walk.lowered(node)
    if walk.problems:
        raise SpecError(walk.problems)
    plan = walk.scope(graph.root, "", "", walk.outermost(graph.root))
    distinct.check(plan, dialect.title, dialect.separator)
    return plan


@dataclass(slots=True)
class _Level:
    """The native names of one level: by label, all names in use, and the labels whose name a child has."""

    labels: dict[str, str]
    names: set[str]
    used: set[str] = field(default_factory=set)

    def of(self, label: str, *, present: bool) -> str:
        """The name of a child. Two may have one label: the shortcuts of residuals that add no level of their own.

        A dropped row makes nothing, so that its name may be that of the row which stands for it."""
        if present and label in self.used:
            return self.free(self.labels[label])
        if present:
            self.used.add(label)
        return self.labels[label]

    def free(self, wanted: str) -> str:
        """The wanted name, with `_` appended until it is free on this level; it is in use from then on."""
        while wanted in self.names:
            wanted += "_"
        self.names.add(wanted)
        return wanted


class _Walk:
    """`steps` are those of every node, `units` what became of it, by path."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.problems: list[Diagnostic] = []
        self.steps: dict[str, tuple[Step, ...]] = {}
        self.units: dict[str, Unit] = {}

    def scope(self, scope: Scope, name: str, native: str, level: _Level) -> Plan:
        names = tuple(self.name(scope, child, level) for child in scope.children)
        children = tuple(
            self.child(child, own, self.join(native, own), level)
            for child, own in zip(scope.children, names, strict=True)
        )
        return Plan(scope, name, native, children, names)

    def join(self, native: str, name: str) -> str:
        return self.dialect.separator.join(part for part in (native, name) if part)

    def outermost(self, root: Scope) -> _Level:
        """The names of a model's own level; they differ from the names that it or the framework gives to values."""
        called = {*self.dialect.called, *map(self.called, chain(*self.steps.values()))} - {""}
        labels = dict.fromkeys(_labels(root))
        clashing = {label for label in labels if re.sub("_[0-9]+$", "", label) in called}
        return self.level(labels, clashing | {port.name for port in root.takes})

    def called(self, step: Step) -> str:
        """What the framework calls the value of a step that is no layer."""
        target = self.dialect.targets.get(step.call.target)
        return target.called if target and step.style != "layer" else ""

    def level(self, labels: Iterable[str], reserved: Collection[str] = ()) -> _Level:
        """The native names of a level's labels, all different; one that is `reserved` or the framework's gets a `_`."""
        level = _Level({}, set(reserved))
        for label in sorted(labels, key=lambda label: label in reserved or self.is_reserved(label)):
            bare = label.lstrip("_")
            bare = bare if bare.isidentifier() else f"row{bare}"
            level.labels[label] = level.free(f"{bare}_" if self.is_reserved(label) else label)
        return level

    def is_reserved(self, label: str) -> bool:
        """Whether a name has a meaning in the framework, or begins with `_` as its private names do."""
        reserved = self.dialect.reserved
        return bool(reserved) and (label in reserved or label.startswith("_"))

    def name(self, scope: Scope, child: Child, level: _Level) -> str:
        """A child's own level in native paths.

        A turn with a single written row takes that row's place: `stages.0.block.1` is `stages.0.1`; so does a branch or
        a group, which `shortcut.conv` is `shortcut` of. An operation that is repeated by itself is `conv.0`, `conv.1`;
        if it takes more than one call, `conv.0.conv`.
        """
        label = (child.level if isinstance(child, Scope) else child.label) or ""
        if not label and isinstance(child, Node) and scope.kind == "turn":
            return "" if _takes_place(self.steps[child.path]) else child.op.stem
        if scope.kind == "split":
            return level.free(label)
        if scope.kind in ("branch", "group") and scope.level and len(scope.children) == 1:
            layer = isinstance(child, Node) and _takes_place(self.steps[child.path])
            whole = isinstance(child, Scope) and child.kind in ("row", "block") and child.label
            if layer or whole:
                return ""
        alone = scope.kind == "turn" and scope.level and len(scope.children) == 1
        alone = alone and child.when is None
        if not label or (alone and isinstance(child, Scope) and child.kind != "row"):
            return ""
        return level.of(label, present=child.present)

    def child(self, child: Child, name: str, native: str, level: _Level) -> Unit | Plan | Absent:
        if isinstance(child, Scope):
            inner = self.level(dict.fromkeys(_labels(child))) if child.level else level
            return self.scope(child, name, native, inner)
        if isinstance(child, Absent):
            return child
        steps = self.steps[child.path]
        if child.shares:
            shared = self.units[child.shares]
            names = [step.name for step in shared.steps]
            unit = Unit(child, shared.native, _renamed(steps, names))
        else:
            unit = Unit(child, native, _renamed(steps, _names(steps, name, level)))
        self.units[child.path] = unit
        return unit

    def lowered(self, node: Node) -> tuple[Step, ...]:
        backend = self.dialect.title
        row = self.dialect.row(node.op)
        weights = node.weights
        try:
            if row is None:
                raise Unsupported(f"{backend} has no row for {node.op.name}")
            with blamed(node, backend):
                return row(node, weights)
        except Unsupported as error:
            expected, hint = f"what {backend} can express", error.hint or _elsewhere(node.op)
            self.problems.append(
                unsupported_operation(node.span, f"{error}", expected, node.op.name, hint)
            )
            return ()


def _elsewhere(op: Operation) -> str | None:
    """The backends that a plug-in's operation has rows for."""
    return f"its package has rows for {', '.join(op.rows)}" if op.rows else None


def _labels(scope: Scope) -> Iterator[str]:
    """The labels on the level of a scope: its children's, and those below children that add no level.

    The pieces of a split are nobody's labels.
    """
    for child in () if scope.kind == "split" else scope.children:
        label = child.level if isinstance(child, Scope) else child.label
        if label:
            yield label
        elif isinstance(child, Scope):
            yield from _labels(child)


def _names(steps: Sequence[Step], name: str, level: _Level) -> list[str]:
    """Names of the steps of a unit that is called `name`: no layer is called as another row or layer of the level."""
    return [
        level.free(step.named(name)).removeprefix(f"{name}_")
        if step.name and step.style == "layer"
        else step.name
        for step in steps
    ]


def _renamed(steps: Sequence[Step], names: Sequence[str]) -> tuple[Step, ...]:
    return tuple(
        step if step.name == name else replace(step, name=name)
        for step, name in zip(steps, names, strict=True)
    )


def _takes_place(steps: tuple[Step, ...]) -> bool:
    """Whether an operation is one layer, which can stand where its turn stands."""
    return not steps or (len(steps) == 1 and steps[0].style == "layer" and not steps[0].name)


__all__ = ["Dialect", "Lowering", "Row", "Table", "Unsupported", "lower"]
