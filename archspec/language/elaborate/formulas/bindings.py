"""What a name means at one place of a spec, and the value of an expression there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Protocol

from archspec.graph.evaluate import (
    FUNCTIONS,
    ExpressionError,
    Function,
)
from archspec.graph.expr import (
    Apply,
    Lit,
    Value,
)
from archspec.graph.ops import added
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import SizeOf, Symbol
from archspec.language.elaborate.formulas.origins import Origin, Origins, called
from archspec.language.elaborate.formulas.work import COPIED, Work
from archspec.records import dataclass
from archspec.source import Span, asked, did_you_mean, guesses, one_of
from archspec.source.mistakes import name_taken, unknown_function, unknown_name

SUMS = ("before", "total")
_OUTSIDE = "`before` and `total` sum the columns of a table, inside it"
TableFunction = Callable[[str, str], Quantity]


class Unknown(Exception):
    """A name whose value is not known because of an error already reported."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A counter of two repeats at once: an error when it is used."""

    name: str


_NOTHING = Clash("")  # what is looked up where a name has no meaning


class Tensors(Protocol):
    """The values of the flow that a place sees."""

    def axis(self, size: SizeOf) -> Quantity:
        """A size, such as `stem.channels`; raises ExpressionError, Unknown."""
        ...

    def place(self, label: str) -> Span | None:
        """Where the row of a label has its name."""
        ...


@dataclass(frozen=True, slots=True)
class Bindings:
    """The names of one place: values, functions, words, where they come from, and the tensors whose axes it reads.

    `closures` holds for each function the names that its body sees; none where the body is wrong. In a sealed block the
    file's variables, functions and defaults do not hold. `work` counts what evaluating takes.
    """

    values: Mapping[Symbol, Quantity | Clash | None]
    functions: Mapping[str, Function]
    words: frozenset[str]
    tensors: Tensors | None = None
    table: TableFunction | None = None
    counters: frozenset[str] = frozenset()
    sealed: bool = False
    origins: Origins = field(default_factory=dict)
    closures: Mapping[str, Bindings | None] = field(default_factory=dict)
    work: Work = field(default_factory=Work)

    def with_values(
        self, more: Mapping[Symbol, Quantity | Clash | None], origins: Origins | None = None
    ) -> Bindings:
        """The same names and some more, which hide older ones."""
        self.work.take(4 + len(self.values) // COPIED)
        every = {**self.origins, **origins} if origins else self.origins
        return replace(self, values={**self.values, **more}, origins=every)

    def with_function(
        self, function: Function, closure: Bindings | None, origin: Origin
    ) -> Bindings:
        """The same names and a function."""
        self.work.take(2 + len(self.origins) // COPIED)
        name = function.name
        return replace(
            self,
            functions={**self.functions, name: function},
            closures={**self.closures, name: closure},
            origins={**self.origins, called(name): origin},
        )

    def with_words(self, words: frozenset[str]) -> Bindings:
        """The same names where some more words mean themselves."""
        return self._seeing(self.tensors, self.words | words)

    def with_tensors(self, tensors: Tensors) -> Bindings:
        """The same names where `tensors` are the values of the flow."""
        return self._seeing(tensors, self.words)

    def _seeing(self, tensors: Tensors | None, words: frozenset[str]) -> Bindings:
        """The same names with these: made for each row, so without `replace`."""
        return Bindings(
            self.values,
            self.functions,
            words,
            tensors,
            self.table,
            self.counters,
            self.sealed,
            self.origins,
            self.closures,
            self.work,
        )

    def with_table(self, table: TableFunction | None) -> Bindings:
        """The same names on one row of a table."""
        return replace(self, table=table)

    def symbols(self) -> dict[Symbol, Value]:
        """The values that are known, for the graph."""
        return {n: q.value for n, q in self.values.items() if type(q) is Quantity}

    def lookup(self, symbol: Symbol) -> Quantity:
        """What a symbol stands for: a variable, a size of a tensor, a word."""
        value = self.values.get(symbol, _NOTHING)
        if isinstance(value, Quantity):
            return value
        if value is None:
            raise Unknown
        name = str(symbol)
        if value is not _NOTHING:
            message = f"`{name}` counts two repeats here"
            way_out = "rename one of them with `as: j`"
            raise ExpressionError(message, code=name_taken, name=name, hint=way_out)
        if isinstance(symbol, SizeOf) and self.tensors is not None:
            return self.tensors.axis(symbol)
        if name in self.words or name in added():
            return Quantity(name, Lit(name))
        near = guesses(name, (*self.written(), *sorted(self.words)))
        message = f"`{name}` is neither a variable here nor a word"
        hint = asked(near) or self._here()
        raise ExpressionError(message, code=unknown_name, name=name, hint=hint, near=near)

    def written(self) -> list[str]:
        """The names that a person can write here, without the symbols of sizes and sums."""
        return [name for name in self.values if isinstance(name, str)]

    def check_call(self, call: Apply) -> None:
        """Whether there is a function of this name, with these keywords; raises ExpressionError."""
        name = call.function
        if name in SUMS and self.table is not None:
            raise ExpressionError(f"{name} takes one column", name=name)
        own = (*FUNCTIONS, *self.functions)
        functions = own if self.table is None else (*own, *SUMS)
        if name not in own:
            near = guesses(name, functions)
            raise ExpressionError(
                f"there is no function `{name}`",
                code=unknown_function,
                name=name,
                hint=_OUTSIDE
                if name in SUMS
                else asked(near) or f"functions: {', '.join(functions)}",
                near=tuple(called(one) for one in near),
            )
        allowed = () if name in self.functions else FUNCTIONS[name][3]
        for key, _ in call.keywords:
            if key not in allowed:
                raise ExpressionError(
                    f"`{key}` is not an argument of {name}",
                    code=unknown_name,
                    name=key,
                    expected=one_of(allowed) if allowed else "no argument by name",
                    hint=did_you_mean(key, allowed) or "give it by its place, without a name",
                )

    def _here(self) -> str | None:
        if self.sealed:
            return "a block of a block file sees its parameters and its `let`, no variable of the file that uses it"
        names = self.written()[:12]
        return f"known here: {', '.join(names)}" if names else None
