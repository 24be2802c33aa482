"""A number as a pair: its value, and its expression in the symbols of its scope."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.evaluate import apply_binary, apply_function
from archspec.graph.expr import Apply, Binary, Expr, Lit, Value
from archspec.records import dataclass

# what a height or width of the network's input hangs on, beside variables
IMAGE = "the image's size"


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` here and now; `expr` in the symbols of the scope; `deps`, the file variables behind it, and IMAGE."""

    value: Value
    expr: Expr
    deps: frozenset[str] = frozenset()

    @staticmethod
    def of(value: Value) -> Quantity:
        """A constant."""
        return Quantity(value, Lit(value))

    @property
    def whole(self) -> int:
        """The value as a whole number, which a rule has checked before."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise TypeError(f"{self.value!r} is not a whole number")
        return self.value

    @property
    def word(self) -> str:
        """The value as a word, which a rule has checked before."""
        if not isinstance(self.value, str):
            raise TypeError(f"{self.value!r} is not a word")
        return self.value

    def _with(self, op: str, other: Quantity | int | float, *, turned: bool = False) -> Quantity:
        second = other if isinstance(other, Quantity) else Quantity.of(other)
        left, right = (second, self) if turned else (self, second)
        value = apply_binary(op, left.value, right.value)
        return Quantity(value, Binary(op, left.expr, right.expr), left.deps | right.deps)

    def __add__(self, other: Quantity | int | float) -> Quantity:
        return self._with("+", other)

    def __sub__(self, other: Quantity | int | float) -> Quantity:
        return self._with("-", other)

    def __mul__(self, other: Quantity | int | float) -> Quantity:
        return self if _is_one(other) else self._with("*", other)

    def __floordiv__(self, other: Quantity | int | float) -> Quantity:
        return self if _is_one(other) else self._with("//", other)

    def __rsub__(self, other: int | float) -> Quantity:
        return self._with("-", other, turned=True)

    def above(self, bound: int) -> Quantity:
        """Whether the value is greater than a bound."""
        return self._with(">", bound)


def _is_one(factor: Quantity | int | float) -> bool:
    """Whether this is 1 whatever the symbols stand for."""
    return factor.expr == Lit(1) if isinstance(factor, Quantity) else factor == 1


def apply(name: str, *args: Quantity, **keywords: Quantity) -> Quantity:
    """One of the language's own functions on pairs."""
    value = apply_function(
        name, tuple(arg.value for arg in args), {k: q.value for k, q in keywords.items()}
    )
    expr = Apply(name, tuple(q.expr for q in args), tuple((k, q.expr) for k, q in keywords.items()))
    return Quantity(value, expr, union(*args, *keywords.values()))


def union(*quantities: Quantity) -> frozenset[str]:
    """The file variables behind several quantities."""
    return frozenset().union(*(quantity.deps for quantity in quantities))


Attributes = Mapping[str, "Quantity"]
