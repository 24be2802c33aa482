"""One argument for all uses: the expression they share, the number they share, an expression of one use that is right
in all of them, or a new parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from functools import partial
from typing import Any

from archspec.exceptions import ArchspecError
from archspec.graph.evaluate import value_of
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
)
from archspec.graph.graph import Scope
from archspec.graph.quantity import Quantity
from archspec.graph.spelling import show
from archspec.graph.symbols import CarriedSize, PrintedName, Symbol
from archspec.lowering.plan import Plan
from archspec.printing.draft.behind import Tried
from archspec.printing.draft.items import Parameter
from archspec.printing.draft.reduce import (
    CallSite,
    Reducer,
    closed,
    opaque,
    same,
    simpler,
    values,
)
from archspec.records import dataclass


class NoCommonExpression(ArchspecError):
    """No single line serves all uses; the caller prints them apart. `span` is the row."""

    fault = True

    span: Any = None


class CannotKeep(Exception):
    """Variables that cannot stay arguments: what hangs on them is printed as numbers.

    `why` says what hangs on them, `span` where it stands.
    """

    def __init__(self, names: frozenset[str], why: str = "", span: Any = None) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names, self.why, self.span = names, why, span


Column = Callable[[Sequence[CallSite], Sequence[Quantity], str], Expr | None]
LONG = 64  # characters of an expression, beyond which the numbers that it gives read better


class SeparateScopes(ArchspecError):
    """No single line serves these scopes: they are to be printed one by one. `tried`: with sizes of their own, too."""

    fault = True
    tried = False

    def __init__(self, plans: Sequence[Plan], why: NoCommonExpression) -> None:
        super().__init__(", ".join(plan.native or "the model" for plan in plans))
        self.scopes = frozenset(plan.scope.id for plan in plans)
        self.first, self.why = plans[0].scope, why


class SeparateValues(ArchspecError):
    """No single value outside serves what several rows of these scopes read, each in other uses."""

    fault = True

    def __init__(self, plans: Sequence[Plan]) -> None:
        super().__init__(plans[0].scope.path)
        self.scopes = frozenset(plan.scope.id for plan in plans)


@dataclass(slots=True)
class ParameterInference:
    """The parameters of one definition, found while its lines are generalised.

    `given` makes the parameter of a symbol that the spec gives the definition, `name` makes a free name. `open`: every
    argument is a parameter unless all uses share it (helpers made from rows); `inventive`: where nothing else serves.
    `conditions` are those of rows above that hang on what stays an argument, `tests` those of all rows above, `inner`
    those of rows in the definitions above. `blocks` are the scopes of a block's uses. `offered` says whether a use of a
    helper stands in a block that offers what an expression hangs on.
    """

    reducer: Reducer
    uses: int
    given: Callable[[Symbol], Parameter | None]
    open: bool
    name: Callable[[str], str]
    keep: frozenset[str] = frozenset()
    inventive: bool = False
    column: Column = lambda places, quantities, hint: None
    parameters: list[Parameter] = field(default_factory=list)
    conditions: list[Expr] = field(default_factory=list)
    tests: list[Expr] = field(default_factory=list)
    inner: list[Expr] = field(default_factory=list)
    blocks: Sequence[Scope] = ()
    offered: Callable[[int, Expr], bool] = lambda use, expr: False

    def argument(
        self,
        places: Sequence[CallSite],
        quantities: Sequence[Quantity],
        hint: str,
        default: Value | None = None,
        *,
        invent: bool = False,
    ) -> Expr:
        """The expression to print; raises NoCommonExpression."""
        if self.open:
            return self._invented(places, quantities, hint, default)
        reduced = [
            self.reducer.reduce(q.expr, place) for q, place in zip(quantities, places, strict=True)
        ]
        found = self._shared(places, quantities, reduced)
        rows = list(zip(places, quantities, reduced, strict=True))
        if found is None:
            found = self._chosen(rows, self.conditions)
        if found is None and invent and self.inventive:
            try:
                return self._made(places, quantities, hint, default)
            except NoCommonExpression:
                found = self._chosen(rows, [*self.tests, *self.inner])
                if found is None:
                    raise
        long = found is not None and not opaque(found) and len(show(found, str)) > LONG
        if (long or (found is None and invent)) and not self._free(quantities):
            found = self._tabled(places, quantities, hint) or found
        found = found or self._chosen(rows, [*self.tests, *self.inner])
        if found is None:
            raise NoCommonExpression(f"{hint}: {values(quantities)}")
        self.declare(found)
        return found

    def _tabled(
        self, places: Sequence[CallSite], quantities: Sequence[Quantity], hint: str
    ) -> Expr | None:
        """The number that all places share, or a column of theirs."""
        if same(values(quantities)):
            return Lit(quantities[0].value)
        return self.column(places, quantities, hint)

    def _made(
        self,
        places: Sequence[CallSite],
        quantities: Sequence[Quantity],
        hint: str,
        default: Value | None,
    ) -> Expr:
        """A parameter, or, of what changes within one use, a column."""
        try:
            return self._known(places, quantities) or self._new(places, quantities, hint, default)
        except NoCommonExpression:
            column = None if self._free(quantities) else self.column(places, quantities, hint)
            if column is None:
                raise
            return column

    def _shared(
        self, places: Sequence[CallSite], quantities: Sequence[Quantity], reduced: list[Expr]
    ) -> Expr | None:
        candidates = list(dict.fromkeys(reduced))
        if len(candidates) == 1:
            short = simpler(candidates[0])
            for expr in dict.fromkeys((short, candidates[0])):
                if self._right(expr, places, quantities):
                    return expr
        if same(values(quantities)) and not self._free(quantities):
            candidates.append(Lit(quantities[0].value))
        right = [e for e in candidates if self._right(e, places, quantities)]
        right.sort(key=lambda expr: (not isinstance(expr, Lit), _weight(expr)))
        for expr in right:
            if not any(map(partial(self._by_chance, expr), reduced, places)):
                return expr
        apart = self._chosen([*zip(places, quantities, reduced, strict=True)], self.tests)
        return apart or (right[0] if right else None)

    def _by_chance(self, expr: Expr, own: Expr, place: CallSite) -> bool:
        """Whether an expression is what a use of a block says itself with the numbers of this use alone."""
        if expr == own or not self.blocks:
            return False
        block = Tried(self.blocks[place.use], {**place.full, **place.known}, self.reducer.functions)
        return block.by_chance(expr, own, self.tests)

    def _chosen(
        self, rows: list[tuple[CallSite, Quantity, Expr]], conditions: list[Expr]
    ) -> Expr | None:
        """`a if condition else b`, where a row above that is there or not makes the difference."""
        order = sorted(
            reversed(range(len(conditions))), key=lambda k: self._mixed(conditions[k], rows)
        )
        for number in order:
            test = conditions[number]
            flags = [self._holds(test, place) for place, _, _ in rows]
            if None in flags or len(set(flags)) != 2:
                continue
            sides: list[Expr] = []
            for side in (True, False):
                part = [row for row, flag in zip(rows, flags, strict=True) if flag is side]
                places, quantities, reduced = map(list, zip(*part, strict=True))
                found = self._shared(places, quantities, reduced)
                found = found or self._chosen(part, conditions[:number])
                sides += [] if found is None else [found]
            if len(sides) == 2:
                return IfElse(sides[0], test, sides[1])
        return None

    def _mixed(self, test: Expr, rows: list[tuple[CallSite, Quantity, Expr]]) -> bool:
        """Whether places say different things on one side of a condition."""
        sides: dict[bool | None, set[Expr]] = {}
        for place, _, own in rows:
            sides.setdefault(self._holds(test, place), set()).add(own)
        return any(len(said) > 1 for said in sides.values())

    def _holds(self, test: Expr, place: CallSite) -> bool | None:
        """Whether a condition holds at a place; None where its names are not known."""
        if not closed(test, place):
            return None
        values = {**place.full, **place.known}
        return bool(value_of(test, values, self.reducer.functions))

    def _free(self, quantities: Sequence[Quantity]) -> bool:
        """Whether a variable that stays an argument is behind one of these values."""
        return any(quantity.deps & self.keep for quantity in quantities)

    def _right(
        self, expr: Expr, places: Sequence[CallSite], quantities: Sequence[Quantity]
    ) -> bool:
        return all(
            closed(expr, place) and self.reducer.holds(expr, quantity.value, place)
            for place, quantity in zip(places, quantities, strict=True)
        )

    def declare(self, expr: Expr) -> None:
        """Make parameters of the symbols that an expression reads."""
        for name in _names(expr):
            if any(p.symbol == name for p in self.parameters):
                continue
            parameter = self.given(name)
            if parameter is not None:
                self.parameters.append(parameter)

    def _invented(
        self,
        places: Sequence[CallSite],
        quantities: Sequence[Quantity],
        hint: str,
        default: Value | None,
    ) -> Expr:
        if (
            same(values(quantities))
            and not self._free(quantities)
            and not any(
                self.offered(place.use, q.expr)
                for place, q in zip(places, quantities, strict=True)
                if not isinstance(q.expr, Lit)
            )
        ):
            expr = quantities[0].expr
            return expr if opaque(expr) else Lit(quantities[0].value)
        known = self._known(places, quantities)
        if known is not None:
            return known
        together = self._structure(places, quantities)
        if together is not None:
            return together
        return self._new(places, quantities, hint, default)

    def _known(self, places: Sequence[CallSite], quantities: Sequence[Quantity]) -> Expr | None:
        per_use = _per_use(places, quantities, self.uses)
        for equal in (_alike, _same_value):
            for parameter in self.parameters:
                if not _overwritten(parameter, places) and _serves(parameter, per_use, equal):
                    for use, quantity in enumerate(per_use):
                        if quantity is not None and use in parameter.unasked:
                            parameter.quantities[use] = quantity
                            parameter.unasked.discard(use)
                    return Sym(PrintedName(parameter.name))
        return None

    def _structure(self, places: Sequence[CallSite], quantities: Sequence[Quantity]) -> Expr | None:
        """Least general generalisation one level down: `kernel // 2` of several kernels."""
        first = quantities[0].expr
        shapes = {(type(q.expr), _operation(q.expr), len(parts(q.expr))) for q in quantities}
        if len(shapes) != 1 or not parts(first):
            return None
        columns = list(zip(*(parts(q.expr) for q in quantities), strict=True))
        found: list[Expr] = []
        for column in columns:
            inner = self._inner(column, places, quantities)
            if inner is None:
                return None
            if same(values(inner)) and not self._free(inner):
                found.append(Lit(inner[0].value))
                continue
            known = self._known(places, inner) or self._structure(places, inner)
            if known is None:
                return None
            found.append(known)
        made = rebuild(first, tuple(found))
        if not isinstance(first, Apply) or first.function not in self.reducer.functions:
            return made
        return None if self._free(quantities) else self.reducer.reduce(made, places[0])

    def _inner(
        self, column: Sequence[Expr], places: Sequence[CallSite], quantities: Sequence[Quantity]
    ) -> list[Quantity] | None:
        """Parts of expressions with their values; None where they hang on a size that a loop left, which has no name
        here or another meaning."""
        try:
            if any(
                self._value(q.expr, place) != q.value
                for q, place in zip(quantities, places, strict=True)
            ):
                return None
            return [
                Quantity(self._value(expr, place), expr, q.deps if _names(expr) else frozenset())
                for expr, place, q in zip(column, places, quantities, strict=True)
            ]
        except KeyError:
            return None

    def _value(self, expr: Expr, place: CallSite) -> Value:
        return value_of(expr, place.full, self.reducer.functions)

    def _new(
        self,
        places: Sequence[CallSite],
        quantities: Sequence[Quantity],
        hint: str,
        default: Value | None,
    ) -> Expr:
        name = self.name(hint)
        per_use = _per_use(places, quantities, self.uses)
        stand_in = Quantity.of(default) if default is not None else quantities[0]
        filled = [q if q is not None else stand_in for q in per_use]
        wanted = default if any(q.value == default for q in filled) else None
        unasked = {use for use, quantity in enumerate(per_use) if quantity is None}
        self.parameters.append(Parameter(name, None, filled, wanted, unasked=unasked))
        return Sym(PrintedName(name))

    def switch(self, given: Sequence[Value | None], hint: str) -> Expr:
        """A parameter that says whether a row is there, or which layer it is, if any."""
        if all(value is True for value in given):
            return Lit(True)
        for parameter in self.parameters:
            if [q.value for q in parameter.quantities] == given:
                return Sym(PrintedName(parameter.name))
        name = self.name(hint)
        quantities = [Quantity.of(value) for value in given]  # type: ignore[arg-type]
        default = next(value for value in given if value)
        self.parameters.append(Parameter(name, None, quantities, default))
        return Sym(PrintedName(name))


def _per_use(
    places: Sequence[CallSite], quantities: Sequence[Quantity], uses: int
) -> list[Quantity | None]:
    found: list[Quantity | None] = [None] * uses
    for place, quantity in zip(places, quantities, strict=True):
        before = found[place.use]
        if before is not None and before.value != quantity.value:
            raise NoCommonExpression("a value that changes within one use")
        found[place.use] = quantity
    return found


def _operation(expr: Expr) -> str:
    """The operator or function of an expression."""
    if isinstance(expr, Apply):
        return str(expr.function)
    return expr.op if isinstance(expr, Binary | Unary) else ""


def _overwritten(parameter: Parameter, places: Sequence[CallSite]) -> bool:
    """Whether a loop above holds another size in the variable of a parameter."""
    symbol = parameter.symbol
    return isinstance(symbol, CarriedSize) and any(symbol not in place.known for place in places)


def _alike(first: Quantity, second: Quantity) -> bool:
    return first.value == second.value and first.expr == second.expr


def _same_value(first: Quantity, second: Quantity) -> bool:
    return first.value == second.value


def _serves(
    parameter: Parameter,
    wanted: Sequence[Quantity | None],
    equal: Callable[[Quantity, Quantity], bool],
) -> bool:
    """Whether a parameter is what a line wants in every use that has the line; a use in which it is asked for must be
    among them, or nothing would tell what it is for."""
    pairs = [
        (quantity, found)
        for use, (quantity, found) in enumerate(zip(wanted, parameter.quantities, strict=True))
        if quantity is not None and use not in parameter.unasked
    ]
    return bool(pairs or not parameter.unasked) and all(equal(a, b) for a, b in pairs)


def _names(expr: Expr) -> list[Symbol]:
    found = [expr.symbol] if isinstance(expr, Sym) else []
    for part in parts(expr):
        found += _names(part)
    return found


def _weight(expr: Expr) -> int:
    return 1 + sum(_weight(part) for part in parts(expr))
