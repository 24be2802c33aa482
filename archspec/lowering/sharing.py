"""Rows that use the weights of other rows: where the two stand, and which scopes lie between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from archspec.lowering.plan import Plan, Unit
from archspec.records import dataclass

Chain = tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What shares weights in a plan, or in several.

    `homes` are the scopes whose weights others use, by id; `kept` the paths of the nodes. `around` are the scopes
    around a row that uses another's weights, out to the first list that holds both; `inside` those around its single
    operations likewise, and `outside` those around the operations that own the weights.
    """

    homes: dict[int, Plan] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    around: set[int] = field(default_factory=set)
    inside: set[int] = field(default_factory=set)
    outside: set[int] = field(default_factory=set)


def sharing(*plans: Plan) -> Sharing:
    """The rows of plans that share weights, each with rows of its own plan."""
    result = Sharing()
    for plan in plans:
        _add(plan, result)
    return result


def _add(plan: Plan, sharing: Sharing) -> None:
    placed = list(_units(plan, ()))
    if not any(unit.node.shares for unit, _ in placed):
        return
    owners = {unit.node.path: chain for unit, chain in placed}
    for unit, chain in placed:
        if not unit.node.shares:
            continue
        owner = owners[unit.node.shares]
        below = _common(chain, owner)
        sharing.kept.add(unit.node.shares)
        sharing.inside.update(one.scope.id for one in chain[below:])
        sharing.outside.update(one.scope.id for one in owner[below:])
        rows = [k for k, one in enumerate(chain) if one.scope.shares]
        end = rows[0] if rows else len(chain)
        sharing.around.update(one.scope.id for one in chain[below:end])
    shared = {one.scope.shares for one in _plans(plan)} - {0}
    sharing.homes.update((one.scope.id, one) for one in _plans(plan) if one.scope.id in shared)


def _units(plan: Plan, above: Chain) -> Iterator[tuple[Unit, Chain]]:
    """Every operation with the scopes around it, the outermost first."""
    chain = (*above, plan)
    for child in plan.children:
        if isinstance(child, Unit):
            yield child, chain
        elif isinstance(child, Plan):
            yield from _units(child, chain)


def _plans(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.children:
        if isinstance(child, Plan):
            yield from _plans(child)


def _common(first: Chain, second: Chain) -> int:
    """How many scopes two chains have in common."""
    pairs = zip(first, second, strict=False)
    return next((k for k, (a, b) in enumerate(pairs) if a is not b), min(len(first), len(second)))
