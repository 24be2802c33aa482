"""From YAML nodes to cells: each function reads one kind of value or raises a problem with its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Keyed
from typing import Any

from pydantic_core import PydanticCustomError

from archspec.graph.expr import Lit, Sym, Value
from archspec.language.syntax.expressions import KEYWORDS, SyntaxProblem, parse
from archspec.language.syntax.terms import (
    Cell,
    Formula,
    LabelPattern,
    Listed,
    Output,
    Record,
    Word,
)
from archspec.source import Diagnostic, Mapping, Scalar, Sequence, Span, YamlNode, asked, guesses
from archspec.source.kinds import what
from archspec.source.mistakes import (
    bad_name,
    missing_key,
    null_value,
    unknown_key,
    wrong_form,
    wrong_type,
)
from archspec.source.traps import QUOTE

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
FIGURE = re.compile(r"\d[\d,]*(\.\d+)?[KMG]?\Z")
_HOLE = re.compile(r"\{([^{}]*)\}")
TENSORS = frozenset({"input", "prev"})
Reader = Callable[[YamlNode], Any]
NAME = "letters, digits and underscores, no digit first"
LITERAL = "a number, a word, true or false, or a list of these"


def problem(mistake: Diagnostic) -> PydanticCustomError:
    """An error of validation that carries a mistake."""
    return PydanticCustomError(mistake.code, "a mistake", {"mistake": mistake})


def mistake_of(context: Keyed[str, Any] | None) -> Diagnostic:
    """The mistake that an error of validation carries in its context."""
    mistake: Diagnostic = (context or {})["mistake"]
    return mistake


def _scalar(node: YamlNode, expected: str) -> Scalar:
    if not isinstance(node, Scalar):
        raise problem(wrong_type.expecting(node, expected, hint=QUOTE if node.flow else None))
    if node.value is None:
        hint = "write a value, or leave the key out"
        raise problem(null_value(node, "there is no value here", expected, hint=hint))
    return node


def formula(node: YamlNode) -> Formula:
    """A scalar as an expression."""
    scalar = _scalar(node, "a value or an expression")
    if isinstance(scalar.value, bool):  # YAML's own: true, True, TRUE
        return Formula(Lit(scalar.value), scalar.text, scalar.span)
    try:
        return Formula(parse(scalar.text), scalar.text, scalar.span)
    except SyntaxProblem as error:
        place = _inside(scalar, error.start, error.end)
        raise problem(error.code.say(place, error.message, hint=error.hint)) from None


def _inside(scalar: Scalar, start: int, end: int) -> Span:
    """The place of an offset in a scalar's text; quotes and folds shift it, then the scalar is the place."""
    span = scalar.span
    if span.text == scalar.text:
        return span.narrow(start, end)
    if len(span.text) == len(scalar.text) + 2:
        return span.narrow(start + 1, end + 1)
    return span


def word(node: YamlNode) -> Word:
    """A literal piece of text."""
    scalar = _scalar(node, "a word")
    return Word(scalar.text, scalar.span)


def text(node: YamlNode) -> str:
    """Free text for people."""
    return _scalar(node, "text").text


def _no_name(text: str, place: Span, expected: str) -> Diagnostic:
    return bad_name(place, f"`{text}` is not a name", expected, text, _renamed(text))


def _renamed(text: str) -> str | None:
    """The nearest name, if there is one."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text)
    return f"write {name}" if IDENTIFIER.match(name) and name.strip("_") else None


def identifier(node: YamlNode) -> Word:
    """A name: letters, digits, underscores, no digit first, not a word of the language's own."""
    name = word(node)
    if not IDENTIFIER.match(name.text):
        raise problem(_no_name(name.text, name.span, NAME))
    if name.text in KEYWORDS:
        raise problem(bad_name(name, f"`{name.text}` is a word of expressions"))
    return name


def label_pattern(node: YamlNode | str) -> LabelPattern | str:
    """A row's name: an identifier, with `{expression}` allowed; a label that was counted stays as it is."""
    if isinstance(node, str):
        return node
    scalar = _scalar(node, "a name")
    parts = _parts(scalar)
    fixed = "".join(part if isinstance(part, str) else "0" for part in parts)
    if not IDENTIFIER.match(fixed):
        raise problem(_no_name(scalar.text, scalar.span, f"{NAME}; {{expression}} for a number"))
    if scalar.text in TENSORS:
        raise problem(bad_name(scalar, f"`{scalar.text}` always means a value of the flow"))
    if scalar.text in KEYWORDS:
        raise problem(bad_name(scalar, f"`{scalar.text}` is a word of expressions"))
    return LabelPattern(parts, scalar.span)


def _parts(scalar: Scalar) -> tuple[str | Formula, ...]:
    """The text of a name or a reference, its `{expression}` pieces parsed."""
    parts: list[str | Formula] = []
    at = 0
    for hole in _HOLE.finditer(scalar.text):
        parts += [scalar.text[at : hole.start()]] if hole.start() > at else []
        start, end = hole.span(1)
        try:
            parts.append(Formula(parse(hole[1]), hole[1], _inside(scalar, start, end)))
        except SyntaxProblem as error:
            place = _inside(scalar, start + error.start, start + error.end)
            raise problem(error.code.say(place, error.message, hint=error.hint)) from None
        at = hole.end()
    return (*parts, scalar.text[at:]) if at < len(scalar.text) else tuple(parts)


