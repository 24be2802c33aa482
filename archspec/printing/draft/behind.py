"""What is behind an expression of a block: its parameters, through the names that it derives from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archspec.graph.evaluate import ExpressionError, Function, value_of
from archspec.graph.expr import Expr, Value, symbols
from archspec.graph.graph import Scope
from archspec.graph.symbols import Symbol
from archspec.records import dataclass


def parameters_behind(expr: Expr, scope: Scope) -> Iterator[Symbol]:
    """The parameters and entering sizes of a block that an expression hangs on, with repetitions."""
    for symbol in symbols(expr):
        if symbol in scope.arguments:
            yield symbol
        elif isinstance(symbol, str) and symbol in scope.lets:
            yield from parameters_behind(scope.lets[symbol].expr, scope)


@dataclass(frozen=True, slots=True)
class Tried:
    """A block whose expressions are computed with other numbers than the `names` of one use."""

    scope: Scope
    names: Mapping[Symbol, Value]
    functions: Mapping[str, Function]

    def by_chance(self, expr: Expr, own: Expr, tests: Sequence[Expr]) -> bool:
        """Whether two expressions of one value differ with another number with which no test turns out otherwise."""
        behind = dict.fromkeys(
            (*parameters_behind(expr, self.scope), *parameters_behind(own, self.scope))
        )
        now = [self.value(test, self.names) for test in tests]
        for changed in (names for symbol in behind for names in self._with_others(symbol)):
            if [self.value(test, changed) for test in tests] == now and (
                self.value(expr, changed) != self.value(own, changed)
            ):
                return True
        return False

    def _with_others(self, symbol: Symbol) -> Iterator[Mapping[Symbol, Value]]:
        """The names with other numbers for one of them."""
        value = self.names.get(symbol)
        if isinstance(value, bool) or not isinstance(value, int):
            return
        for other in (value + 1, value + 2, 2 * value):
            found = {**self.names, symbol: other}
            for name, let in self.scope.lets.items():
                derived = self.value(let.expr, found)
                found |= {} if derived is None else {name: derived}
            yield found

    def value(self, expr: Expr, names: Mapping[Symbol, Value]) -> Value | None:
        """The value of an expression; None where it has none."""
        try:
            return value_of(expr, names, self.functions)
        except (ExpressionError, KeyError):
            return None
