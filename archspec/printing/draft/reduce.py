"""An expression of the spec in the names that a printed definition knows: everything else becomes its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from archspec.graph.evaluate import FUNCTIONS, ExpressionError, Function, value_of
from archspec.graph.expr import (
    Apply,
    Binary,
    Expr,
    IfElse,
    Lit,
    Sym,
    Unary,
    Value,
    parts,
    rebuild,
    substitute,
    symbols,
)
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import CarriedSize, FrameworkName, FunctionArgument, Symbol
from archspec.records import dataclass

Values = Mapping[Symbol, Value]


@dataclass(slots=True)
class CallSite:
    """One place where a definition's line runs: `known` are the names that the printed code has there, `full` all names
    of the spec, `aliases` names that stand for an expression in others. `turns` are those of the loops around it."""

    use: int
    known: dict[Symbol, Value]
    full: Values
    aliases: dict[Symbol, Expr] = field(default_factory=dict)
    turns: tuple[int, ...] = ()

    def within(self, full: Values) -> CallSite:
        """The same place seen with the names of an inner scope."""
        return CallSite(self.use, self.known, {**self.full, **full}, self.aliases, self.turns)


@dataclass(frozen=True, slots=True)
class Reducer:
    """`functions` are the file's; those in `kept` keep their name where the definition may print them."""

    functions: Mapping[str, Function]
    kept: frozenset[str] = frozenset()

    def reduce(self, expr: Expr, place: CallSite) -> Expr:
        """`expr` over known names, constants folded."""
        if isinstance(expr, Sym):
            return self._symbol(expr, place)
        if isinstance(expr, Apply) and expr.function in self.functions:
            return self._own(expr, place)
        below = tuple(self.reduce(part, place) for part in parts(expr))
        return self._fold(rebuild(expr, below) if below else expr)

    def _symbol(self, expr: Sym, place: CallSite) -> Expr:
        alias = place.aliases.get(expr.symbol)
        if alias is not None and closed(alias, place):
            return alias
        if expr.symbol in place.known:
            return expr
        return Lit(place.full[expr.symbol]) if expr.symbol in place.full else expr

    def _own(self, expr: Apply, place: CallSite) -> Expr:
        function = self.functions[expr.function]
        args = tuple(self.reduce(arg, place) for arg in expr.args)
        if function.name in self.kept:
            return Apply(function.name, args)
        bound: dict[Expr, Expr] = {
            Sym(FunctionArgument(name)): a
            for name, a in zip(function.parameters, args, strict=True)
        }
        hidden: dict[Expr, Expr] = {
            Sym(name): Sym(FunctionArgument(name)) for name in function.parameters
        }
        body = self.reduce(substitute(function.body, hidden), place)
        return self._again(substitute(body, bound))

    def _again(self, expr: Expr) -> Expr:
        below = tuple(self._again(part) for part in parts(expr))
        return self._fold(rebuild(expr, below) if below else expr)

    def _fold(self, expr: Expr) -> Expr:
        below = parts(expr)
        if isinstance(expr, IfElse) and isinstance(expr.test, Lit):
            return expr.body if expr.test.value else expr.orelse
        if isinstance(expr, Binary) and expr.op in ("and", "or"):
            return _logic(expr)
        if isinstance(expr, Apply) and expr.function not in FUNCTIONS:
            return expr
        if below and all(isinstance(part, Lit) for part in below):
            try:
                return Lit(value_of(expr, {}, {}))
            except (ExpressionError, KeyError):
                return expr
        return expr

    def holds(self, expr: Expr, value: Value, place: CallSite) -> bool:
        """Whether a reduced expression gives this value at this place, of the same type."""
        try:
            found = value_of(expr, {**place.full, **place.known}, self.functions)
        except (ExpressionError, KeyError, TypeError):
            return opaque(expr)
        return found == value and type(found) is type(value)


def as_logic(test: Expr) -> Expr:
    """A condition without `a if b else c`."""
    if not isinstance(test, IfElse):
        return test
    yes, no = as_logic(test.body), as_logic(test.orelse)
    if (yes, no) == (Lit(True), Lit(False)):
        return test.test
    if (yes, no) == (Lit(False), Lit(True)):
        return Unary("not", test.test)
    other = _logic(Binary("and", Unary("not", test.test), no))
    return _logic(Binary("or", _logic(Binary("and", test.test, yes)), other))


def opaque(expr: Expr) -> bool:
    """Whether this is a call that only the framework knows, such as an initialiser."""
    return isinstance(expr, Apply) and isinstance(expr.function, FrameworkName)


def closed(expr: Expr, place: CallSite) -> bool:
    """Whether every name of an expression is known at a place."""
    return all(name in place.known for name in symbols(expr))


def simpler(expr: Expr) -> Expr:
    """An expression without factors that change nothing: `int(filters * 64 / 64) * 1` as `filters`.

    Right for whole numbers; whether it is where it would stand is asked of each place.
    """
    below = tuple(simpler(part) for part in parts(expr))
    expr = rebuild(expr, below) if below else expr
    match expr:
        case Binary("*", one, Lit(1)) | Binary("*", Lit(1), one) | Binary("//", one, Lit(1)):
            return one
        case Binary("/", Binary("*", one, Lit(n)), Lit(m)) if n == m:
            return one
        case Apply("int", (Sym() as one,)):
            return one
    return expr


def opposite(first: Expr | None, second: Expr | None) -> bool:
    """Whether of two conditions one holds exactly where the other does not, and what holds cannot change between
    them: neither reads a size that loops carry."""
    if (
        first is None
        or second is None
        or any(isinstance(symbol, CarriedSize) for symbol in symbols(first))
    ):
        return False
    if isinstance(first, Binary) and isinstance(second, Binary):
        sides = (first.left, first.right) == (second.left, second.right)
        return sides and {first.op, second.op} in ({"==", "!="}, {"<", ">="}, {">", "<="})
    return second == Unary("not", first) or first == Unary("not", second)


def _logic(expr: Binary) -> Expr:
    dominant = expr.op == "or"
    for this, other in ((expr.left, expr.right), (expr.right, expr.left)):
        if isinstance(this, Lit):
            return this if this.value == dominant else other
    return expr


def values(quantities: Iterable[Quantity]) -> list[Value]:
    return [quantity.value for quantity in quantities]


def same(found: list[Value]) -> bool:
    """Whether all values are one, of one type."""
    return all(v == found[0] and type(v) is type(found[0]) for v in found)