def reference(node: YamlNode) -> LabelPattern:
    """A label or a path, with `{expression}` allowed."""
    scalar = _scalar(node, "a label or a path")
    return LabelPattern(_parts(scalar), scalar.span)


def references(node: YamlNode) -> tuple[LabelPattern, ...]:
    """`from`: one label or path, or a list of them."""
    if isinstance(node, Sequence):
        return tuple(reference(item) for item in node.items)
    return (reference(node),)


def words(node: YamlNode) -> tuple[Word, ...]:
    """One word, or a list of them."""
    if isinstance(node, Sequence):
        return tuple(word(item) for item in node.items)
    return (word(node),)


def identifiers(node: YamlNode) -> tuple[Word, ...]:
    """A list of names."""
    if not isinstance(node, Sequence) or not node.items:
        raise problem(wrong_form.expecting(node, "a list of names", "[a, b]"))
    return tuple(identifier(item) for item in node.items)


def outputs(node: YamlNode) -> tuple[Output, ...]:
    """The values that a block or a network gives: references in order, or under names of their own."""
    if isinstance(node, Mapping):
        values = tuple(_output(identifier(e.key), e.value) for e in node.entries)
    else:
        values = tuple(map(_listed, references(node)))
    if not values:
        expected = "[label, ...] or {name: label, ...}"
        raise problem(wrong_form.expecting(node, "at least one value", expected))
    return values


def _output(name: Word, node: YamlNode) -> Output:
    """A value under a name of its own: a reference, or one that is given under a condition."""
    if not isinstance(node, Mapping):
        return Output(name.text, reference(node), name.span)
    source, when = node.get("from"), node.get("when")
    strange = next((e.key for e in node.entries if e.key.text not in ("from", "when")), None)
    if source is None or strange is not None:
        expected = "{from: label, when: condition}"
        if strange is not None:
            message = f"`{strange.text}` is not a key here"
            raise problem(unknown_key(strange, message, expected=expected))
        raise problem(missing_key(node.span, "an output names a row", expected, "no `from`"))
    condition = None if when is None else formula(when)
    return Output(name.text, reference(source), name.span, condition)


def _listed(source: LabelPattern) -> Output:
    """A value that has its name from its label."""
    name = "".join(part if isinstance(part, str) else "" for part in source.parts)
    name = name.replace(".", "_").strip("_")
    if not IDENTIFIER.match(name):
        text, hint = source.span.text, "name the outputs: write {name: label, ...}"
        message = f"`{text}` gives no name for this value"
        raise problem(bad_name(source, message, "{name: label}", text, hint))
    return Output(name, source, source.span)


def cell(node: YamlNode) -> Cell:
    """Any value of a row: an expression, a list of them, or a row given as a value."""
    if isinstance(node, Sequence):
        return Listed(tuple(cell(item) for item in node.items), node.span)
    if isinstance(node, Mapping):
        return record(node)
    return formula(node)


def record(node: Mapping) -> Record:
    """A row given as a value; which keys its type takes is checked where it is used."""
    kind = node.get("type")
    if kind is None:
        meant = next((e.key for e in node.entries if guesses(e.key.text, ["type"])), None)
        place, hint = meant.span if meant else node.span, asked(["type"]) if meant else QUOTE
        message, received = "a row given as a value needs a type", "a mapping without type"
        raise problem(missing_key(place, message, "{type: ..., ...}", received, hint))
    values = {e.key.text: cell(e.value) for e in node.entries if e.key.text != "type"}
    keys = {e.key.text: e.key.span for e in node.entries}
    return Record(word(kind), values, node.span, keys)


def operation(node: YamlNode) -> Record:
    """An operation given as a value: its word, or a row of it with attributes."""
    if isinstance(node, Mapping):
        return record(node)
    named = word(node)
    return Record(named, {}, named.span, {})


def figure(node: YamlNode) -> Word:
    """A figure as papers print it: 4.2M, 569M, 0.301G, 4231976, "4,231,976"."""
    digits = word(node)
    if not FIGURE.match(digits.text):
        message = f"`{digits.text}` is not a figure"
        expected = "digits as printed, with K, M, G or nothing: 4.2M"
        hint = 'quote one with commas: "4,231,976"'
        raise problem(wrong_type(node.span, message, expected, what(node), hint))
    return digits


def constant(node: YamlNode) -> Value:
    """A literal of `vars`: a number, a word, true or false, a list of these."""
    if isinstance(node, Sequence):
        return tuple(constant(item) for item in node.items)
    if isinstance(node, Mapping):
        raise problem(wrong_type.expecting(node, "a literal", LITERAL))
    match formula(node).expr:
        case Lit(value):
            return value
        case Sym(str() as name):
            return name
    message, hint = "a variable's value is a literal", "expressions belong in `let`"
    raise problem(wrong_type(node.span, message, LITERAL, what(node), hint))
