"""The values of a file's variables: its own, or those that the command line or `load` give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite

from pydantic_core import PydanticCustomError

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Value
from archspec.graph.graph import Variable
from archspec.language.syntax.cells import LITERAL, constant, mistake_of
from archspec.language.syntax.declarations import declarations_of, kind, misfit
from archspec.language.syntax.document import Document, VariableDeclaration
from archspec.source import (
    Diagnostic,
    Source,
    Span,
    SpecError,
    asked,
    guesses,
    native,
    one_of,
    read,
)
from archspec.source.mistakes import bad_option, wrong_type

Given = Mapping[str, tuple[Value, Span]]
TYPED = "as in --set width=0.5 --set act=relu6 --set deep=false --set 'depths=[1, 2, 3]'"


def literal(name: str, text: str) -> tuple[Value, Span]:
    """The value that `--set NAME=TEXT` gives; raises SpecError."""
    source = Source("--set", f"{name}={text}")
    span = Span(source, len(name) + 1, len(source.text))
    try:
        return constant(read(Source("--set", text))), span
    except SpecError:
        message = f"{text} is no value"
    except PydanticCustomError as error:
        message = mistake_of(error.context).message
    raise SpecError([bad_option(span, message, LITERAL, text, TYPED)])


def plain(name: str, value: object, where: str = "<arguments>") -> tuple[Value, Span]:
    """The value that `load(..., NAME=value)` gives, or a file that `where` names; raises SpecError."""
    text = f"{name}={_shown(value)}"
    span = Span(Source(where, text), len(name) + 1, len(text))
    try:
        return _frozen(value), span
    except TypeError:
        message = f"{name} cannot be {_shown(value)}"
        hint = "give it a value like its own in the spec"
        raise SpecError([bad_option(span, message, LITERAL, hint=hint)]) from None


def _shown(value: object) -> str:
    """As Python writes it, in one line; numbers of NumPy as Python's own."""
    own = native(value)
    return repr(own if isinstance(own, bool | int | float | str) else value)


def _frozen(given: object) -> Value:
    value = native(given)
    if isinstance(value, float) and not isfinite(value):
        raise TypeError(value)
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    raise TypeError(value)


def sizes(given: object) -> tuple[int, ...]:
    """The sizes of an input that Python gives, none for the spec's own; raises SpecError."""
    value = native(given)
    if value is None:
        return ()
    items = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    found = tuple(map(native, items))
    whole = [n for n in found if isinstance(n, int) and not isinstance(n, bool) and n > 0]
    if len(whole) < len(found):
        span = Span(Source("<arguments>", f"input={value!r}"), 0, 5)
        hint = "as in input=(224, 224, 3): height, width, channels"
        raise SpecError([bad_option(span, "input sizes are whole and positive", hint=hint)])
    return tuple(whole)


def placed(document: Document, values: Given) -> Document:
    """The document with the place of each of `values` as the place of its variable, for notes in messages."""
    forms = dict(document.variables)
    forms |= {name: replace(forms[name], span=span) for name, (_, span) in values.items()}
    return replace(document, variables=forms)


def assign(document: Document, values: Given) -> dict[str, Variable]:
    """Every variable with its value; raises SpecError with every value that its variable does not allow."""
    problems: list[Diagnostic] = []
    for name, (_, span) in values.items():
        if name not in document.variables:
            problems.append(no_variable(document, Span(span.source, 0, len(name))))
    variables: dict[str, Variable] = {}
    for name, form in document.variables.items():
        value, span = values.get(name, (form.value, form.span))
        problem = misfit(form, value, span) or _misfit_in_list(form, value, span)
        if problem is not None:
            problems.append(problem)
        words = tuple(str(item) for item in form.one_of)
        variables[name] = Variable(name, value, words, form.doc)
    if problems:
        raise SpecError(problems)
    return variables


def _misfit_in_list(form: VariableDeclaration, value: Value, span: Span) -> Diagnostic | None:
    """Why the items of a list differ in kind from those of the declared list, or None if they do not."""
    if not isinstance(form.value, tuple) or not isinstance(value, tuple) or not form.value:
        return None
    kinds = dict.fromkeys(kind(item) for item in form.value)
    wrong = [item for item in value if kind(item) not in kinds]
    if not wrong:
        return None
    each = " or ".join(kinds)
    place, name = span.find(written(wrong[0])), form.name.text
    message = f"each item of {name} is {each}, not {describe(wrong[0])}"
    hint = f"{name} may be longer or shorter, with items of the same kind"
    return wrong_type(place, message, f"a list such as {written(form.value)}", span.text, hint)


def no_variable(document: Document, place: Span) -> Diagnostic:
    """The mistake of an option that names a variable that does not exist."""
    name, forms = place.text, document.variables
    near = guesses(name, forms)
    message, notes = f"{document.name.text} has no variable `{name}`", declarations_of(near, forms)
    return bad_option(place, message, one_of(forms), name, asked(near), notes)
