"""What `let` derives: values, each seeing the ones above it, and one-line functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from archspec.graph.evaluate import Function
from archspec.graph.expr import Sym
from archspec.graph.quantity import Quantity
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.evaluation import misnamed
from archspec.language.elaborate.formulas.origins import Origin, declarations, origin
from archspec.language.elaborate.formulas.problems import Problems
from archspec.language.elaborate.formulas.values import evaluated, rejection
from archspec.language.syntax.document import Formula, Let
from archspec.source.mistakes import name_taken

KEPT = 1  # origins of names that a function keeps for one step


def derive(
    lets: Iterable[Let], names: Bindings, problems: Problems, *, local: bool
) -> tuple[Bindings, dict[str, Quantity]]:
    """The names with those of a `let`, and the values that it derives."""
    values: dict[str, Quantity] = {}
    own: set[str] = set()
    for let in lets:
        name, names.work.here = let.name.text, let.name.span
        check_new(let, names, problems, own)
        own.add(name)
        if let.parameters is not None:
            names = with_function(let, let.parameters, names, problems, local=local)
            continue
        quantity = problems.attempt(evaluated, let.body, names)
        value = None if quantity is None else quantity.value
        shown = quantity and Quantity(quantity.value, Sym(name), quantity.deps)
        start = {name: origin(let.name.span, let.body, value, names.origins)}
        names = names.with_values({name: shown}, start)
        if quantity is not None:
            values[name] = quantity
    return names, values


def check_new(let: Let, names: Bindings, problems: Problems, own: Collection[str] = ()) -> None:
    """Report a name of a `let` that has a meaning already, or is one of its `own`."""
    name = let.name.text
    meant = name in names.functions if let.parameters is not None else name in names.values
    if meant or name in own:
        message, hint = f"`{name}` has a meaning here already", "rename it, or drop this line"
        notes = declarations([name], names.origins)
        problems.report(name_taken(let.name, message, "a new name", name, hint, notes))


def with_function(
    let: Let, parameters: tuple[str, ...], names: Bindings, problems: Problems, *, local: bool
) -> Bindings:
    """The names with a function, whose body's names are looked at once and for all."""
    place = let.name.span
    places = {name: Origin(place.find(name), place.find(name)) for name in parameters}
    before = len(problems.diagnostics)
    check_names(let.body, names.with_values(dict.fromkeys(parameters), places), problems)
    function = Function(let.name.text, parameters, let.body.expr, local)
    names.work.take(len(names.origins) // KEPT)
    free = {n: o for n, o in names.origins.items() if n not in parameters}
    start = Origin(place, let.body.span, None, free, let.body.expr)
    right = len(problems.diagnostics) == before
    return names.with_function(function, names if right else None, start)


def check_names(formula: Formula, names: Bindings, problems: Problems) -> None:
    """Report every name of a formula that there is not, on whichever side of a condition it stands."""
    for error in misnamed(formula.expr, names):
        problems.report(rejection(error, formula, names).diagnostic)
