"""The values of expressions: numbers, words, truth values and lists, within bounds of size and work."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from archspec.graph.expr import (
    Apply,
    Binary,
    Expr,
    IfElse,
    Index,
    Items,
    Lit,
    Sum,
    Sym,
    Unary,
    Value,
    parts,
)
from archspec.graph.symbols import Symbol
from archspec.records import dataclass
from archspec.source import Related
from archspec.source.kinds import Code
from archspec.source.mistakes import expression_budget, expression_value


class ExpressionError(Exception):
    """An expression that has no value; `code` is the kind, `name` the wrong part, `value` its value.

    `expected` is what might stand there, `near` are the names that might be meant, `notes` lead to other places.
    """

    def __init__(
        self,
        message: str,
        *,
        code: Code = expression_value,
        name: str | None = None,
        hint: str | None = None,
        value: Value | None = None,
        expected: str | None = None,
        near: tuple[str, ...] = (),
        notes: tuple[Related, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.name, self.hint = code, message, name, hint
        self.value, self.expected, self.near, self.notes = value, expected, near, notes


MAX_BITS = 256
MAX_STEPS = 20_000
MAX_DEPTH = 120  # parts in one another, those of functions where they are called


def make_divisible(
    value: float, divisor: int = 8, min: int | None = None, limit: float = 0.9
) -> int:
    """Round to a multiple of the divisor, raised by one step if more than 1 - limit was lost.

    The rule of Sandler et al. 2018 (MobileNet v2), as in tensorflow/models and in
    torchvision's `_make_divisible`.
    """
    rounded = max(min or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < limit * value else rounded


def _number(value: Value, what: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{what} needs a number, not {describe(value)}"
        raise ExpressionError(message, value=value)
    return value


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > MAX_BITS:
        raise ExpressionError(f"a number of more than {MAX_BITS} bits", code=expression_budget)
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("the result is not a finite number")
    if isinstance(value, complex):
        raise ExpressionError("the result is not a real number")
    return value


def _power(left: int | float, right: int | float) -> int | float:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        bits = left.bit_length() * right
        if bits > MAX_BITS and left not in (-1, 0, 1):
            raise ExpressionError(
                f"a power of about {bits:,} bits", name="**", code=expression_budget
            )
    return left**right


ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": _power,
}
ORDERING: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _round(value: float, digits: int | None = None) -> int | float:
    return round(value, digits) if digits is not None else round(value)


FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int, tuple[str, ...]]] = {
    # name: (function, fewest arguments, most positional arguments, keywords)
    "int": (int, 1, 1, ()),
    "round": (_round, 1, 2, ()),
    "floor": (math.floor, 1, 1, ()),
    "ceil": (math.ceil, 1, 1, ()),
    "min": (min, 1, 8, ()),
    "max": (max, 1, 8, ()),
    "abs": (abs, 1, 1, ()),
    "log": (math.log, 1, 2, ()),
    "len": (len, 1, 1, ()),
    "make_divisible": (make_divisible, 2, 2, ("min", "limit")),
}


def describe(value: Value) -> str:
    """A value in words, as messages name it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the word `{value}`"
        case tuple():
            return f"a list of {len(value)}"
    return f"{value}"


def written(value: Value) -> str:
    """A value as a spec writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def apply_binary(op: str, left: Value, right: Value) -> Value:
    """`left op right`; `and` and `or` are the caller's, who may not evaluate both sides."""
    if op == "==":
        return left == right and isinstance(left, bool) == isinstance(right, bool)
    if op == "!=":
        return not apply_binary("==", left, right)
    if op in ("in", "not in"):
        if not isinstance(right, tuple):
            message = f"`{op}` needs a list on its right"
            raise ExpressionError(message, value=right)
        return (left in right) == (op == "in")
    a, b = _number(left, f"`{op}`"), _number(right, f"`{op}`")
    if op in ORDERING:
        return ORDERING[op](a, b)
    try:
        return _bounded(ARITHMETIC[op](a, b))
    except ZeroDivisionError:
        raise ExpressionError("division by zero", name=op, value=b) from None
    except OverflowError:
        raise ExpressionError("the result is too large", name=op) from None


