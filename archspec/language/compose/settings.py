"""Other values of a file's variables: those of its variants, and those that show what depends on a variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

from archspec.graph.expr import Value
from archspec.language.syntax.document import Document, VariableDeclaration

MOST = 16  # combinations of values that are tried

Setting = dict[str, Value]


def variants(
    document: Document, values: Mapping[str, Value], kept: frozenset[str]
) -> Iterator[Setting]:
    """The values that each variant changes, for variants in which only variables of `kept` differ from `values`."""
    own = document.own or {name: form.value for name, form in document.variables.items()}
    for variant in (document.variants or document.siblings).values():
        whole = {**own, **{name: setting.value for name, setting in variant.settings.items()}}
        changed = {n: v for n, v in whole.items() if n in values and not _same(v, values[n])}
        if changed and set(changed) <= kept:
            yield changed


def choices(
    document: Document, values: Mapping[str, Value], kept: frozenset[str]
) -> Iterator[Setting]:
    """The combinations of the allowed values of the variables of `kept` that are words or truth values."""
    forms = {name: form for name, form in document.variables.items() if name in kept}
    may = {name: _may_be(form) for name, form in forms.items()}
    several = {name: options for name, options in may.items() if options}
    combinations = [
        dict(zip(several, chosen, strict=True))
        for chosen in islice(product(*several.values()), MOST + 1)
    ]
    if len(combinations) > MOST:  # one at a time
        combinations = [{name: choice} for name, options in several.items() for choice in options]
    for chosen in combinations:
        changed = {name: v for name, v in chosen.items() if not _same(v, values[name])}
        if changed:
            yield changed


def others(form: VariableDeclaration, value: Value, *, counts: bool) -> Iterator[tuple[Value, ...]]:
    """Values that differ from a number or a list of numbers, in groups of larger and smaller ones; one of each will do.

    With `counts`, whole numbers grow by one and two. Lists also get shorter and longer.
    """
    if form.one_of or isinstance(value, bool | str):
        return
    if not isinstance(value, tuple):
        yield from _unlike(value, counts=counts)
        return
    if value and all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in value
    ):
        groups = [list(_unlike(item, counts=counts)) for item in value]  # type: ignore[arg-type]
        for group in zip(*groups, strict=False):
            yield tuple(zip(*group, strict=False))
    if len(value) > 1:
        yield (value[:-1], (*value, value[-1]))


def _unlike(value: float, *, counts: bool) -> Iterator[tuple[float, ...]]:
    if isinstance(value, float):
        yield value * 1.5 or 0.25, value * 2
        yield (value * 0.5 or 0.5,)
    elif counts:
        yield value + 1, value + 2
    else:
        yield value + 2, 2 * value, 4 * value


def _may_be(form: VariableDeclaration) -> tuple[Value, ...]:
    return form.one_of or ((False, True) if isinstance(form.value, bool) else ())


def _same(first: Value, second: Value) -> bool:
    return first == second and type(first) is type(second)
