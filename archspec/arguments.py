"""Which variables of a network stay arguments of its file: those asked for, the settings at which they are tried, and
why one cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any

from archspec.graph.evaluate import written
from archspec.graph.expr import Value
from archspec.graph.graph import Graph, Scope, counting
from archspec.graph.symbols import EnteredSize, Symbol
from archspec.language.compose import settings
from archspec.language.compose.single import single
from archspec.language.syntax.document import Document
from archspec.language.syntax.variables import Given, no_variable, plain
from archspec.lowering.backend import Backend
from archspec.lowering.plan import Plan
from archspec.printing.draft.generalise import CannotKeep, NoCommonExpression, SeparateScopes
from archspec.printing.source import Printed, Setting, Settings, default_keep, source
from archspec.printing.verify.replay import ReplayError
from archspec.records import dataclass, growing
from archspec.source import Diagnostic, Related, Source, Span, SpecError
from archspec.source.mistakes import bad_option, expression_budget

IDS = 10_000_000  # more scopes than a network may have


@dataclass
class Alone:
    """Networks that are one use of a block of a document."""

    document: Document
    graph: Graph
    chosen: Backend
    elaborated: Callable[[Document, int], Graph]
    made: int = 0

    def __call__(self, scope: Scope, changed: Mapping[Symbol, Value]) -> Plan | None:
        """The plan of a block as in one use of it, but with other numbers; None where the spec refuses them."""
        values = {name: q.value for name, q in scope.arguments.items() if isinstance(name, str)}
        values |= {name: value for name, value in changed.items() if isinstance(name, str)}
        axes = [(EnteredSize("", name), size.value) for name, size in scope.input_types[0].axes]
        sizes = tuple(changed.get(symbol, size) for symbol, size in axes)
        if scope.definition not in self.document.blocks or any(
            isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes
        ):
            return None
        self.made += 1
        document = single(self.document, scope.definition, values, [sizes])
        try:
            return self.chosen.lower(self.elaborated(document, IDS * (1_000 + self.made)))
        except SpecError:
            return None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one network's file. `again` elaborates its document with other values, `single` a document with
    the network's, the ids of its scopes behind a number. `mark` stands before `keep` and `fix` in messages: nothing in
    Python, `--` on the command line."""

    document: Document
    graph: Graph
    chosen: Backend
    again: Callable[[Given, int], Graph]
    single: Callable[[Document, int], Graph]
    mark: str = ""

    def printed(
        self, keep: Sequence[str] | None, fix: Sequence[str], templates: Path | None = None
    ) -> Printed:
        """The file; `keep` are the variables that stay arguments, `fix` those that do not; raises SpecError."""
        kept = None if keep is None else self._checked("keep", keep)
        fixed = self._checked("fix", fix, kept or ())
        with growing():
            return self._printed(self.chosen.lower(self.graph), kept, fixed, templates)

    def _printed(
        self,
        plan: Plan,
        kept: tuple[str, ...] | None,
        fixed: tuple[str, ...] = (),
        templates: Path | None = None,
    ) -> Printed:
        wanted = partial(self._settings, explicit=kept is not None)
        try:
            syntax = self.chosen.syntax(plan)
            alone = Alone(self.document, self.graph, self.chosen, self.single)
            return source(self.graph, plan, syntax, kept, fixed, wanted, templates, alone)
        except RecursionError as error:
            raise self._too_deep() from error
        except (SeparateScopes, ReplayError, NoCommonExpression, CannotKeep) as error:
            if not kept:
                raise
            for name in kept if len(kept) > 1 else ():  # which of them it is
                try:
                    self._printed(plan, (name,))
                except SpecError as one:
                    raise self._not_kept(kept, one.__cause__ or error, {name}) from error
            raise self._not_kept(kept, error, {*kept}) from error

    def _values(self) -> dict[str, Value]:
        return {name: variable.value for name, variable in self.graph.variables.items()}

    def _settings(self, kept: frozenset[str], *, explicit: bool) -> Settings:
        """The settings at which a file with these arguments must be the network, besides its own.

        Variables that were asked for are tried with values that show what depends on them.
        """
        values = self._values()
        tried: list[dict[str, Any]] = [values]

        def setting(changed: Mapping[str, Any]) -> Setting | None:
            """The setting; None if it gives no network or was tried before."""
            whole = {**values, **changed}
            if whole in tried:
                return None
            tried.append(whole)
            variables = {name: plain(name, value) for name, value in whole.items()}
            try:
                graph = self.again(variables, len(tried) * IDS)
                return Setting(changed, self.chosen.lower(graph))
            except SpecError:
                return None

        def first(name: str, group: Sequence[Any]) -> Setting | None:
            return next(filter(None, (setting({name: value}) for value in group)), None)

        drafted: list[Setting | None] = []
        if explicit:
            asked = kept - default_keep(self.graph)
            counts = counting(self.graph.root)
            drafted += [setting(new) for new in settings.choices(self.document, values, asked)]
            for name in values:
                if name in asked:
                    form = self.document.variables[name]
                    groups = settings.others(form, values[name], counts=name in counts)
                    drafted += [first(name, group) for group in groups]
        variants = [setting(new) for new in settings.variants(self.document, values, kept)]
        return Settings([*filter(None, drafted)], [*filter(None, variants)])

    def _too_deep(self) -> SpecError:
        """The error for expressions that are nested too deeply to be printed."""
        message = f"the expressions of {self.graph.name} are too deep to be written"
        hint = "let fewer names be derived from one another, or keep fewer variables"
        span = self.document.name.span
        return SpecError([expression_budget(span, message, hint=hint)])

    def _not_kept(self, kept: Sequence[str], error: BaseException, names: Set[str]) -> SpecError:
        """The error for variables that cannot stay arguments, with the reason and the place that depends on them."""
        unkept = [name for name in kept if name in names]
        its = "its values" if len(unkept) == 1 else "their values"
        cause = error if isinstance(error, ReplayError) else error.__cause__ or error
        why, place = f"no line serves all of {its} ({cause})", getattr(cause, "span", None)
        if isinstance(error, CannotKeep):
            unkept = [name for name in unkept if name in error.names] or unkept
            why, place = error.why, error.span
        shown = " ".join(kept)
        only = kept.index(unkept[0]) if len(unkept) == 1 else None
        start = 0 if only is None else sum(len(name) + 1 for name in kept[:only])
        end = len(shown) if only is None else start + len(unkept[0])
        span = Span(Source(f"{self.mark}keep", shown), start, end)
        quoted = ", ".join(f"`{name}`" for name in unkept)
        notes = [Related(place, "this hangs on it")] if place else []
        forms = self.document.variables
        notes += [Related(forms[n].name.span, f"`{n}` is declared here") for n in unkept]
        values = ", ".join(f"{name}={written(self.graph.variables[name].value)}" for name in unkept)
        article = "an argument" if len(unkept) == 1 else "arguments"
        message = f"{self.graph.name} cannot be written with {quoted} as {article}: {why}"
        expected = "variables whose every value one file can follow"
        hint = f"leave {'it' if len(unkept) == 1 else 'one'} out: the file then holds for {values}"
        return SpecError([bad_option(span, message, expected, ", ".join(unkept), hint, notes)])

    def _checked(
        self, option: str, names: Sequence[str], others: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """The names of variables; raises SpecError for each that is no variable, or is also in `others`."""
        wrong: list[Diagnostic] = []
        for name in names:
            span = Span(Source(f"{self.mark}{option}", name), 0, len(name))
            if name not in self.graph.variables:
                wrong.append(no_variable(self.document, span))
            elif name in others:
                message = f"`{name}` cannot stay an argument and become a literal"
                keep, fix = f"{self.mark}keep", f"{self.mark}fix"
                hint = f"leave out {fix}, or {keep} of this variable"
                expected = f"{keep} or {fix}, not both"
                wrong.append(bad_option(span, message, expected, name, hint))
        if wrong:
            raise SpecError(wrong)
        return tuple(names)
