"""Expressions as data: those of specs, of shape rules and of generated source.

An expression is hashable and knows nothing of where it stands; `evaluate.py` computes it, `spelling.py` writes it as
Python. Nothing here runs text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from archspec.graph.symbols import Symbol
from archspec.records import dataclass

Value = int | float | bool | str | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Lit:
    """A literal number, word, truth value or list."""

    value: Value


@dataclass(frozen=True, slots=True)
class Sym:
    """A symbol: a name of the spec, or one of the kinds of `symbols.py`."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x` or `not x`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, a comparison, `and`, `or`, `in`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class IfElse:
    """`body if test else orelse`."""

    body: Expr
    test: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Apply:
    """A function by its name: the language's, the spec's, or a FrameworkName. Keywords keep their written order."""

    function: str
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """`base[index]`."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Items:
    """A list of expressions; its value is a tuple."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of the numbers in a list, or of its first `stop`: what `total` and `before` of a table's column are."""

    base: Expr
    stop: Expr | None = None
    column: str = ""


Expr = Lit | Sym | Unary | Binary | IfElse | Apply | Index | Items | Sum


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions."""
    return _PARTS[type(expr)](expr)


_PARTS: Mapping[type, Callable[[Any], tuple[Expr, ...]]] = {  # asked so often that a match is slow
    Lit: lambda expr: (),
    Sym: lambda expr: (),
    Unary: lambda expr: (expr.operand,),
    Binary: lambda expr: (expr.left, expr.right),
    IfElse: lambda expr: (expr.body, expr.test, expr.orelse),
    Index: lambda expr: (expr.base, expr.index),
    Items: lambda expr: expr.items,
    Sum: lambda expr: (expr.base,) if expr.stop is None else (expr.base, expr.stop),
    Apply: lambda expr: (*expr.args, *(value for _, value in expr.keywords)),
}


def rebuild(expr: Expr, new: tuple[Expr, ...]) -> Expr:
    """The same expression over other parts, in the order of `parts`."""
    match expr:
        case Lit() | Sym():
            return expr
        case Unary(op, _):
            return Unary(op, new[0])
        case Binary(op, _, _):
            return Binary(op, new[0], new[1])
        case IfElse():
            return IfElse(new[0], new[1], new[2])
        case Index():
            return Index(new[0], new[1])
        case Items():
            return Items(new)
        case Sum(_, stop, column):
            return Sum(new[0], None if stop is None else new[1], column)
        case Apply(function, args, keywords):
            names = [key for key, _ in keywords]
            return Apply(
                function, new[: len(args)], tuple(zip(names, new[len(args) :], strict=True))
            )


def symbols(expr: Expr) -> Iterator[Symbol]:
    """The symbols an expression reads, in order, with repetitions."""
    waiting = [expr]
    while waiting:
        expr = waiting.pop()
        if type(expr) is Sym:
            yield expr.symbol
        else:
            waiting += parts(expr)[::-1]


def calls(expr: Expr) -> Iterator[str]:
    """The functions an expression calls, in order, with repetitions."""
    if isinstance(expr, Apply):
        yield expr.function
    for part in parts(expr):
        yield from calls(part)


def substitute(expr: Expr, replacements: Mapping[Expr, Expr]) -> Expr:
    """`expr` with whole sub-expressions replaced."""
    return _substituted(expr, replacements, {type(old) for old in replacements})


def _substituted(expr: Expr, replacements: Mapping[Expr, Expr], kinds: Set[type]) -> Expr:
    """The same; only expressions of `kinds` are looked up, since a lookup hashes the whole expression."""
    new_expr = replacements.get(expr) if type(expr) in kinds else None
    if new_expr is not None:
        return new_expr
    below = parts(expr)
    new = tuple(_substituted(part, replacements, kinds) for part in below)
    return expr if all(a is b for a, b in zip(new, below, strict=True)) else rebuild(expr, new)
