"""The file: definitions drafted, written by the backend's syntax, arranged by Jinja2, and replayed before it is handed
over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Protocol

from archspec.graph.evaluate import written
from archspec.graph.expr import Value
from archspec.graph.graph import Graph, Scope
from archspec.graph.hashing import digest
from archspec.graph.symbols import Symbol
from archspec.lowering.plan import Plan
from archspec.printing.draft.drafter import Drafter, Fallback, fallen_back
from archspec.printing.draft.generalise import CannotKeep, NoCommonExpression, SeparateScopes
from archspec.printing.draft.index import Defined
from archspec.printing.draft.items import Definition
from archspec.printing.draft.reach import around
from archspec.printing.emit.overview import overview
from archspec.printing.emit.prose import Words
from archspec.printing.emit.seal import BLANK, sealed
from archspec.printing.emit.templates import Header, backend_template, filled
from archspec.printing.emit.writer import File
from archspec.printing.framework import Framework
from archspec.printing.promises import Alone, Promises
from archspec.printing.verify.replay import ReplayError, replay
from archspec.records import dataclass
from archspec.terminal import printable


class Syntax(Protocol):
    """How a backend's source is written."""

    reserved: frozenset[str]
    carries: bool
    templates: Path

    def spell(self, name: str) -> str:
        """The name of a definition, as the framework's users write classes or functions."""
        ...

    def defines(self, plan: Plan) -> Defined | None:
        """Whether a scope becomes a definition of its own."""
        ...

    def inlines(self, plans: Sequence[Plan]) -> Callable[[Plan], bool]:
        """Whether rows can stand where the helper that one line would use is used, in a file of these plans."""
        ...

    def file(self, graph: Graph, definitions: Sequence[Definition]) -> File:
        """The pieces of the file."""
        ...

    def replayed(self) -> Framework:
        """What the replay needs to know of the framework."""
        ...


def default_keep(graph: Graph) -> frozenset[str]:
    """Variables that stay arguments: `classes`, and numbers that shape nothing."""
    numbers = {
        name
        for name, variable in graph.variables.items()
        if isinstance(variable.value, int | float) and not isinstance(variable.value, bool)
    }
    return frozenset(n for n in numbers if n == "classes" or n not in graph.structure)


@dataclass(frozen=True, slots=True)
class Setting:
    """Other values of variables that stay arguments, and the plan of the network that they make."""

    values: Mapping[str, Value]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Settings:
    """Further settings at which a file must be the network: those it is `drafted` for, and `variants` of the spec."""

    drafted: Sequence[Setting] = ()
    variants: Sequence[Setting] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """A file's text, the name of the class or function that makes the model, and how many calls were replayed.

    `arguments` names the variables that are arguments, with the names that these have. `fallbacks` are the parts that
    no loop or no one definition could say.
    """

    text: str
    model: str
    calls: int
    arguments: Mapping[str, str] = field(default_factory=dict)
    fallbacks: tuple[Fallback, ...] = ()


ALONE = Settings()
TRIES = 6  # rows of which only what is around them is written one by one
Wanted = Callable[[frozenset[str]], Settings]


def _never(scope: Scope, changed: Mapping[Symbol, Value]) -> Plan | None:
    return None


def source(
    graph: Graph,
    plan: Plan,
    syntax: Syntax,
    keep: Sequence[str] | None = None,
    fix: Sequence[str] = (),
    wanted: Wanted = lambda keep: ALONE,
    templates: Path | None = None,
    alone: Alone = _never,
) -> Printed:
    """Standalone source of a network. Raises ReplayError if it would not be the plan's network.

    `templates` is a folder of templates that extend the backend's; raises BadTemplate where they are at fault.

    Unless `keep` says which variables stay arguments, those do that can; raises CannotKeep where one of `keep` cannot.
    Those of `fix` do not. `wanted` gives, for the variables that stay, the other settings to replay the file at;
    `alone` the plan of a network that is one use of a block with other numbers, None where the spec refuses them.
    """
    kept = (default_keep(graph) if keep is None else frozenset(keep)) - frozenset(fix)
    while True:
        try:
            return Writing(graph, plan, syntax, kept, wanted(kept), templates, alone).printed()
        except CannotKeep as lost:
            if keep is not None or not lost.names & kept:
                raise
            kept -= lost.names


