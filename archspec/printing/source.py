"""The file: definitions drafted, written by the backend's syntax, arranged by Jinja2, and replayed before it is handed
over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol

from archspec.graph.evaluate import written
from archspec.graph.expr import Value
from archspec.graph.graph import Graph
from archspec.graph.hashing import digest
from archspec.lowering.plan import Plan
from archspec.printing.draft.drafter import Drafter
from archspec.printing.draft.generalise import CannotKeep
from archspec.printing.draft.index import Defined
from archspec.printing.draft.items import Definition
from archspec.printing.emit.overview import overview
from archspec.printing.emit.prose import Words
from archspec.printing.emit.seal import BLANK, sealed
from archspec.printing.emit.templates import Header, backend_template, filled
from archspec.printing.emit.writer import File
from archspec.printing.framework import Framework
from archspec.printing.verify.replay import ReplayError, replay
from archspec.records import dataclass


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

    `plain`: loops could not be written as loops, so every turn is written out. `arguments` names the variables that are
    arguments, with the names that these have.
    """

    text: str
    model: str
    calls: int
    plain: bool = False
    arguments: Mapping[str, str] = field(default_factory=dict)
    fallbacks: tuple[str, ...] = ()


ALONE = Settings()
Wanted = Callable[[frozenset[str]], Settings]


def source(
    graph: Graph,
    plan: Plan,
    syntax: Syntax,
    keep: Sequence[str] | None = None,
    fix: Sequence[str] = (),
    wanted: Wanted = lambda keep: ALONE,
    templates: Path | None = None,
) -> Printed:
    """Standalone source of a network. Raises ReplayError if it would not be the plan's network.

    `templates` is a folder of templates that extend the backend's; raises BadTemplate where they are at fault.

    Unless `keep` says which variables stay arguments, those do that can; raises CannotKeep where one of `keep` cannot.
    Those of `fix` do not. `wanted` gives, for the variables that stay, the other settings to replay the file at.
    """
    kept = (default_keep(graph) if keep is None else frozenset(keep)) - frozenset(fix)
    while True:
        try:
            return _right(graph, plan, syntax, kept, wanted(kept), templates)
        except CannotKeep as lost:
            if keep is not None or not lost.names & kept:
                raise
            kept -= lost.names


def _right(
    graph: Graph,
    plan: Plan,
    syntax: Syntax,
    kept: frozenset[str],
    settings: Settings,
    templates: Path | None,
) -> Printed:
    """Writes the file again without loops where the replay refuses it: the result is longer, but correct."""
    try:
        return _written(graph, plan, syntax, kept, settings, templates, plain=False)
    except ReplayError:
        return _written(graph, plan, syntax, kept, settings, templates, plain=True)


def _written(
    graph: Graph,
    plan: Plan,
    syntax: Syntax,
    kept: frozenset[str],
    settings: Settings = ALONE,
    templates: Path | None = None,
    *,
    plain: bool,
) -> Printed:
    framework = syntax.replayed()
    drafter = Drafter(
        graph,
        [plan, *(setting.plan for setting in settings.drafted)],
        kept,
        framework,
        syntax.defines,
        syntax.inlines,
        syntax.reserved,
        syntax.carries,
        syntax.spell,
        plain,
    )
    model = drafter.model()
    file = syntax.file(graph, drafter.definitions)
    header = _header(graph)
    arguments = {p.symbol: p.name for p in model.parameters if isinstance(p.symbol, str)}

    def replayed(text: str) -> int:
        """The number of calls in a file, which is the network at all settings."""
        calls = replay(text, plan, model.name, framework)
        for setting in (*settings.drafted, *settings.variants):
            _check_setting(text, setting, model.name, framework, arguments)
        return calls

    text = sealed(filled(backend_template(syntax.templates), file, header))
    calls = replayed(text)
    if templates is not None:  # the backend's own file is right: a refusal is the templates'
        from archspec.printing.emit.custom import Custom

        text = Custom(templates, syntax.templates).filled(file, header, replayed)
    return Printed(text, model.name, calls, plain, arguments, tuple(drafter.fallbacks))


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
    origin = "Generated by archspec from " + Words(Path(graph.source).name) + sums
    owned = "It belongs to whoever generated it; edit it as you like."
    rows = Words("\n".join(overview(graph)), columns=True)
    return Header(Words(_sentence(graph.title or graph.name)), rows, origin + owned)


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."
