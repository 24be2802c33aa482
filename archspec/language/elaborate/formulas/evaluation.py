"""The value of an expression at one place of a spec, with its reason; and what it names that there is not."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.graph.evaluate import (
    MAX_STEPS,
    ExpressionError,
    Function,
    apply_binary,
    apply_function,
    apply_index,
    apply_sum,
    apply_unary,
    truth,
)
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
    parts,
    rebuild,
    symbols,
)
from archspec.graph.quantity import Quantity, union
from archspec.language.elaborate.formulas.bindings import SUMS, Bindings, Unknown
from archspec.records import dataclass


def evaluate(expr: Expr, names: Bindings) -> Quantity:
    """The pair of an expression; raises ExpressionError, or Unknown where the cause was reported before."""
    return _Evaluation(names).of(expr)


@dataclass(slots=True)
class _Evaluation:
    names: Bindings
    steps: int = 0

    def of(self, expr: Expr) -> Quantity:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise ExpressionError("expression-budget", f"more than {MAX_STEPS:,} steps")
        match expr:
            case Lit(value):
                return Quantity(value, expr)
            case Sym(name):
                return self.names.lookup(name)
            case Unary(op, operand):
                inner = self.of(operand)
                return Quantity(apply_unary(op, inner.value), Unary(op, inner.expr), inner.deps)
            case Binary("and" | "or"):
                return self.logic(expr)
            case Binary(op, left, right):
                a, b = self.of(left), self.of(right)
                value = apply_binary(op, a.value, b.value)
                return Quantity(value, Binary(op, a.expr, b.expr), union(a, b))
            case IfElse():
                return self.choice(expr)
            case Index(base, index):
                a, b = self.of(base), self.of(index)
                return Quantity(apply_index(a.value, b.value), Index(a.expr, b.expr), union(a, b))
            case Items(items):
                found = [self.of(item) for item in items]
                value = tuple(item.value for item in found)
                return Quantity(value, Items(tuple(item.expr for item in found)), union(*found))
            case Sum():
                found = [self.of(part) for part in parts(expr)]
                value = apply_sum(*(part.value for part in found))
                return Quantity(value, rebuild(expr, tuple(q.expr for q in found)), union(*found))
            case Apply():
                return self.call(expr)

    def logic(self, expr: Binary) -> Quantity:
        left = self.of(expr.left)
        first = truth(left.value, f"`{expr.op}`")
        if first == (expr.op == "or"):
            return Quantity(first, Binary(expr.op, left.expr, self.unused(expr.right)), left.deps)
        right = self.of(expr.right)
        value = truth(right.value, f"`{expr.op}`")
        return Quantity(value, Binary(expr.op, left.expr, right.expr), union(left, right))

    def choice(self, expr: IfElse) -> Quantity:
        test = self.of(expr.test)
        chosen = truth(test.value, "a condition")
        taken = self.of(expr.body if chosen else expr.orelse)
        other = self.unused(expr.orelse if chosen else expr.body)
        body, orelse = (taken.expr, other) if chosen else (other, taken.expr)
        return Quantity(taken.value, IfElse(body, test.expr, orelse), union(test, taken))

    def unused(self, expr: Expr) -> Expr:
        """The expression of a side that is not evaluated: it may be wrong here and right elsewhere."""
        try:
            return self.of(expr).expr
        except (ExpressionError, Unknown):
            return expr

    def call(self, expr: Apply) -> Quantity:
        name = expr.function
        if name in SUMS and self.names.table is not None and len(expr.args) == 1:
            column = expr.args[0]
            return self.names.table(name, column.name if isinstance(column, Sym) else "")
        self.names.check_call(expr)
        args = [self.of(arg) for arg in expr.args]
        keywords = [(key, self.of(arg)) for key, arg in expr.keywords]
        function = self.names.functions.get(name)
        if function is not None:
            return self.own(function, args)
        value = apply_function(
            name, tuple(a.value for a in args), {k: q.value for k, q in keywords}
        )
        shown = Apply(name, tuple(a.expr for a in args), tuple((k, q.expr) for k, q in keywords))
        return Quantity(value, shown, union(*args, *(q for _, q in keywords)))

    def own(self, function: Function, args: list[Quantity]) -> Quantity:
        """A function of a `let`: the file's keep their name in the expression, others are written out.

        Its body sees the names of the `let`; none of them may mean something else where it is called.
        """
        if len(args) != len(function.parameters):
            raise ExpressionError(
                "expression-value",
                f"{function.name} takes {len(function.parameters)} arguments, not {len(args)}",
                name=function.name,
            )
        home = self.names.homes[function.name]
        if home is None:
            raise Unknown
        body = _Evaluation(
            home.with_values(dict(zip(function.parameters, args, strict=True))), self.steps
        )
        found = body.of(function.body)
        self.steps = body.steps
        for name in symbols(function.body):
            own = name in function.parameters
            if not own and self.names.values.get(name) is not home.values.get(name):
                raise ExpressionError(
                    "name-taken",
                    f"`{function.name}` reads `{name}`, which means something else here",
                    name=function.name,
                    expected="a name that means one thing",
                    hint=f"give this `{name}` another name",
                    near=(name,),
                )
        shown = Apply(function.name, tuple(arg.expr for arg in args))
        return Quantity(found.value, found.expr if function.local else shown, union(found, *args))


def misnamed(expr: Expr, names: Bindings) -> Iterator[ExpressionError]:
    """What an expression names that there is not, on whichever side of a condition it stands."""
    below = parts(expr)
    try:
        match expr:
            case Sym(name):
                names.lookup(name)
            case Apply(function, (Sym(column),)) if function in SUMS and names.table:
                below = ()
                names.table(function, column)
            case Apply():
                names.check_call(expr)
    except Unknown:
        pass
    except ExpressionError as error:
        if error.code not in ("name-taken", "expression-value"):
            yield error
    for part in below:
        yield from misnamed(part, names)
