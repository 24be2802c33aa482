"""What a name means at one place of a spec, and the value of an expression there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import Protocol

from archspec.graph.evaluate import (
    FUNCTIONS,
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
    Value,
    parts,
    rebuild,
    symbols,
)
from archspec.graph.ops import added
from archspec.graph.quantity import Quantity, union
from archspec.language.elaborate.origins import Origin, Origins, called
from archspec.records import dataclass
from archspec.source import Span, asked, did_you_mean, guesses, one_of

SUMS = ("before", "total")
_OUTSIDE = "`before` and `total` sum the columns of a table, inside it"
TableFunction = Callable[[str, str], Quantity]


class Unknown(Exception):
    """A name whose value is not known because of an error already reported."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A counter of two repeats at once: an error when it is used."""

    name: str


class Tensors(Protocol):
    """The values of the flow that a place sees."""

    def axis(self, name: str) -> Quantity:
        """A size, such as `stem.channels`; raises ExpressionError, Unknown."""
        ...

    def place(self, label: str) -> Span | None:
        """Where the row of a label has its name."""
        ...


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one place: values, functions, words, where they come from, and the tensors whose axes it reads.

    `homes` holds for each function the names that its body sees; none where the body is wrong. In a sealed block the
    file's variables, functions and defaults do not hold.
    """

    values: Mapping[str, Quantity | Clash | None]
    functions: Mapping[str, Function]
    words: frozenset[str]
    tensors: Tensors | None = None
    table: TableFunction | None = None
    counters: frozenset[str] = frozenset()
    sealed: bool = False
    origins: Origins = field(default_factory=dict)
    homes: Mapping[str, Names | None] = field(default_factory=dict)

    def with_values(
        self, more: Mapping[str, Quantity | Clash | None], origins: Origins | None = None
    ) -> Names:
        """The same names and some more, which hide older ones."""
        known = {**self.origins, **origins} if origins else self.origins
        return replace(self, values={**self.values, **more}, origins=known)

    def with_function(self, function: Function, home: Names | None, origin: Origin) -> Names:
        """The same names and a function."""
        name = function.name
        return replace(
            self,
            functions={**self.functions, name: function},
            homes={**self.homes, name: home},
            origins={**self.origins, called(name): origin},
        )

    def with_words(self, words: frozenset[str]) -> Names:
        """The same names where some more words mean themselves."""
        return replace(self, words=self.words | words)

    def with_tensors(self, tensors: Tensors) -> Names:
        """The same names where `tensors` are the values of the flow: made for each row, so without `replace`."""
        return Names(
            self.values,
            self.functions,
            self.words,
            tensors,
            self.table,
            self.counters,
            self.sealed,
            self.origins,
            self.homes,
        )

    def with_table(self, table: TableFunction | None) -> Names:
        """The same names on one row of a table."""
        return replace(self, table=table)

    def symbols(self) -> dict[str, Value]:
        """The values that are known, for the graph."""
        return {n: q.value for n, q in self.values.items() if isinstance(q, Quantity)}

    def lookup(self, name: str) -> Quantity:
        """What a name stands for: a variable, an axis of a tensor, a word."""
        if name in self.values:
            found = self.values[name]
            if found is None:
                raise Unknown
            if isinstance(found, Clash):
                raise ExpressionError(
                    "name-taken",
                    f"`{name}` counts two repeats here",
                    name=name,
                    hint="rename one of them with `as: j`",
                )
            return found
        if "." in name and self.tensors is not None:
            return self.tensors.axis(name)
        if name in self.words or name in added():
            return Quantity(name, Lit(name))
        near = guesses(name, (*self.written(), *sorted(self.words)))
        raise ExpressionError(
            "unknown-name",
            f"`{name}` is neither a variable here nor a word",
            name=name,
            hint=asked(near) or self._here(),
            near=near,
        )

    def written(self) -> list[str]:
        """The names that a person can write here, without the symbols of axes."""
        return [name for name in self.values if name.isidentifier()]

    def check_call(self, call: Apply) -> None:
        """Whether there is a function of this name, with these keywords; raises ExpressionError."""
        name = call.function
        if name in SUMS and self.table is not None:
            message = f"{name} takes one column"
            raise ExpressionError("expression-value", message, name=name)
        own = (*FUNCTIONS, *self.functions)
        known = own if self.table is None else (*own, *SUMS)
        if name not in own:
            near = guesses(name, known)
            raise ExpressionError(
                "unknown-function",
                f"there is no function `{name}`",
                name=name,
                hint=_OUTSIDE if name in SUMS else asked(near) or f"functions: {', '.join(known)}",
                near=tuple(called(one) for one in near),
            )
        allowed = () if name in self.functions else FUNCTIONS[name][3]
        for key, _ in call.keywords:
            if key not in allowed:
                raise ExpressionError(
                    "unknown-name",
                    f"`{key}` is not an argument of {name}",
                    name=key,
                    expected=one_of(allowed) if allowed else "no argument by name",
                    hint=did_you_mean(key, allowed) or "give it by its place, without a name",
                )

    def _here(self) -> str | None:
        if self.sealed:
            return "a block of a block file sees its parameters and its `let`, no variable of the file that uses it"
        names = self.written()[:12]
        return f"known here: {', '.join(names)}" if names else None


def evaluate(expr: Expr, names: Names) -> Quantity:
    """The pair of an expression; raises ExpressionError, or Unknown where the cause was reported before."""
    return _Evaluation(names).of(expr)


@dataclass(slots=True)
class _Evaluation:
    names: Names
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


def misnamed(expr: Expr, names: Names) -> Iterator[ExpressionError]:
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
