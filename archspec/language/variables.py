"""The values of a file's variables: its own, or those that the command line or `load` give."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import PydanticCustomError

from archspec.graph.expr import Value, describe, written
from archspec.graph.graph import Variable
from archspec.language.cells import constant
from archspec.language.document import Document, VarForm
from archspec.source import Diagnostic, Source, Span, SpecError, did_you_mean, read

Given = Mapping[str, tuple[Value, Span]]
PLAIN = "a number, a word, true or false, or a list of these"
TYPED = "as in --set width=0.5 --set act=relu6 --set deep=false --set 'depths=[1, 2, 3]'"


def literal(name: str, text: str) -> tuple[Value, Span]:
    """The value that `--set NAME=TEXT` gives; raises SpecError."""
    source = Source("--set", f"{name}={text}")
    span = Span(source, len(name) + 1, len(source.text))
    try:
        return constant(read(Source("--set", text))), span
    except SpecError as error:
        message = error.diagnostics[0].message
    except PydanticCustomError as error:
        message = str((error.context or {}).get("text", error))
    raise SpecError([Diagnostic("bad-option", message, span, PLAIN, text, TYPED)])


def plain(name: str, value: object) -> tuple[Value, Span]:
    """The value that `load(..., NAME=value)` gives; raises SpecError."""
    text = f"{name}={value!r}"
    span = Span(Source("<arguments>", text), len(name) + 1, len(text))
    try:
        return _frozen(value), span
    except TypeError:
        message = f"{name} cannot be {value!r}"
        raise SpecError([Diagnostic("bad-option", message, span, expected=PLAIN)]) from None


def _frozen(value: object) -> Value:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    raise TypeError(value)


def assign(document: Document, given: Given) -> dict[str, Variable]:
    """Every variable with its value; raises SpecError with each value that does not do."""
    problems: list[Diagnostic] = []
    for name, (_, span) in given.items():
        if name not in document.variables:
            place = Span(span.source, 0, len(name))
            problems.append(
                Diagnostic(
                    "bad-option",
                    f"{document.name.text} has no variable `{name}`",
                    place,
                    expected="one of " + (", ".join(document.variables) or "none at all"),
                    received=name,
                    hint=did_you_mean(name, document.variables),
                )
            )
    found: dict[str, Variable] = {}
    for name, form in document.variables.items():
        value, span = given.get(name, (form.value, form.span))
        problem = misfit(form, value, span) or _misfit_in_list(form, value, span)
        if problem is not None:
            problems.append(problem)
        words = tuple(str(item) for item in form.one_of)
        found[name] = Variable(name, value, words, form.doc)
    if problems:
        raise SpecError(problems)
    return found


def _misfit_in_list(form: VarForm, value: Value, span: Span) -> Diagnostic | None:
    """Why the items of a list are none that the variable's own list has, or None."""
    if not isinstance(form.value, tuple) or not isinstance(value, tuple) or not form.value:
        return None
    kinds = dict.fromkeys(_kind(item) for item in form.value)
    wrong = [item for item in value if _kind(item) not in kinds]
    if not wrong:
        return None
    each = " or ".join(kinds)
    return Diagnostic(
        "wrong-type",
        f"each item of {form.name.text} is {each}, not {describe(wrong[0])}",
        span.find(written(wrong[0])),
        expected=f"a list such as {written(form.value)}",
        received=span.text,
        hint=f"{form.name.text} may be longer or shorter, with items of the same kind",
    )


def misfit(form: VarForm, value: Value, span: Span) -> Diagnostic | None:
    """Why a variable cannot have a value, or None."""
    name, received = form.name.text, span.text
    if form.one_of and value not in form.one_of:
        words = [written(item) for item in form.one_of]
        return Diagnostic(
            "out-of-range",
            f"{name} cannot be {describe(value)}",
            span,
            expected="one of " + ", ".join(words),
            received=received,
            hint=did_you_mean(written(value), words),
        )
    if _kind(value) != _kind(form.value):
        return Diagnostic(
            "wrong-type",
            f"{name} is {_kind(form.value)}, not {describe(value)}",
            span,
            expected=f"{_kind(form.value)}, such as {written(form.value)}",
            received=received,
        )
    low, high = form.minimum, form.maximum
    number = value if isinstance(value, int | float) else None
    if number is None or ((low is None or number >= low) and (high is None or number <= high)):
        return None
    bounds = [f"at least {low:g}"] if low is not None else []
    bounds += [f"at most {high:g}"] if high is not None else []
    expected = " and ".join(bounds)
    return Diagnostic(
        "out-of-range",
        f"{name} is {expected}, not {value}",
        span,
        expected=expected,
        received=received,
    )


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a word"
    return "a list" if isinstance(value, tuple) else "a number"
