"""Parameters that hold what they promise: a printed definition, called with another number than its uses give, is the
block with this number.

What all uses have in common may hang on a number that they share, or on a condition that none of them decides
otherwise: such a definition is tried with other numbers before it is handed over. Where it fails, the number that all
uses share is written everywhere, or the block with the other number is drafted as one more use, so that the condition
is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain, islice

from archspec.graph.evaluate import ExpressionError, Function, value_of
from archspec.graph.expr import Binary, Expr, Lit, Value, symbols
from archspec.graph.graph import Absent, Scope
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import EnteredSize, Symbol
from archspec.lowering.plan import Plan, Unit
from archspec.printing.draft.items import Definition, Parameter
from archspec.printing.draft.reach import when_of
from archspec.printing.framework import Framework
from archspec.printing.verify.replay import ReplayError, replay_use
from archspec.records import dataclass

Numbers = Mapping[Symbol, Value]
NUMBERS = 3  # legal ones that are tried for a number that all uses share
UNLIKE = 4  # uses with other rows than each other that are tried
TRIALS = 150  # of one file: one that is written block by block has many, and none of them is read for long
REFUSED = 4  # plans beside the network that no file serves, after which none is drafted
Place = tuple[int, ...]
Wanted = Mapping[Place, tuple["_Row", bool]]
Alone = Callable[[Scope, Numbers], Plan | None]


@dataclass(frozen=True, slots=True)
class Trial:
    """A use of a definition with other numbers: `plan` is of a network that is the block with these."""

    definition: Definition
    use: int
    changed: Numbers
    plan: Plan

    @property
    def scope(self) -> Scope:
        """The block with the other numbers."""
        (block,) = self.plan.children
        assert isinstance(block, Plan)
        return block.scope


def others(value: Value) -> Iterator[Value]:
    """Numbers that differ from one, near and far, smaller and larger; none for a word or a list."""
    found: tuple[Value, ...] = ()
    if isinstance(value, bool):
        found = (not value,)
    elif isinstance(value, int):
        found = (value + 1, 2 * value or 4, value + 2, 1, max(value // 2, 1), 0)
    elif isinstance(value, float):
        found = (value * 1.5 or 0.25, value * 0.5 or 0.5, 0.0)
    yield from (other for other in dict.fromkeys(found) if other != value)


def trials(
    definition: Definition, number: int, symbol: Symbol, alone: Alone, values: Sequence[Value] = ()
) -> Iterator[Trial]:
    """One use of a block's definition with other legal numbers in place of one parameter's."""
    scope = definition.uses[number].scope
    for value in values or others(scope.symbols[symbol]):
        plan = alone(scope, {symbol: value})
        if plan is not None:
            yield Trial(definition, number, {symbol: value}, plan)


def kept(trial: Trial, text: str, framework: Framework, functions: Mapping[str, Function]) -> str:
    """Why a definition of a file is not the block with the numbers of a trial; empty where it is."""
    definition, given = trial.definition, dict[str, Value]()
    for parameter in definition.parameters:
        if framework.models != "class" and definition.infers(parameter):
            continue  # read off the value that enters
        given[parameter.name] = _given(parameter, trial, functions)
    try:
        replay_use(text, trial.plan, definition.name, framework, given)
    except ReplayError as error:
        return str(error)
    return ""


def _given(parameter: Parameter, trial: Trial, functions: Mapping[str, Function]) -> Value:
    """What a parameter is in a trial."""
    quantity = parameter.quantities[trial.use]
    if parameter.symbol is not None and parameter.seen is None:
        return trial.scope.symbols[parameter.symbol]
    try:
        return value_of(parameter.seen or quantity.expr, trial.scope.symbols, functions)
    except (ExpressionError, KeyError):
        return quantity.value


@dataclass(slots=True)
class Promises:
    """The promises of one file. `numbers` are the parameters that are written as numbers, by the scopes in which they
    are; `beside` are the plans that are drafted beside the network's own, `refused` counts those that no file served.
    """

    alone: Alone
    framework: Framework
    functions: Mapping[str, Function]
    numbers: dict[int, frozenset[Symbol]] = field(default_factory=dict)
    beside: list[Plan] = field(default_factory=list)
    tried: set[tuple[int, Symbol, Value]] = field(default_factory=set)
    refused: int = 0
    trials: int = 0

    def mend(self, text: str, definitions: Sequence[Definition]) -> bool:
        """Whether a file must be written again, with what was found wrong in it."""
        blocks = [definition for definition in definitions if definition.kind == "block"]
        before = len(self.beside)
        for definition in blocks if self.refused < REFUSED else ():
            self.beside += [trial.plan for trial in self._undecided(definition, text)]
        if len(self.beside) > before:
            return True
        return any([self._shared(definition, text) for definition in blocks])

    def retract(self) -> bool:
        """Give up what was last drafted beside the network, in the end all of it; false where there is nothing."""
        if not self.beside:
            return False
        self.refused += 1
        del self.beside[-1 if self.refused < REFUSED else 0 :]
        return True

    def _shared(self, definition: Definition, text: str) -> bool:
        """Whether a number that all uses share is no parameter: it is written everywhere from now on."""
        lost: set[Symbol] = set()
        for parameter in definition.parameters:
            symbol = parameter.symbol
            if (
                symbol is None
                or self.trials >= TRIALS
                or len({q.value for q in parameter.quantities}) != 1
            ):
                continue
            found = islice(trials(definition, 0, symbol, self.alone), NUMBERS)
            if any(self._fails(trial, text) for trial in found):
                lost.add(symbol)
        for use in definition.uses if lost else ():
            for scope in _own(use):
                self.numbers[scope.id] = self.numbers.get(scope.id, frozenset()) | lost
        return bool(lost)

    def _undecided(self, definition: Definition, text: str) -> Iterator[Trial]:
        """Uses with other numbers in which a row is there that is dropped in all uses, or the other way round."""
        uses = [{row.place: row for row in _rows(use, (use.scope,))} for use in definition.uses]
        known = {(place, row.present) for rows in uses for place, row in rows.items()}
        unlike = {tuple(row.present for row in rows.values()): n for n, rows in enumerate(uses)}
        for number in [*unlike.values()][:UNLIKE]:
            rows = uses[number]
            turned = [
                {row.place: (row, not row.present)}
                for row in rows.values()
                if (row.place, not row.present) not in known
            ]
            for wanted in (*turned, *_apart(rows, uses)):
                trial = self._turned(definition, number, wanted, text)
                yield from () if trial is None else (trial,)

    def _turned(
        self, definition: Definition, number: int, wanted: Wanted, text: str
    ) -> Trial | None:
        """A use in which conditions are what they are in no use, and the file does not follow."""
        scope = definition.uses[number].scope
        rows = [row for row, _ in wanted.values()]
        behind = chain(*(_behind(row.when.expr, row.scopes) for row in rows))
        for symbol in dict.fromkeys(behind):
            for value in others(scope.symbols[symbol]):
                key = (scope.id, symbol, value)
                if (
                    self.trials >= TRIALS
                    or key in self.tried
                    or not all(
                        self._holds(row, symbol, value) in (None, there)
                        for row, there in wanted.values()
                    )
                ):
                    continue
                self.tried.add(key)
                for trial in trials(definition, number, symbol, self.alone, (value,)):
                    if self._fails(trial, text):
                        return trial
        return None

    def _fails(self, trial: Trial, text: str) -> bool:
        self.trials += 1
        return bool(kept(trial, text, self.framework, self.functions))

    def _holds(self, row: _Row, symbol: Symbol, value: Value) -> bool | None:
        """A row's condition with another number; None where its names are not the block's."""
        names: dict[Symbol, Value] = {}
        try:
            for scope in row.scopes:
                given = {n: self._value(q.expr, names) for n, q in scope.arguments.items() if names}
                names = {**scope.symbols, **(given or {symbol: value})}
                for name, let in scope.lets.items():
                    names[name] = self._value(let.expr, names)
            return bool(self._value(row.when.expr, names))
        except (ExpressionError, KeyError):
            return None

    def _value(self, expr: Expr, names: Numbers) -> Value:
        return value_of(expr, names, self.functions)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with a condition, in a block or in one that is used in it; the turns of a loop have one `place`.

    `scopes` are the blocks around it, the outermost first.
    """

    place: Place
    scopes: tuple[Scope, ...]
    when: Quantity
    child: Unit | Plan | Absent

    @property
    def present(self) -> bool:
        """Whether it is there; of a loop, whether it has several turns."""
        if isinstance(self.child, Plan) and self.place[-1] < 0:
            return len(self.child.children) > 1
        return not isinstance(self.child, Absent)

    @property
    def resizes(self) -> bool:
        """Whether what leaves it has other sizes than what enters it."""
        if isinstance(self.child, Absent):
            return False
        scope = self.child.node if isinstance(self.child, Unit) else self.child.scope
        return scope.output.axes != scope.input_types[0].axes

    @property
    def sized(self) -> bool:
        """Whether it is made with numbers."""
        steps = self.child.steps if isinstance(self.child, Unit) else ()
        return isinstance(self.child, Plan) or any(step.call.args for step in steps)


