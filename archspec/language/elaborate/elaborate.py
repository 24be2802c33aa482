"""From the document to the graph: variables get values, blocks and loops unfold, shapes are inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archspec.graph.expr import Sym
from archspec.graph.graph import Graph, Port, Scope, Variable
from archspec.graph.ops import operations
from archspec.graph.ops.base import NONE
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import Symbol
from archspec.language.elaborate.checks import unused
from archspec.language.elaborate.checks.static import Static
from archspec.language.elaborate.formulas.bindings import Bindings, Clash
from archspec.language.elaborate.formulas.lets import derive
from archspec.language.elaborate.formulas.origins import Origin
from archspec.language.elaborate.formulas.problems import Problems
from archspec.language.elaborate.formulas.work import (
    Exhausted,
    Work,
    allowed,
)
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.walk import Walker
from archspec.language.syntax.document import Document
from archspec.source import SpecError
from archspec.source.mistakes import repeat_budget


def elaborate(
    document: Document,
    variables: Mapping[str, Variable],
    size: tuple[int, ...],
    first: int = 0,
    work: Work | None = None,
) -> Graph:
    """The graph of a document with these values of its variables; `size` replaces the input unless empty.

    The ids of its scopes follow `first`. Steps are taken from `work`, unless said from what the file may take. Raises
    SpecError with every mistake found.
    """
    problems = Problems()
    work = work or Work(allowed(document.nodes))
    outer = replace(_variables(document, variables), work=work)
    try:
        context, walker, model = _walked(document, outer, size, first, problems)
    except Exhausted as exhausted:
        place = exhausted.place or work.here or document.span
        said = exhausted.message, exhausted.expected, exhausted.received
        problems.report(repeat_budget(place, *said))
        raise SpecError(problems.diagnostics) from None
    problems.walked = True
    Static(context).check()
    if problems.diagnostics or model is None:
        raise SpecError(problems.diagnostics)
    return Graph(
        document.name.text,
        document.class_name,
        document.title,
        document.doc,
        document.span.source.name,
        model,
        variables,
        context.file.functions,
        frozenset(context.structure),
        walker.ports.fixed,
    )


def _walked(
    document: Document, outer: Bindings, size: tuple[int, ...], first: int, problems: Problems
) -> tuple[Context, Walker, Scope | None]:
    """What the rows of a document come to, where the names `outer` are known; raises Exhausted."""
    file, lets = derive(document.let, outer, problems, local=False)
    words = frozenset({NONE, *operations(), *document.blocks})
    sealed = Bindings({}, {}, words, sealed=True, work=outer.work)
    context = Context(document, problems, file, sealed, outer.work, first)
    walker = Walker(context)
    return context, walker, _model(walker, lets, size)


def _variables(document: Document, variables: Mapping[str, Variable]) -> Bindings:
    """The file's variables with their values, and the words that mean themselves in it."""
    declared = document.variables
    words = {NONE, *operations(), *document.blocks}
    origins: dict[str, Origin] = {}
    for form in declared.values():
        words |= {word for word in (*form.one_of, form.value) if isinstance(word, str)}
        origins |= {str(w): Origin(s, s) for w, s in zip(form.one_of, form.choices, strict=True)}
    for name, variable in variables.items():
        origins[name] = Origin(declared[name].name.span, declared[name].span, variable.value)
    values: dict[Symbol, Quantity | Clash | None] = {
        n: Quantity(v.value, Sym(n), frozenset({n})) for n, v in variables.items()
    }
    return Bindings(values, {}, frozenset(words), origins=origins)


def _model(walker: Walker, lets: Mapping[str, Quantity], size: tuple[int, ...]) -> Scope | None:
    """The scope of the whole network; None where something in it is wrong."""
    context = walker.context
    document, problems, file = context.document, context.problems, context.file
    scope, takes = walker.ports.entry(context.new_id(), size)
    children, _ = walker.rows(document.rows, scope, file, ends=not document.outputs)
    outputs = walker.ports.results(document.outputs, scope, file)
    if takes is None or outputs is None or problems.diagnostics:
        return None
    gives = tuple(Port(name, v.ref, v.type) for name, v in outputs if v.type is not None)
    if len(gives) != len(outputs):
        return None
    unused.check_named(context)
    model = Scope(
        "model",
        scope.id,
        None,
        "",
        document.name.text,
        (),
        tuple(port.type for port in takes),
        gives[0].type,
        gives[0].ref,
        children,
        file.symbols(),
        document.span,
        lets=lets,
        takes=takes,
        gives=gives,
    )
    if not problems.diagnostics:
        unused.check(context, model)
    return model
