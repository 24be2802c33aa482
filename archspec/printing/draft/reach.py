"""Questions about plans: which values cross the edges of a scope, which loops there are, what a loop changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from archspec.graph.graph import Absent, Scope
from archspec.graph.quantity import Quantity
from archspec.lowering.plan import Plan, Unit
from archspec.printing.draft.index import Defined


def around(plan: Plan, path: str) -> list[Scope]:
    """The loops and definitions around the row of a path, the innermost first; of any path, all of them."""
    found: list[Scope] = []
    for child in plan.children:
        if isinstance(child, Plan) and (not path or f"{path}.".startswith(f"{child.scope.path}.")):
            found += around(child, path)
            found += [child.scope] if child.scope.kind in ("loop", "block", "group", "turn") else []
    return found


def alike(
    plans: Sequence[Plan], defines: Callable[[Plan], Defined | None]
) -> Iterator[tuple[int, Defined]]:
    """The turns that stand where other turns - of their loop, of another use, of another plan - are definitions, and
    what they all become."""
    turns = [turn for plan in plans for turn in _turns(plan)]
    kinds = {turn.scope.span.start: kind for turn in turns if (kind := defines(turn)) is not None}
    for turn in turns:
        if turn.scope.span.start in kinds:
            yield turn.scope.id, kinds[turn.scope.span.start]


def _turns(plan: Plan) -> Iterator[Plan]:
    for child in plan.children:
        if isinstance(child, Plan):
            if child.scope.kind == "turn":
                yield child
            yield from _turns(child)


def when_of(child: Unit | Plan | Absent | None) -> Quantity | None:
    if child is None:
        return None
    if isinstance(child, Absent):
        return child.when
    return child.node.when if isinstance(child, Unit) else child.scope.when


def writes(plan: Plan, axis: str) -> bool:
    """Whether a loop below changes a size from turn to turn."""
    for child in plan.children:
        if not isinstance(child, Plan):
            continue
        scope = child.scope
        entered = dict(scope.input_types[0].axes).get(axis)
        left = dict(scope.output.axes).get(axis)
        moved = entered is not None and left is not None and entered.value != left.value
        if (scope.kind == "turn" and moved) or writes(child, axis):
            return True
    return False
