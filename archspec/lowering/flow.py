"""Values that cross the borders of scopes: what a container takes beside its input, what it gives beside its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import chain

from archspec.graph.graph import INPUT, Scope, ValueId
from archspec.lowering.plan import Plan, Unit
from archspec.records import dataclass

Refs = dict[ValueId, None]


@dataclass(frozen=True, slots=True)
class Crossings:
    """By the id of a scope: values from outside that it reads, values of its inside that others read. `read` are all
    values that any list reads."""

    captures: dict[int, Refs] = field(default_factory=dict)
    escapes: dict[int, Refs] = field(default_factory=dict)
    read: set[ValueId] = field(default_factory=set)


def passing(plan: Plan) -> dict[ValueId, ValueId]:
    """Values that are others by another name: of rows that compute nothing, and what enters a scope."""
    names = {ValueId(plan.scope.id, INPUT): ref for ref in plan.scope.inputs[:1]}
    for position, child in enumerate(plan.children):
        if isinstance(child, Plan):
            names |= passing(child)
        elif isinstance(child, Unit) and not any(step.present for step in child.steps):
            names[ValueId(plan.scope.id, position)] = child.node.inputs[0]
    return names


def crossings(plan: Plan, passed: Mapping[ValueId, ValueId] | None = None) -> Crossings:
    """Every value that is read outside the list that made it; one that is `passed` on is the value that it names."""
    chains: dict[int, tuple[int, ...]] = {}
    for list_, above in _scopes(plan, ()):
        chains[list_.id] = above
    result = Crossings()
    for user, read in reads(plan):
        ref = read
        while passed and ref in passed and ref.scope not in chains[user]:
            ref = passed[ref]
        result.read.add(ref)
        if ref.scope == user:
            continue
        inside, origin = chains[user], chains[ref.scope]
        for scope in inside:
            if scope not in origin:
                result.captures.setdefault(scope, {})[ref] = None
        for scope in origin:
            if scope not in inside:
                result.escapes.setdefault(scope, {})[ref] = None
    return result


def captures(plan: Plan) -> Refs:
    """Values of the lists around a scope that it reads beside what enters it, in order of first use."""
    inside = {scope.id for scope, _ in _scopes(plan, ())}
    return dict.fromkeys(ref for _, ref in reads(plan) if ref.scope not in inside)


def below(plan: Plan) -> Iterator[int]:
    """The ids of a scope and of all scopes in it, in order."""
    return (scope.id for scope, _ in _scopes(plan, ()))


def mirrored(plan: Plan, other: Plan) -> dict[ValueId, ValueId]:
    """What a scope reads from outside, and the values of its inside, as another scope of the same rows has them."""
    scopes = dict(zip(below(plan), below(other), strict=True))
    pairs = zip(reads(plan), reads(other), strict=True)
    outside = {mine: theirs for (_, mine), (_, theirs) in pairs if mine.scope not in scopes}
    inside = (
        (ValueId(mine, child), ValueId(theirs, child))
        for (mine, theirs), children in zip(scopes.items(), _lengths(plan), strict=True)
        for child in chain((INPUT,), range(children))
    )
    return {**dict(inside), **outside}


def _lengths(plan: Plan) -> Iterator[int]:
    yield len(plan.children)
    for child in plan.children:
        if isinstance(child, Plan):
            yield from _lengths(child)


def _scopes(plan: Plan, above: tuple[int, ...]) -> Iterator[tuple[Scope, tuple[int, ...]]]:
    chain = (*above, plan.scope.id)
    yield plan.scope, chain
    for child in plan.children:
        if isinstance(child, Plan):
            yield from _scopes(child, chain)


def reads(plan: Plan) -> Iterator[tuple[int, ValueId]]:
    """(the list that reads, the value), for nodes, for what enters a scope and for what a list gives."""
    for child in plan.children:
        if isinstance(child, Plan):
            for ref in child.scope.inputs:
                yield plan.scope.id, ref
            yield from reads(child)
            continue
        refs = child.node.inputs if isinstance(child, Unit) else child.inputs
        for ref in refs:
            yield plan.scope.id, ref
    for ref in plan.scope.results:
        yield plan.scope.id, ref


__all__ = ["INPUT", "Crossings", "below", "captures", "crossings", "mirrored", "passing", "reads"]
