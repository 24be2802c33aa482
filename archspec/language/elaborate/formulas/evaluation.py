"""Expressions at one place of a spec: the pairs that they come to, and what they name that there is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archspec.graph.effort import gone_through, weighed
from archspec.graph.evaluate import (
    MAX_DEPTH,
    MAX_STEPS,
    Evaluation,
    ExpressionError,
    Function,
    result,
    truth,
)
from archspec.graph.expr import Apply, Binary, Expr, IfElse, Lit, Sym, parts, rebuild, symbols
from archspec.graph.quantity import Quantity, union
from archspec.graph.symbols import Symbol
from archspec.language.elaborate.formulas.bindings import SUMS, Bindings, Clash, Unknown
from archspec.source.mistakes import expression_budget, expression_value, name_taken

MAX_WRITTEN, PARTS = (
    2_000,
    4,
)  # parts of a function that is written out; how many of them are one step to count


def evaluate(expr: Expr, names: Bindings) -> Quantity:
    """The pair of an expression; raises ExpressionError, or Unknown where the cause was reported before."""
    quantities = _Quantities(names)
    try:
        return quantities.of(expr)
    finally:
        names.work.take(quantities.steps)


def misnamed(expr: Expr, names: Bindings) -> list[ExpressionError]:
    """What an expression names that there is not, on whichever side of a condition it stands."""
    mentions = _Mentions(names)
    mentions.of(expr)
    return mentions.errors


class _Quantities(Evaluation[Quantity]):
    """Values, each with the expression that gave it and the variables behind it."""

    limit = MAX_STEPS

    def __init__(self, names: Bindings) -> None:
        self.names = names

    def literal(self, expr: Lit) -> Quantity:
        return Quantity(expr.value, expr)

    def symbol(self, symbol: Symbol) -> Quantity:
        return self.names.lookup(symbol)

    def call(self, expr: Apply) -> Quantity:
        name = expr.function
        if name in SUMS and self.names.table is not None and len(expr.args) == 1:
            column = expr.args[0]
            return self.names.table(name, str(column.symbol) if isinstance(column, Sym) else "")
        self.names.check_call(expr)
        function, args = self.names.functions.get(name), self.inside(expr)
        return self.combined(expr, args) if function is None else self._own(function, args)

    def _own(self, function: Function, args: Sequence[Quantity]) -> Quantity:
        """A function of a `let`. The file's keep their name in the expression, others are written out.

        A body sees the names of the `let`; none of them may mean something else where it is called.
        """
        name = function.name
        if len(args) != len(function.parameters):
            message = f"{name} takes {len(function.parameters)} arguments, not {len(args)}"
            raise ExpressionError(message, name=name)
        outside = self.names.closures[name]
        if outside is None:
            raise Unknown
        own: dict[Symbol, Quantity | Clash | None] = {}
        own |= zip(function.parameters, args, strict=True)
        body = _Quantities(outside.with_values(own))
        body.steps, body.depth = self.steps, self.depth
        inner = body.of(function.body)
        self.steps = body.steps
        for read in symbols(function.body):
            if read not in own and self.names.values.get(read) is not outside.values.get(read):
                raise ExpressionError(
                    f"`{name}` reads `{read}`, which means something else here",
                    code=name_taken,
                    name=name,
                    expected="a name that means one thing",
                    hint=f"give this `{read}` another name",
                    near=(str(read),),
                )
        if function.local:
            self._written_out(inner.expr, name)
            return Quantity(inner.value, inner.expr, union(inner, *args))
        return Quantity(
            inner.value, Apply(name, tuple(arg.expr for arg in args)), union(inner, *args)
        )

    def _written_out(self, expr: Expr, name: str) -> None:
        """Count the parts of an expression in which functions are written out; raises ExpressionError for too many."""
        count = weighed(expr, MAX_WRITTEN, MAX_DEPTH)
        if count is None:
            message = f"written out, `{name}` has more than {MAX_WRITTEN:,} parts, or {MAX_DEPTH} in one another"
            raise ExpressionError(message, code=expression_budget, name=name)
        self.steps += count // PARTS

    def combined(self, expr: Expr, items: Sequence[Quantity]) -> Quantity:
        values = [item.value for item in items]
        self.steps += gone_through(expr, values)
        value = result(expr, values)
        return Quantity(value, rebuild(expr, tuple(item.expr for item in items)), union(*items))

    def truth(self, item: Quantity, what: str) -> bool:
        return truth(item.value, what)

    def chosen(
        self, expr: Binary | IfElse, item: Quantity, items: Sequence[Quantity | None]
    ) -> Quantity:
        exprs = (
            self._other(part) if known is None else known.expr
            for known, part in zip(items, parts(expr), strict=True)
        )
        deps = union(*(known for known in items if known is not None))
        return Quantity(item.value, rebuild(expr, tuple(exprs)), deps)

    def _other(self, expr: Expr) -> Expr:
        """The expression of a side that is not taken: it may be wrong here and right elsewhere."""
        depth = self.depth
        try:
            return self.of(expr).expr
        except (ExpressionError, Unknown):
            self.depth = depth
            return expr


class _Mentions(Evaluation[None]):
    """Names and nothing else: no value is known, every side is looked at, `errors` are kept."""

    def __init__(self, names: Bindings) -> None:
        self.names = names
        self.errors: list[ExpressionError] = []

    def _look(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            function(*arguments)
        except Unknown:
            pass
        except ExpressionError as error:
            if error.code not in (name_taken, expression_value):
                self.errors.append(error)

    def literal(self, expr: Lit) -> None:
        pass

    def symbol(self, symbol: Symbol) -> None:
        self._look(self.names.lookup, symbol)

    def call(self, expr: Apply) -> None:
        match expr:
            case Apply(name, (Sym(column),)) if name in SUMS and self.names.table:
                self._look(self.names.table, name, str(column))
            case _:
                self._look(self.names.check_call, expr)
                self.inside(expr)

    def combined(self, expr: Expr, items: Sequence[None]) -> None:
        pass

    def truth(self, item: None, what: str) -> None:
        pass

    def chosen(self, expr: Binary | IfElse, item: None, items: Sequence[None]) -> None:
        pass
