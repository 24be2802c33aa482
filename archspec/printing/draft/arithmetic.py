"""Sums as a careful person writes them: `2 * x` for `x + x`, `x * n` for `x + x * (n - 1)`, one number for several.

Only what is equal for all whole numbers is changed. Sums of other numbers stay as they are, since floats are added in
the order in which they are written.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from archspec.graph.expr import Apply, Binary, Expr, IfElse, Lit, Sym, parts, rebuild
from archspec.graph.symbols import CarriedSize, EnteredSize, Symbol

_WHOLE = {"int", "round", "floor", "ceil", "len", "make_divisible"}


def is_whole(expr: Expr, names: Set[Symbol]) -> bool:
    """Whether an expression is a whole number where those of `names` are."""
    match expr:
        case Lit(value):
            return isinstance(value, int) and not isinstance(value, bool)
        case Sym(symbol):
            return symbol in names or isinstance(symbol, EnteredSize | CarriedSize)
        case Binary("+" | "-" | "*" | "//" | "%", left, right):
            return is_whole(left, names) and is_whole(right, names)
        case IfElse(body, _, orelse):
            return is_whole(body, names) and is_whole(orelse, names)
        case Apply("min" | "max" | "abs", args):
            return all(is_whole(arg, names) for arg in args)
        case Apply(function, args):
            return function in _WHOLE and (function != "round" or len(args) == 1)
    return False


def tidied(expr: Expr, names: Set[Symbol]) -> Expr:
    """An expression whose sums are short; `names` are those of whole numbers."""
    below = tuple(tidied(part, names) for part in parts(expr))
    expr = rebuild(expr, below) if below else expr
    match expr:
        case Binary("+" | "-"):
            return _summed(expr, names)
        case Binary("//", Binary("*", one, Lit(n)) | Binary("*", Lit(n), one), Lit(m)):
            exact = n == m and m != 0 and is_whole(expr, names)
            return one if exact else expr
        case Binary("*", one, Lit(1)) | Binary("*", Lit(1), one) | Binary("//", one, Lit(1)):
            return one if is_whole(expr, names) else expr
    return expr


def _summed(expr: Expr, names: Set[Symbol]) -> Expr:
    """A sum with each of its terms once, numbers last."""
    terms = _terms(expr, 1)
    counts: dict[Expr, int] = {}
    number = 0
    for term, sign in terms:
        times, base = _factor(term)
        if isinstance(base, Lit) and is_whole(base, names):
            value: Any = base.value
            number += sign * times * value
        else:
            counts[base] = counts.get(base, 0) + sign * times
    _products(counts)
    merged = len(counts) + (number != 0)
    first = next(iter(counts.values()), 0)
    if merged == len(terms) or first < 0 or not all(is_whole(term, names) for term, _ in terms):
        return expr
    found: Expr | None = None
    for base, times in counts.items():
        found = _added(found, base, times) if times else found
    if found is None:
        return Lit(number)
    return _added(found, Lit(abs(number)), 1 if number > 0 else -1) if number else found


def _terms(expr: Expr, sign: int) -> list[tuple[Expr, int]]:
    """The terms of a sum, with 1 or -1."""
    if isinstance(expr, Binary) and expr.op in ("+", "-"):
        right = sign if expr.op == "+" else -sign
        return [*_terms(expr.left, sign), *_terms(expr.right, right)]
    return [(expr, sign)]


def _factor(term: Expr) -> tuple[int, Expr]:
    """How often a term has what stands in it."""
    match term:
        case Binary("*", Lit(n), base) | Binary("*", base, Lit(n)) if type(n) is int:
            return n, base
    return 1, term


def _products(counts: dict[Expr, int]) -> None:
    """Put `x` into `x * (n - 1)`, which is `x * n`."""
    for term in [*counts]:
        match term:
            case Binary("*", base, Binary("-", times, Lit(1))) if (
                counts[term] == 1 == counts.get(base)
            ):
                pairs = [
                    (Binary("*", base, times), 1) if e == base else (e, n)
                    for e, n in counts.items()
                ]
                counts.clear()
                counts.update((e, n) for e, n in pairs if e != term)


def _added(total: Expr | None, base: Expr, times: int) -> Expr:
    many = base if abs(times) == 1 else Binary("*", Lit(abs(times)), base)
    if total is None:
        return many
    return Binary("+" if times > 0 else "-", total, many)


def evenly(pairs: set[tuple[int, int]]) -> tuple[int, int] | None:
    """The slope and start of numbers that follow turns evenly; None if they do not."""
    (turn, number), *others = sorted(pairs)
    if not others or others[0][0] == turn:
        return None
    slope = (others[0][1] - number) // (others[0][0] - turn)
    start = number - slope * turn
    even = slope != 0 and all(number == start + slope * turn for turn, number in pairs)
    return (slope, start) if even else None


def index(slope: int, start: int, counter: Sym) -> Expr:
    """`start + slope * counter`, as people write it."""
    scaled: Expr = counter if abs(slope) == 1 else Binary("*", Lit(abs(slope)), counter)
    if start == 0 and slope > 0:
        return scaled
    return Binary("+" if slope > 0 else "-", Lit(start), scaled)