def _apart(rows: Mapping[Place, _Row], uses: Sequence[Mapping[Place, _Row]]) -> Iterator[Wanted]:
    """A row that changes sizes, and one below it that is made with them: together as they are in no use."""
    places = [place for place, row in rows.items() if len(row.scopes) == 1]
    for number, above in enumerate(places):
        if not any(use[above].resizes for use in uses if above in use):
            continue
        for below in places[number + 1 :]:
            both = [(use[above], use[below]) for use in uses if above in use and below in use]
            seen = {(first.present, second.present) for first, second in both}
            for there in {True, False} - {first for first, second in seen if second}:
                if any(second.sized for _, second in both):
                    yield {above: (rows[above], there), below: (rows[below], True)}


def _own(plan: Plan) -> Iterator[Scope]:
    """A block's scope and those in it, without those of the blocks that it uses."""
    yield plan.scope
    for child in plan.children:
        if isinstance(child, Plan) and child.scope.kind != "block":
            yield from _own(child)


def _rows(plan: Plan, scopes: tuple[Scope, ...], above: tuple[int, ...] = ()) -> Iterator[_Row]:
    """The rows of a block that have a condition; of a loop whether it has several turns."""
    loop = plan.scope.loop
    if loop is not None:
        several = Quantity(len(plan.children) > 1, Binary(">", loop.count.expr, Lit(1)))
        yield _Row((*above, -1), scopes, several, plan)
    for position, child in enumerate(plan.children):
        place = (*above, 0 if plan.scope.kind == "loop" else position)
        when = when_of(child)
        if when is not None:
            yield _Row(place, scopes, when, child)
        if isinstance(child, Plan):
            within = (*scopes, child.scope) if child.scope.kind == "block" else scopes
            yield from _rows(child, within, place)


def _behind(expr: Expr, scopes: tuple[Scope, ...]) -> Iterator[Symbol]:
    """The parameters and entering sizes of the outermost block that an expression in the innermost hangs on."""
    scope = scopes[-1]
    for symbol in dict.fromkeys(symbols(expr)):
        if symbol in scope.arguments and len(scopes) > 1:
            yield from _behind(scope.arguments[symbol].expr, scopes[:-1])
        elif symbol in scope.arguments:
            yield from () if isinstance(symbol, EnteredSize) and symbol.input else (symbol,)
        elif isinstance(symbol, str) and symbol in scope.lets:
            yield from _behind(scope.lets[symbol].expr, scopes)
