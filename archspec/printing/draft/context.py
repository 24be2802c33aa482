"""What the parts of a draft know of the file and of the definition that they work on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from archspec.graph.graph import Absent, Graph, ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import Symbol
from archspec.lowering.plan import Plan, Unit
from archspec.lowering.sharing import Sharing
from archspec.printing.draft.generalise import ParameterInference
from archspec.printing.draft.index import Defined, Index
from archspec.printing.draft.items import Definition, InlineItem, Item, Token
from archspec.printing.draft.kept import KeptLayers, Loop
from archspec.printing.draft.reduce import CallSite, Reducer
from archspec.printing.draft.tokens import Tokens
from archspec.printing.framework import Framework
from archspec.printing.names import Namer

Children = Sequence[Unit | Plan | Absent | None]


class FileContext(Protocol):
    """The file that definitions are drafted for.

    `open` are the scopes that cannot be a definition, `apart` those that share none, `inlined` those that are written
    where they are used; `numbers` are parameters that are written as numbers, by scope; `passed` are
    values that are others by another name. `escapes` are the values in a scope that others read, by
    its id; `read` the ids of scopes whose result is read.
    Scopes in `strict` take two values for what rows read that no use has both of.
    """

    graph: Graph
    keep: frozenset[str]
    framework: Framework
    reserved: frozenset[str]
    carries: bool
    shared: Sharing
    passed: Mapping[ValueId, ValueId]
    numbers: Mapping[int, frozenset[Symbol]]
    open: frozenset[int]
    apart: frozenset[int]
    index: Index
    inlined: frozenset[int]
    escapes: Mapping[int, Collection[ValueId]]
    read: Collection[int]
    strict: frozenset[int]

    def kept_functions(self) -> frozenset[str]:
        """The functions of the spec that stay functions of the file."""
        ...

    def below(self, plan: Plan) -> Sequence[int]:
        """The ids of a scope and of all scopes in it."""
        ...

    def defined(self, plan: Plan) -> Defined | None:
        """Whether a scope becomes a definition."""
        ...

    def again(self, plan: Plan) -> Plan | None:
        """The scope whose definition and weights another one uses as a whole."""
        ...

    def called(self, plan: Plan) -> Plan | None:
        """The loop whose layers another one calls once more, as one module."""
        ...

    def use(self, plan: Plan) -> tuple[Definition, int]:
        """The definition of a scope, and the number of this use."""
        ...


class DefinitionContext(Protocol):
    """The definition that is being drafted, as its calls and loops see it."""

    file: FileContext
    definition: Definition
    reducer: Reducer
    names: Namer
    inference: ParameterInference
    tokens: Tokens
    kept: KeptLayers

    @property
    def loops(self) -> Sequence[Loop]:
        """The loops around a line, the outermost first."""
        ...

    def scope(
        self, places: list[CallSite], plans: list[Plan], name: str, output: Token
    ) -> list[Item]:
        """The items of a scope, in whatever way it is written."""
        ...

    def standing(self, plans: Sequence[Plan], rows: InlineItem, known: frozenset[int]) -> Item:
        """Rows where they stand: one layer in place of them all, one module, or one by one."""
        ...

    def body(
        self, places: list[CallSite], plans: Sequence[Plan]
    ) -> tuple[list[Item], Token, Token]:
        """The items of a list of rows, what enters it and what it gives."""
        ...

    def used(
        self,
        places: list[CallSite],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> Item:
        """A use of another definition."""
        ...

    def counters(self) -> list[str]:
        """The counters of the loops around what is drafted, the outermost first."""
        ...

    def never(
        self, places: list[CallSite], whens: Sequence[tuple[Quantity | None, Any]], what: str
    ) -> None:
        """Raises CannotKeep where what is never there would be, with other values of what stays an argument."""
        ...
