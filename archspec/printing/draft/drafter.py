"""The definitions of one file: which there are, and each drafted when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import Any

from archspec.graph.expr import symbols
from archspec.graph.graph import Graph, Scope, ValueId
from archspec.graph.symbols import Symbol
from archspec.lowering.flow import Crossings, captures, crossings, passing
from archspec.lowering.plan import Plan
from archspec.lowering.sharing import Sharing, sharing
from archspec.printing.draft.draft import Draft
from archspec.printing.draft.generalise import (
    CannotKeep,
    NoCommonExpression,
    SeparateScopes,
    SeparateValues,
)
from archspec.printing.draft.index import Defined, Group, Index, takes_place
from archspec.printing.draft.items import Definition
from archspec.printing.draft.reach import alike, alongside
from archspec.printing.framework import Framework
from archspec.printing.names import Namer, shown
from archspec.records import dataclass
from archspec.source import place


@dataclass(frozen=True, slots=True)
class Fallback:
    """A part of a file that is longer than it might be: what is written one by one, why, and where it stands."""

    what: str
    why: str
    span: Any

    def __str__(self) -> str:
        return f"{place(self.span)}: {self.what}: {self.why}"


@dataclass
class Drafter:
    """Makes the definitions of one file, each after those it uses.

    `plans` are the network's own, and those of other values of what stays an argument: a line must be right in all.
    Behind the first `networks` of them stand further uses of blocks. `numbers` are parameters that are written as
    numbers, by the scopes in which they are.
    """

    graph: Graph
    plans: Sequence[Plan]
    keep: frozenset[str]
    framework: Framework
    defines: Callable[[Plan], Defined | None]
    inlines: Callable[[Sequence[Plan]], Callable[[Plan], bool]]
    reserved: frozenset[str]
    carries: bool = True
    spell: Callable[[str], str] = str
    apart: frozenset[int] = frozenset()
    networks: int = 1
    numbers: Mapping[int, frozenset[Symbol]] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    made: dict[int, Definition] = field(default_factory=dict)
    kinds: dict[int, Defined | None] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    fallbacks: list[Fallback] = field(default_factory=list)
    inlined: frozenset[int] = frozenset()
    strict: frozenset[int] = frozenset()
    shared: Sharing = field(init=False)
    passed: Mapping[ValueId, ValueId] = field(init=False)
    open: frozenset[int] = field(init=False)
    loose: frozenset[int] = field(init=False)
    escapes: Mapping[int, Collection[ValueId]] = field(init=False)
    read: Collection[int] = field(init=False)
    mixed: dict[int, Defined] = field(init=False)
    fits: Callable[[Plan], bool] = field(init=False)
    index: Index = field(init=False)
    names: Namer = field(init=False)

    def __post_init__(self) -> None:
        self.shared = sharing(*self.plans)
        borders = self.shared.around if self.carries else self.shared.inside | self.shared.outside
        for plan in self.plans:
            self._number(plan)
        self.passed = {k: v for plan in self.plans for k, v in passing(plan).items()}
        self.open = frozenset(alongside(self.plans, borders) if borders else ())
        turns = (turn for plan in self.plans for turn in _open_turns(plan, self.open))
        self.loose = frozenset(id for turn in turns for id in self.below(turn) if self.carries)
        crossed = [crossings(plan, self.passed) for plan in self.plans]
        self.escapes = {scope: refs for one in crossed for scope, refs in one.escapes.items()}
        self.read = {*chain(*map(_results_read, self.plans, crossed))}
        self.fits = self.inlines(self.plans)
        self.mixed = dict(alike(self.plans, self._kind))

    def model(self) -> Definition:
        """The model's definition; the others stand in `definitions`, in the order in which they are needed.

        What no single line serves is set apart, and everything drafted again: a loop turn by turn, the uses of a
        definition one by one.
        """
        if self.keep & self.graph.fixed:
            raise CannotKeep(
                self.keep & self.graph.fixed, "which values the network gives hangs on it"
            )
        while True:
            try:
                return self._model()
            except SeparateValues as failed:
                self.strict |= failed.scopes
            except SeparateScopes as failed:
                if failed.scopes <= self.apart:
                    raise
                self.apart |= failed.scopes
                self.fallbacks.append(_fallback(failed))

    def below(self, plan: Plan) -> Sequence[int]:
        """The ids of a scope and of all scopes in it."""
        start, end = self.spans[plan.scope.id]
        return self.order[start:end]

    def _number(self, plan: Plan) -> None:
        """Put the scopes of a plan in one order, in which those inside a scope follow it."""
        start = len(self.order)
        self.order.append(plan.scope.id)
        for child in plan.children:
            if isinstance(child, Plan):
                self._number(child)
        self.spans[plan.scope.id] = start, len(self.order)

    def defined(self, plan: Plan) -> Defined | None:
        """Whether a scope becomes a definition: none whose inner values are read from outside, or that shares weights
        with rows outside of it."""
        stands = plan.scope.id in self.open and plan.scope.id not in self.loose
        if stands or plan.scope.id in self.inlined or plan.scope.shares:
            return None
        return self.mixed.get(plan.scope.id) or self._kind(plan)

    def _kind(self, plan: Plan) -> Defined | None:
        """What the syntax says of a scope, asked once."""
        scope = plan.scope
        if scope.id not in self.kinds:
            kind = self.defines(plan)
            if kind is None and self.carries and scope.id in self.escapes and scope.label:
                kind = "turn" if scope.kind == "turn" and not takes_place(plan) else None
            self.kinds[scope.id] = kind
        return self.kinds[scope.id]

    def _inlines(self, plan: Plan) -> bool:
        """Whether rows can stand where their helper would be used."""
        apart = plan.scope.id in self.shared.homes or plan.scope.id in self.escapes
        return not apart and self.fits(plan)

    def again(self, plan: Plan) -> Plan | None:
        """The scope of which another is a further use, as a whole, of one definition with its weights."""
        home = self.shared.homes.get(plan.scope.shares)
        if home is None or plan.scope.id in self.open or self.defined(home) is None:
            return None
        return home

    def called(self, plan: Plan) -> Plan | None:
        """The loop whose layers another one calls once more, as one module: no other value crosses its turns."""
        home = self.shared.homes.get(plan.scope.shares)
        if home is None or not self.carries or home.scope.label is None or not home.children:
            return None
        apart = {plan.scope.id, home.scope.id} & (self.apart | self.open)
        crossing = (
            captures(home) or len(home.scope.inputs) > 1 or self.escapes.keys() & self.below(home)
        )
        return None if apart or crossing else home

    def _model(self) -> Definition:
        self.definitions, self.made = [], {}
        self.inlined = frozenset()
        self.index = Index(self.defined, self.again, self.apart)
        for plan in self.plans:
            self.index.walk(plan)
        self.inlined = frozenset(
            plan.scope.id
            for group in self.index.groups
            if group.once and all(self._inlines(plan) for plan in group.uses)
            for plan in group.uses
        )
        arguments = set[Symbol]().union(*map(_arguments, self.plans))
        taken = self.keep | arguments
        names = {symbol for symbol in taken if isinstance(symbol, str)}
        self.names = Namer(self.reserved, names | {*map(shown, taken)})
        named = self.graph.class_name if self.framework.models == "class" else self.graph.name
        model = Definition("model", self.names.new(named), list(self.plans[: self.networks]))
        self._fill(model)
        self.definitions.append(model)
        return model

    def use(self, plan: Plan) -> tuple[Definition, int]:
        """The definition of a scope, drafted if this is its first use, and the number of this use."""
        group, number = self.index.where[plan.scope.id]
        if id(group) not in self.made:
            name = self.names.new(self.spell(_name(group)))
            definition = Definition(group.kind, name, group.uses)
            self.made[id(group)] = definition
            try:
                self._fill(definition)
            except NoCommonExpression as error:
                failed = SeparateScopes(group.uses, error)
                failed.tried = True
                raise failed from error
            self.definitions.append(definition)
        return self.made[id(group)], number

    def _fill(self, definition: Definition) -> None:
        """Draft a definition: where no line serves all uses once more, with variables of its own for each loop."""
        try:
            Draft(self, definition).fill()
        except (NoCommonExpression, SeparateScopes) as error:
            if isinstance(error, SeparateScopes) and error.tried:
                raise
            definition.own_sizes = True
            try:
                Draft(self, definition).fill()
            except (NoCommonExpression, SeparateScopes):
                if isinstance(error, SeparateScopes):
                    error.tried = True
                definition.own_sizes = False
                raise error from None

    def kept_functions(self) -> frozenset[str]:
        """Functions of the file that read a variable that stays an argument."""
        functions = self.graph.functions
        return frozenset(
            name for name, function in functions.items() if self.keep & set(symbols(function.body))
        )


def _open_turns(plan: Plan, open: Collection[int]) -> Iterator[Plan]:
    """The turns whose rows use layers outside of them: a definition of a turn takes these."""
    for child in plan.children:
        if isinstance(child, Plan):
            if child.scope.kind == "turn" and child.scope.id in open:
                yield child
            else:
                yield from _open_turns(child, open)


def _arguments(plan: Plan) -> set[Symbol]:
    """The names of all blocks' parameters, which a definition that is used beside them cannot have."""
    below = (_arguments(child) for child in plan.children if isinstance(child, Plan))
    return set(plan.scope.arguments).union(*below)


def _name(group: Group) -> str:
    scope = group.uses[0].scope
    if group.kind == "row":
        kinds = {use.children[0].node.op.name for use in group.uses}  # type: ignore[union-attr]
        first = kinds.pop() if len(kinds) == 1 else "conv"
        rest = "_norm" if group.shape[1] != "no norm" else ""
        return f"{first}{rest}{'_act' if group.shape[2] is not None else ''}"
    if group.kind == "turn":
        return scope.definition.removesuffix("s") or scope.definition
    return scope.definition


def _results_read(plan: Plan, crossed: Crossings) -> Iterator[int]:
    """The ids of the scopes whose result anybody reads."""
    for number, child in enumerate(plan.children):
        if isinstance(child, Plan):
            if ValueId(plan.scope.id, number) in crossed.read:
                yield child.scope.id
            yield from _results_read(child, crossed)


def _fallback(failed: SeparateScopes) -> Fallback:
    """Why scopes are written one by one."""
    return Fallback(fallen_back(failed.first), f"{failed.why}", failed.first.span)


def fallen_back(scope: Scope) -> str:
    """What is written one by one."""
    if scope.kind == "loop":
        return f"the turns of {scope.path} are written one by one"
    return f"{scope.path or scope.definition} has a definition of its own"
