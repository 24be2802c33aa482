"""Questions about plans: which values cross the edges of a scope, which loops there are, what a loop changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from archspec.graph.expr import Expr, Lit, Sym, substitute
from archspec.graph.graph import Absent, Scope
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import CarriedSize, Symbol
from archspec.lowering.plan import Plan, Unit
from archspec.printing.draft.index import Defined, is_absent

MOST = 8  # turns of a loop whose sizes are followed one by one


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
    """The turns, and the lists of which no row is there, that stand where others - of their loop, of another use, of
    another plan - are definitions, and what they all become."""
    scopes = [scope for plan in plans for scope in _scopes(plan)]
    keyed = [((scope.scope.kind, scope.scope.span.start), scope) for scope in scopes]
    kinds = {key: kind for key, scope in keyed if (kind := defines(scope)) is not None}
    for key, scope in keyed:
        if key in kinds and (scope.scope.kind == "turn" or is_absent(scope)):
            yield scope.scope.id, kinds[key]


def alongside(plans: Sequence[Plan], ids: Collection[int]) -> Iterator[int]:
    """The scopes that stand where some others do, in other turns, uses or plans: one line is written for all."""
    scopes = [scope.scope for plan in plans for scope in _scopes(plan)]
    places = {(scope.kind, scope.span.start) for scope in scopes if scope.id in ids}
    return (scope.id for scope in scopes if (scope.kind, scope.span.start) in places)


def _scopes(plan: Plan) -> Iterator[Plan]:
    for child in plan.children:
        if isinstance(child, Plan):
            yield child
            yield from _scopes(child)


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


def left_sizes(plan: Plan, keep: frozenset[str]) -> Iterator[tuple[CarriedSize, Quantity]]:
    """The sizes that loops in a list have changed, as their last turns leave them, in the names around the loop; those
    of loops whose number of turns hangs on what stays an argument (`keep`) are left out."""
    for child in plan.children:
        if not isinstance(child, Plan) or child.scope.kind == "block":
            continue
        loop = child.scope.loop
        turns = [turn for turn in child.children if isinstance(turn, Plan)]
        if child.scope.kind != "loop":
            yield from left_sizes(child, keep)
        elif turns and loop is not None and not loop.count.deps & keep:
            own = (loop.index, *loop.columns, *loop.derived)
            entered = dict(child.scope.input_types[0].axes)
            for axis, size in turns[0].scope.input_types[0].axes:
                symbol = size.expr.symbol if isinstance(size.expr, Sym) else None
                if isinstance(symbol, CarriedSize) and axis in dict(turns[-1].scope.output.axes):
                    yield symbol, _left(turns, axis, symbol, entered[axis].expr, own)


def _left(
    turns: Sequence[Plan], axis: str, symbol: CarriedSize, entered: Expr, own: Sequence[Symbol]
) -> Quantity:
    """A size behind a loop, from what enters it."""
    expr, last = entered, dict(turns[-1].scope.output.axes)[axis]
    for turn in turns[:MOST]:
        symbols = turn.scope.symbols
        said: dict[Expr, Expr] = {Sym(name): Lit(symbols[name]) for name in own if name in symbols}
        left = dict(turn.scope.output.axes).get(axis, last)
        expr = substitute(left.expr, {**said, Sym(symbol): expr})
    return Quantity(last.value, expr if len(turns) <= MOST else Lit(last.value), last.deps)
