"""What every part that unfolds rows shares, and what such a part asks of the walk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Protocol

from archspec.graph.graph import Child, Kind, Scope, ValueId
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.problems import Problems
from archspec.language.elaborate.formulas.work import SCOPE, Work
from archspec.language.elaborate.rows.scopes import FlowValue, Parts, RowScope
from archspec.language.syntax.document import Document, Row
from archspec.records import dataclass
from archspec.source import Diagnostic, Related, Span
from archspec.source.mistakes import name_taken, repeat_budget

MAX_NODES = 50_000
NAMES = 2  # names that a scope keeps for one step

LISTS: frozenset[Kind] = frozenset(
    {"group", "loop", "turn", "branch", "residual"}
)  # whose inside can be named from outside

Rows = tuple[tuple[Child, ...], FlowValue]


class Walk(Protocol):
    """The walk of rows, for the parts that unfold what a row holds."""

    def rows(
        self, rows: Sequence[Row], scope: RowScope, names: Bindings, *, ends: bool = True
    ) -> Rows:
        """The children that a list of rows makes, and the value of the last; if that `ends` the list it is used."""
        ...

    def turn(self, row: Row, path: str, scope: RowScope, names: Bindings) -> Rows:
        """The same of one turn of a row that is repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """Where rows unfold: the row's label and path, what the scope is called, what enters, the names that it sees."""

    label: str | None
    path: str
    definition: str
    entered: FlowValue
    names: Bindings
    span: Span


@dataclass(slots=True)
class Context:
    """One elaboration: the file's names, the mistakes, the counters, what is used and taken.

    Of a value that a row gives, `row_of` is the row and `child_of` what it became. `ended` are values in which rows
    around them end, with the values of these rows. `tuples` are the values of scopes
    that give several, by id. `takers` are values, the rows that take them, and whether those are dropped. `paths` are
    the paths that rows have, `weight_paths` those of operations, also of the sum of a residual. `structure` are the
    variables that shape the network. `work` counts what all of this takes.
    """

    document: Document
    problems: Problems
    file: Bindings
    sealed: Bindings
    work: Work
    scopes: int = 0
    nodes: int = 0
    structure: set[str] = field(default_factory=set)
    row_of: dict[ValueId, Row] = field(default_factory=dict)
    child_of: dict[ValueId, Child] = field(default_factory=dict)
    ended: dict[ValueId, ValueId] = field(default_factory=dict)
    tuples: dict[int, Parts] = field(default_factory=dict)
    used: set[ValueId] = field(default_factory=set)
    takers: list[tuple[ValueId, Span, bool]] = field(default_factory=list)
    paths: dict[str, Span] = field(default_factory=dict)
    weight_paths: dict[str, Span] = field(default_factory=dict)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a mistake."""
        self.problems.report(diagnostic)

    def new_id(self) -> int:
        """The id of a further scope."""
        self.work.take(SCOPE)
        self.scopes += 1
        return self.scopes

    def use(self, value: FlowValue) -> None:
        """Note that a row takes a value, or all values of a tuple, and with it those of rows that end in it."""
        for ref in (value.ref, *(part.ref for _, part in value.parts)):
            around: ValueId | None = ref
            while around is not None:
                self.used.add(around)
                around = self.ended.get(around)

    def stands_for(self, ref: ValueId, child: Child) -> None:
        """Note that the value `ref` of a group, a loop or branches is that of the row in which it ends."""
        if isinstance(child, Scope) and child.kind == "residual":
            for k, branch in enumerate(child.children):
                self.stands_for(ValueId(child.id, k), branch)
        while isinstance(child, Scope) and child.kind in LISTS and child.result.scope == child.id:
            if child.result.child < 0:
                return
            self.ended[child.result] = ref
            ref, child = child.result, child.children[child.result.child]

    def take(self, path: str, span: Span) -> None:
        """Give a row its name; report another that has it."""
        self._take(path, span, self.paths)

    def take_weights(self, path: str, span: Span) -> None:
        """Give an operation the path of its weights; report another that has it."""
        self._take(path, span, self.weight_paths)

    def _take(self, path: str, span: Span, paths: dict[str, Span]) -> None:
        if path in paths:
            message, expected = f"two rows are called `{path}`", "a name of its own for each row"
            notes = [Related(paths[path], "the first one")]
            self.report(name_taken(span, message, expected, path, notes=notes))
        paths[path] = span

    def too_many(self, span: Span) -> None:
        """Report more rows than a network may have, seen at `span`; no further row is looked at."""
        self.nodes = MAX_NODES
        message = f"the network has more than {MAX_NODES:,} rows"
        expected = f"at most {MAX_NODES:,}"
        received = "a repeat of repeats, or blocks of blocks"
        self.report(repeat_budget(span, message, expected, received))

    def scope(
        self, kind: Kind, site: Site, inside: RowScope, children: Iterable[Child]
    ) -> Scope | None:
        """The scope of a list whose rows have been walked; None where its types are not known."""
        if inside.input.type is None or inside.prev.type is None:
            return None
        self.work.take(len(site.names.values) // NAMES)
        return Scope(
            kind,
            inside.id,
            site.label,
            site.path,
            site.definition,
            (site.entered.ref,),
            (inside.input.type,),
            inside.prev.type,
            inside.prev.ref,
            tuple(children),
            site.names.symbols(),
            site.span,
        )
