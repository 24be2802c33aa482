"""From the document to the graph: variables get values, blocks and loops unfold, shapes are inferred."""

from __future__ import annotations

from collections.abc import Mapping

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
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.walk import Walker
from archspec.language.syntax.document import Document
from archspec.source import SpecError


def elaborate(
    document: Document, variables: Mapping[str, Variable], size: tuple[int, ...], first: int = 0
) -> Graph:
    """The graph of a document with these values of its variables; `size` replaces the input unless empty.

    The ids of its scopes follow `first`. Raises SpecError with every mistake found.
    """
    problems = Problems()
    outer = _variables(document, variables)
    file, lets = derive(document.let, outer, problems, local=False)
    sealed = Bindings({}, {}, frozenset({NONE, *operations(), *document.blocks}), sealed=True)
    context = Context(document, problems, file, sealed, first)
    walker = Walker(context)
    model = _model(walker, lets, size)
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
        file.functions,
        frozenset(context.structure),
        walker.ports.fixed,
    )


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