def apply_unary(op: str, operand: Value) -> Value:
    """`op operand`."""
    if op == "not":
        return not truth(operand, "`not`")
    number = _number(operand, f"`{op}`")
    return -number if op == "-" else number


def truth(value: Value, what: str) -> bool:
    """The value of a condition; raises ExpressionError unless it is true or false."""
    if not isinstance(value, bool):
        message = f"{what} needs true or false, not {describe(value)}"
        raise ExpressionError(message, value=value)
    return value


def apply_index(base: Value, index: Value) -> Value:
    """`base[index]`, from 0; negative counts from the end."""
    if not isinstance(base, tuple):
        message = f"only a list has items, not {describe(base)}"
        raise ExpressionError(message, value=base)
    if isinstance(index, bool) or not isinstance(index, int):
        message = f"an index is whole, not {describe(index)}"
        raise ExpressionError(message, value=index)
    if not -len(base) <= index < len(base):
        message = f"index {index} of a list of {len(base)}"
        raise ExpressionError(message, value=index)
    return base[index]


def apply_sum(base: Value, stop: Value | None = None) -> Value:
    """The sum of the first `stop` numbers of a list, or of all."""
    if not isinstance(base, tuple) or isinstance(stop, float | str | tuple):
        raise ExpressionError("a sum is of a list", value=base)
    return _bounded(sum(_number(item, "a sum") for item in base[:stop]))


_NUMBERS = frozenset({int, float})


def apply_function(
    name: str, args: tuple[Value, ...], keywords: Mapping[str, Value] | None = None
) -> Value:
    """One of the language's own functions, on values."""
    function, fewest, most, allowed = FUNCTIONS[name]
    keywords = keywords or {}
    if not fewest <= len(args) <= most or not set(keywords) <= set(allowed):
        counts = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise ExpressionError(f"{name} takes {counts} arguments", name=name)
    items = args
    if name in ("min", "max", "len") and len(args) == 1:
        if not isinstance(args[0], tuple) or (name != "len" and not args[0]):
            message = f"{name} of one needs a list, not {describe(args[0])}"
            raise ExpressionError(message, name=name, value=args[0])
        items = args[0]
    if name != "len" and not _NUMBERS.issuperset(map(type, (*items, *keywords.values()))):
        for item in (*items, *keywords.values()):
            _number(item, name)
    if name == "make_divisible" and (args[1] == 0 or not isinstance(args[1], int)):
        raise ExpressionError("the divisor is a whole number above 0")
    try:
        return _bounded(function(*args, **keywords))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError) as error:
        raise ExpressionError(f"{name}: {error}", name=name) from None


_RESULTS: Mapping[type, Callable[[Any, Sequence[Value]], Value]] = {
    Unary: lambda expr, values: apply_unary(expr.op, *values),
    Binary: lambda expr, values: apply_binary(expr.op, *values),
    Index: lambda expr, values: apply_index(*values),
    Items: lambda expr, values: tuple(values),
    Sum: lambda expr, values: apply_sum(*values),
    Apply: lambda expr, values: apply_function(
        expr.function,
        tuple(values[: len(expr.args)]),
        dict(zip((k for k, _ in expr.keywords), values[len(expr.args) :], strict=True)),
    ),
}


def result(expr: Expr, values: Sequence[Value]) -> Value:
    """The value of an expression from those of all its parts; a KeyError for a function that is not the language's."""
    return _RESULTS[type(expr)](expr, values)


@dataclass(frozen=True, slots=True)
class Function:
    """A one-line function of a spec's `let`: its parameters hide the file's names.

    A `local` one stands in a block or table; the graph knows the file's alone.
    """

    name: str
    parameters: tuple[str, ...]
    body: Expr
    local: bool = False


T = TypeVar("T")