@dataclass(frozen=True, slots=True)
class Writing:
    """The writing of one file, in which the variables of `kept` are arguments."""

    graph: Graph
    plan: Plan
    syntax: Syntax
    kept: frozenset[str] = frozenset()
    settings: Settings = ALONE
    templates: Path | None = None
    alone: Alone = _never

    def printed(self) -> Printed:
        """Write the file again where the replay refuses it, with the scopes around the row at fault written one by one:
        the innermost first, in the end all. The result is longer, but right."""
        apart: list[Scope] = []
        said: list[Fallback] = []
        while True:
            try:
                printed = self.written(frozenset(scope.id for scope in apart))
                return replace(printed, fallbacks=(*said, *printed.fallbacks))
            except ReplayError as error:
                new = self._around(error, apart, len(said))
                if not new:
                    raise
                apart += new
                said.append(Fallback(fallen_back(new[0]), error.reason, new[0].span))

    def _around(self, error: ReplayError, apart: Sequence[Scope], tries: int) -> list[Scope]:
        """The scopes to write one by one after an error: the next one around its row, or all that are left."""
        near = around(self.plan, error.path) if error.path and tries < TRIES else []
        new = [scope for scope in near if scope not in apart]
        return new[:1] or [scope for scope in around(self.plan, "") if scope not in apart]

    def written(self, apart: frozenset[int] = frozenset()) -> Printed:
        """The file, written again as long as a parameter does not hold what it promises."""
        framework, functions = self.syntax.replayed(), self.graph.functions
        promises = Promises(self.alone, framework, functions)
        fallbacks: int | None = None
        while True:
            drafter = self._drafter(framework, promises, apart)
            try:
                printed = self._written(drafter, framework)
            except (SeparateScopes, NoCommonExpression, CannotKeep, ReplayError):
                if not promises.retract():
                    raise
                continue
            fallbacks = len(printed.fallbacks) if fallbacks is None else fallbacks
            if len(printed.fallbacks) > fallbacks and promises.retract():
                continue
            if not promises.mend(printed.text, drafter.definitions):
                return self._in_own_style(printed, drafter, framework)

    def _drafter(self, framework: Framework, promises: Promises, apart: frozenset[int]) -> Drafter:
        syntax = self.syntax
        networks = [self.plan, *(setting.plan for setting in self.settings.drafted)]
        return Drafter(
            self.graph,
            [*networks, *promises.beside],
            self.kept,
            framework,
            syntax.defines,
            syntax.inlines,
            syntax.reserved,
            syntax.carries,
            syntax.spell,
            apart,
            len(networks),
            promises.numbers,
        )

    def _written(self, drafter: Drafter, framework: Framework) -> Printed:
        model = drafter.model()
        file = self.syntax.file(self.graph, drafter.definitions)
        arguments = {p.symbol: p.name for p in model.parameters if isinstance(p.symbol, str)}
        template = backend_template(self.syntax.templates)
        text = sealed(filled(template, file, _header(self.graph)))
        calls = self._replayed(text, model.name, arguments, framework)
        return Printed(text, model.name, calls, arguments, tuple(drafter.fallbacks))

    def _replayed(
        self, text: str, model: str, arguments: Mapping[str, str], framework: Framework
    ) -> int:
        """The number of calls in a file, which is the network at all settings."""
        calls = replay(text, self.plan, model, framework)
        for setting in (*self.settings.drafted, *self.settings.variants):
            _check_setting(text, setting, model, framework, arguments)
        return calls

    def _in_own_style(self, printed: Printed, drafter: Drafter, framework: Framework) -> Printed:
        """The file by a user's templates. The backend's own file is right: a refusal is the templates'."""
        if self.templates is None:
            return printed
        from archspec.printing.emit.custom import Custom

        def replayed(text: str) -> int:
            return self._replayed(text, printed.model, printed.arguments, framework)

        file = self.syntax.file(self.graph, drafter.definitions)
        custom = Custom(self.templates, self.syntax.templates)
        return replace(printed, text=custom.filled(file, _header(self.graph), replayed))


def _check_setting(
    text: str, setting: Setting, model: str, framework: Framework, arguments: Mapping[str, str]
) -> None:
    """Compare a file with the network of another setting; raises CannotKeep if they differ."""
    values = {arguments[name]: v for name, v in setting.values.items() if name in arguments}
    try:
        replay(text, setting.plan, model, framework, values)
    except ReplayError as error:
        shown = ", ".join(f"{name}={written(value)}" for name, value in setting.values.items())
        why = f"with {shown} the file would not be the network: {error}"
        raise CannotKeep(frozenset(setting.values), why) from error


def _header(graph: Graph) -> Header:
    sums = f" (sha256 {digest(graph)[:12]}, text {BLANK}). "
    origin = "Generated by archspec from " + Words(printable(Path(graph.source).name)) + sums
    owned = "It belongs to whoever generated it; edit it as you like."
    rows = Words("\n".join(overview(graph)), columns=True)
    return Header(Words(_sentence(graph.title or graph.name)), rows, origin + owned)


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."
