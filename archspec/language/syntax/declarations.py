"""What a variable may be: whether a value is one of those that its declaration allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Value
from archspec.language.syntax.terms import VariableDeclaration
from archspec.source import Diagnostic, Related, Span, asked, guesses, one_of
from archspec.source.kinds import leading
from archspec.source.mistakes import out_of_range, wrong_type


def declarations_of(
    near: Iterable[str], forms: Mapping[str, VariableDeclaration]
) -> tuple[Related, ...]:
    """Where the variables that might be meant are declared."""
    return tuple(Related(forms[name].name.span, f"`{name}` is declared here") for name in near)


def misfit(form: VariableDeclaration, value: Value, span: Span) -> Diagnostic | None:
    """Why a variable cannot have a value, or None; with a note at its declaration if the value stands elsewhere."""
    name, received = form.name.text, span.text
    if form.one_of and value not in form.one_of:
        words = [written(item) for item in form.one_of]
        near = guesses(written(value), words)
        notes = leading(near, dict(zip(words, form.choices, strict=True)), "is one of them")
        message = f"{name} cannot be {describe(value)}"
        return out_of_range(span, message, one_of(words), received, asked(near), notes)
    if kind(value) != kind(form.value):
        message = f"{name} is {kind(form.value)}, not {describe(value)}"
        expected = f"{kind(form.value)}, such as {written(form.value)}"
        note = Related(form.span, f"`{name}` is {describe(form.value)} here")
        return wrong_type(span, message, expected, received, notes=[note])
    low, high = form.minimum, form.maximum
    number = value if isinstance(value, int | float) else None
    if number is None or ((low is None or number >= low) and (high is None or number <= high)):
        return None
    bounds = [f"at least {low:g}"] if low is not None else []
    bounds += [f"at most {high:g}"] if high is not None else []
    declared = [] if span is form.span else [Related(form.name.span, f"`{name}` is declared here")]
    return out_of_range.unlike(
        span, name, " and ".join(bounds), f"{value}", received, notes=declared
    )


def kind(value: Value) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a word"
    return "a list" if isinstance(value, tuple) else "a number"