class Evaluation(ABC, Generic[T]):
    """Evaluates an expression in some domain: its parts first, then the whole; of a condition the chosen side.

    A domain defines the values of literals, names and calls, and combines the values of parts. A domain that cannot
    decide a condition evaluates both sides. Raises ExpressionError for an expression that has no value.
    """

    limit: float = math.inf
    steps: int = 0
    depth: int = 0

    @abstractmethod
    def literal(self, expr: Lit) -> T: ...

    @abstractmethod
    def symbol(self, symbol: Symbol) -> T: ...

    @abstractmethod
    def call(self, expr: Apply) -> T: ...

    @abstractmethod
    def combined(self, expr: Expr, items: Sequence[T]) -> T:
        """The value of an expression from the values of all its parts."""

    @abstractmethod
    def truth(self, item: T, what: str) -> bool | None:
        """Whether a condition holds, or None if the domain cannot decide it."""

    @abstractmethod
    def chosen(self, expr: Binary | IfElse, item: T, items: Sequence[T | None]) -> T:
        """The value of a condition: that of the deciding `item`. Parts that were not evaluated are None."""

    def of(self, expr: Expr) -> T:
        """The value of an expression."""
        self.steps += 1
        if self.steps > self.limit:
            raise ExpressionError(f"more than {self.limit:,} steps", code=expression_budget)
        if isinstance(expr, Lit):
            return self.literal(expr)
        if isinstance(expr, Sym):
            return self.symbol(expr.symbol)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"functions and brackets in one another, more than {MAX_DEPTH} deep"
            raise ExpressionError(message, code=expression_budget)
        value = self._of_parts(expr)
        self.depth -= 1
        return value

    def _of_parts(self, expr: Expr) -> T:
        if isinstance(expr, Apply):
            return self.call(expr)
        if isinstance(expr, IfElse):
            return self._choice(expr)
        if isinstance(expr, Binary) and expr.op in ("and", "or"):
            return self._logic(expr)
        return self.combined(expr, self.inside(expr))

    def inside(self, expr: Expr) -> list[T]:
        """The values of the parts of an expression."""
        return [self.of(part) for part in parts(expr)]

    def _logic(self, expr: Binary) -> T:
        left, what = self.of(expr.left), f"`{expr.op}`"
        if self.truth(left, what) is (expr.op == "or"):
            return self.chosen(expr, left, (left, None))
        right = self.of(expr.right)
        self.truth(right, what)
        return self.chosen(expr, right, (left, right))

    def _choice(self, expr: IfElse) -> T:
        test = self.of(expr.test)
        holds = self.truth(test, "a condition")
        if holds is False:
            value = self.of(expr.orelse)
            return self.chosen(expr, value, (None, test, value))
        value = self.of(expr.body)
        other = self.of(expr.orelse) if holds is None else None
        return self.chosen(expr, value, (value, test, other))


class _Values(Evaluation[Value]):
    """Values alone, where every name has one."""

    def __init__(self, values: Mapping[Symbol, Value], functions: Mapping[str, Function]) -> None:
        self.values, self.functions = values, functions

    def literal(self, expr: Lit) -> Value:
        return expr.value

    def symbol(self, symbol: Symbol) -> Value:
        return self.values[symbol]

    def call(self, expr: Apply) -> Value:
        function, args = self.functions.get(expr.function), self.inside(expr)
        if function is None:
            return result(expr, args)
        own: dict[Symbol, Value] = dict(zip(function.parameters, args, strict=True))
        return _Values({**self.values, **own}, self.functions).of(function.body)

    def combined(self, expr: Expr, items: Sequence[Value]) -> Value:
        return result(expr, items)

    def truth(self, item: Value, what: str) -> bool:
        return truth(item, what)

    def chosen(self, expr: Binary | IfElse, item: Value, items: Sequence[Value | None]) -> Value:
        return item


def value_of(
    expr: Expr, values: Mapping[Symbol, Value], functions: Mapping[str, Function]
) -> Value:
    """The value of `expr` where `values` gives the symbols; a KeyError for a name it lacks."""
    return _Values(values, functions).of(expr)
