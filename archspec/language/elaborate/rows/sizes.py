"""Sizes of values as expressions: kept short, and carried out of a block into its caller's names."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Expr, Lit, Sym, parts, substitute, symbols
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import Symbol
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.formulas.bindings import Bindings

LONGEST = 60  # parts of an expression beyond which nobody would read it


def compact(kind: TensorType) -> TensorType:
    """The type with sizes whose expression has outgrown any use written as their value."""
    if not any(_longer(size.expr, LONGEST) for _, size in kind.axes):
        return kind
    axes = []
    for name, size in kind.axes:
        long = _longer(size.expr, LONGEST)
        axes.append((name, Quantity(size.value, Lit(size.value), size.deps) if long else size))
    return TensorType(tuple(axes))


def _longer(expr: Expr, limit: int) -> bool:
    if isinstance(expr, Lit | Sym):
        return False
    waiting: list[Expr] = [expr]
    seen = 0
    while waiting:
        seen += 1
        if seen > limit:
            return True
        waiting += parts(waiting.pop())
    return False


def translated(
    kind: TensorType, outer: Mapping[Symbol, Quantity], lets: Mapping[str, Quantity], file: Bindings
) -> TensorType:
    """A type in a block's symbols, in those of the block's caller."""
    replaced: dict[Expr, Expr] = {Sym(name): q.expr for name, q in outer.items()}
    for name, quantity in lets.items():
        replaced[Sym(name)] = substitute(quantity.expr, replaced)
    sayable = {*outer, *lets, *file.values}
    axes: list[tuple[str, Quantity]] = []
    for name, size in kind.axes:
        said = all(symbol in sayable for symbol in symbols(size.expr))
        expr = substitute(size.expr, replaced) if said else Lit(size.value)
        axes.append((name, Quantity(size.value, expr, size.deps)))
    return compact(TensorType(tuple(axes)))
