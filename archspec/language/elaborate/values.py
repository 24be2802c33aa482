"""From evaluated cells to the attributes of an operation: whole counts, pairs, paddings, words, initialisers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from archspec.graph.evaluate import ExpressionError, describe, written
from archspec.graph.expr import Items, Lit, Value
from archspec.graph.ops.base import INITIALS, MODES, PADDINGS, Attribute
from archspec.graph.ops.window import whole
from archspec.graph.quantity import Quantity, union
from archspec.language.elaborate.names import Names, Unknown, evaluate
from archspec.language.elaborate.origins import declarations, read_by, writings
from archspec.language.syntax.document import Cell, Formula, Listed, Record
from archspec.records import dataclass
from archspec.source import Diagnostic, Related, Span, asked, did_you_mean, guesses, one_of

Report = Callable[[Diagnostic], None]


class Rejected(Exception):
    """A cell whose value does not do; the diagnostic says why, `value` is what it came to."""

    def __init__(self, diagnostic: Diagnostic, value: Value | None = None) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic, self.value = diagnostic, value

    def traced(self, cell: Cell, names: Names) -> Rejected:
        """With notes where the values that the cell read are written."""
        value, code = self.value, self.diagnostic.code
        if value is None or self.diagnostic.related:
            return self
        if isinstance(value, str) and value in read_by(cell) and value not in names.values:
            near = guesses(value, names.written())
            meant = asked(near) or self.diagnostic.hint
            related = declarations(near, names.origins)
            return Rejected(replace(self.diagnostic, hint=meant, related=related), value)

        def suspect(other: Value) -> bool:
            if code in ("not-whole", "out-of-range"):
                return other == value or (isinstance(other, float) and other != int(other))
            return other == value and isinstance(other, bool) == isinstance(value, bool)

        notes = writings(read_by(cell), names.origins, suspect)
        return Rejected(replace(self.diagnostic, related=notes), value)


def evaluated(formula: Formula, names: Names) -> Quantity:
    """The value of a formula; raises Rejected with its place, or Unknown."""
    try:
        return evaluate(formula.expr, names)
    except ExpressionError as error:
        raise rejection(error, formula, names).traced(formula, names) from None


def rejection(error: ExpressionError, formula: Formula, names: Names) -> Rejected:
    """An expression's error at its place in a formula."""
    tensors = names.tensors
    places = ((near, tensors.place(near)) for near in error.near) if tensors else ()
    rows = (Related(place, f"`{near}` is this row") for near, place in places if place)
    return Rejected(
        Diagnostic(
            error.code,
            error.message,
            formula.span.find(error.name) if error.name else formula.span,
            expected=error.expected or _expected(error.code),
            received=formula.text,
            hint=error.hint,
            related=(*error.notes, *declarations(error.near, names.origins), *rows),
        ),
        error.value,
    )


def _expected(code: str) -> str | None:
    return {
        "unknown-name": "a variable, a parameter, a column or a word",
        "unknown-function": "one of the language's functions or of `let`",
        "expression-budget": "an expression of moderate size",
    }.get(code)


@dataclass(frozen=True, slots=True)
class Slot:
    """The key of a row that a cell fills: for messages, and to know the words it takes."""

    owner: str
    key: str
    attribute: Attribute


def convert(cell: Cell, slot: Slot, names: Names) -> Quantity:
    """The attribute's canonical form; raises Rejected or Unknown."""
    try:
        return _CONVERSIONS[slot.attribute.kind](cell, slot, names)
    except Rejected as rejected:
        raise rejected.traced(cell, names) from None


def condition(formula: Formula, names: Names, what: str) -> Quantity:
    """A strict truth value."""
    found = evaluated(formula, names)
    if not isinstance(found.value, bool):
        literal = isinstance(formula.expr, Lit)
        hint = "write true or false" if literal else "compare with `==`, `>`"
        wrong = _wrong(formula.span, what, "true or false", found.value, hint)
        raise wrong.traced(formula, names)
    return found


def count(
    formula: Formula, names: Names, what: str, minimum: int = 0, maximum: int | None = None
) -> Quantity:
    """A whole number; 32.0 is whole, 11.2 is not."""
    found = evaluated(formula, names)
    try:
        return _whole(found, formula.span, what, minimum, maximum)
    except Rejected as rejected:
        raise rejected.traced(formula, names) from None


def _wrong(span: Span, what: str, expected: str, value: Value, hint: str | None = None) -> Rejected:
    code = "wrong-type"
    message = f"{what} is {expected}, not {describe(value)}"
    return Rejected(
        Diagnostic(code, message, span, expected=expected, received=written(value), hint=hint),
        value,
    )


def _whole(
    found: Quantity, span: Span, what: str, minimum: int | float | None, maximum: int | None = None
) -> Quantity:
    value = found.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(span, what, "a whole number", value)
    if value != int(value):
        options = f"int(...) = {int(value)}, round(...) = {round(value)}"
        divisible = max(8, int(value + 4) // 8 * 8)
        raise Rejected(
            Diagnostic(
                "not-whole",
                f"{what} is a whole number, not {value:g}",
                span,
                expected="a whole number",
                received=f"{value!r}",
                hint=f"round it: {options}, make_divisible(..., 8) = {divisible}",
            ),
            value,
        )
    _in_range(value, span, what, minimum, maximum)
    return whole(found)


def _in_range(
    value: int | float, span: Span, what: str, minimum: float | None, maximum: float | None
) -> None:
    low = minimum is not None and value < minimum
    if low or (maximum is not None and value > maximum):
        bound = f"at least {minimum:g}" if low else f"at most {maximum:,}"
        raise Rejected(
            Diagnostic(
                "out-of-range",
                f"{what} is {bound}, not {value:g}",
                span,
                expected=bound,
                received=f"{value!r}",
            ),
            value,
        )


LARGEST = 2**40


def _count(cell: Cell, slot: Slot, names: Names) -> Quantity:
    formula = _formula(cell, slot, "a whole number")
    found = evaluated(formula, names)
    return _whole(found, formula.span, slot.key, slot.attribute.minimum, LARGEST)


def _number(cell: Cell, slot: Slot, names: Names) -> Quantity:
    formula = _formula(cell, slot, "a number")
    found = evaluated(formula, names)
    value, attribute = found.value, slot.attribute
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(formula.span, slot.key, "a number", value)
    _in_range(value, formula.span, slot.key, attribute.minimum, None)
    if attribute.below is not None and value >= attribute.below:
        raise Rejected(
            Diagnostic(
                "out-of-range",
                f"{slot.key} is below {attribute.below:g}, not {value:g}",
                formula.span,
                expected=f"below {attribute.below:g}",
                received=f"{value!r}",
            ),
            value,
        )
    return found


def _numbers(cell: Cell, slot: Slot, names: Names) -> Quantity:
    """One number, or a tuple of them."""
    if isinstance(cell, Listed):
        found = [_number(item, slot, names) for item in cell.items]
        return Quantity(
            tuple(q.value for q in found), Items(tuple(q.expr for q in found)), union(*found)
        )
    formula = _formula(cell, slot, "a number, or a list of numbers")
    value = evaluated(formula, names)
    if not isinstance(value.value, tuple):
        return _number(cell, slot, names)
    for item in value.value:
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise _wrong(formula.span, slot.key, "a number, or a list of numbers", item)
    return value


def _flag(cell: Cell, slot: Slot, names: Names) -> Quantity:
    return condition(_formula(cell, slot, "true or false"), names, slot.key)


def _word(cell: Cell, slot: Slot, names: Names) -> Quantity:
    return word(_formula(cell, slot, "a word"), slot, names, slot.attribute.words)


def word(formula: Formula, slot: Slot, names: Names, words: tuple[str, ...]) -> Quantity:
    """One of `words`, directly or through a variable; a name that is both is an error."""
    text = formula.text.strip()
    if text in words and text in names.values:
        raise Rejected(
            Diagnostic(
                "ambiguous-word",
                f"`{text}` is a word of {slot.key} and a name here",
                formula.span,
                expected="a name that means one thing",
                received=text,
                hint="rename the variable",
                related=declarations([text], names.origins),
            )
        )
    allowed = replace(names, words=names.words | set(words))
    try:
        found = evaluated(formula, allowed)
    except Rejected as rejected:
        if rejected.diagnostic.code != "unknown-name" or not text.isidentifier():
            raise
        raise _unknown_word(formula, slot, text, words, names) from None
    if found.value not in words or not isinstance(found.value, str):
        raise _unknown_word(formula, slot, found.value, words, names)
    return found


def _unknown_word(
    formula: Formula, slot: Slot, value: Value, words: tuple[str, ...], names: Names
) -> Rejected:
    text = written(value)
    near = guesses(text, (*words, *names.written()))
    return Rejected(
        Diagnostic(
            "unknown-word",
            f"`{text}` is not a word that {slot.key} of {slot.owner} takes",
            formula.span,
            expected=one_of(words),
            received=text,
            hint=asked(near),
            related=declarations(near, names.origins),
        ),
        value,
    )


def _formula(cell: Cell, slot: Slot, expected: str) -> Formula:
    if isinstance(cell, Formula):
        return cell
    received = "a list" if isinstance(cell, Listed) else "a mapping"
    raise Rejected(
        Diagnostic(
            "wrong-type",
            f"{slot.key} is {expected}, not {received}",
            cell.span,
            expected=expected,
            received=received,
        )
    )


def _pair(cell: Cell, slot: Slot, names: Names) -> Quantity:
    minimum = slot.attribute.minimum
    if isinstance(cell, Listed):
        if len(cell.items) != 2:
            message = f"{slot.key} is one number or two, not a list of {len(cell.items)}"
            raise Rejected(
                Diagnostic(
                    "wrong-type",
                    message,
                    cell.span,
                    expected="one number, or [height, width]",
                    received=f"{len(cell.items)} values",
                )
            )
        found = [_whole_of(item, slot, names, minimum) for item in cell.items]
        return paired(found[0], found[1])
    formula = _formula(cell, slot, "one number, or [height, width]")
    whole_or_list = evaluated(formula, names)
    if isinstance(whole_or_list.value, tuple) and len(whole_or_list.value) == 2:
        for item in whole_or_list.value:
            _whole(Quantity(item, Lit(item)), formula.span, slot.key, minimum, LARGEST)
        return whole_or_list
    return _whole(whole_or_list, formula.span, slot.key, minimum, LARGEST)


def _whole_of(cell: Cell, slot: Slot, names: Names, minimum: float | None) -> Quantity:
    formula = _formula(cell, slot, "a whole number")
    return _whole(evaluated(formula, names), formula.span, slot.key, minimum, LARGEST)


def paired(first: Quantity, second: Quantity) -> Quantity:
    """Two quantities as one; two equal ones are one number."""
    if first == second:
        return first
    return Quantity(
        (first.value, second.value), Items((first.expr, second.expr)), union(first, second)
    )


def _padding(cell: Cell, slot: Slot, names: Names) -> Quantity:
    """A word, or ((top, bottom), (left, right))."""
    if isinstance(cell, Formula):
        if cell.text.strip() in PADDINGS:
            return word(cell, slot, names, tuple(PADDINGS))
        allowed = replace(names, words=names.words | set(PADDINGS))
        try:
            found = evaluated(cell, allowed)
        except Rejected as rejected:
            if rejected.diagnostic.code != "unknown-name" or not cell.text.isidentifier():
                raise
            raise _unknown_word(cell, slot, cell.text, tuple(PADDINGS), names) from None
        if isinstance(found.value, str):
            return word(cell, slot, names, tuple(PADDINGS))
        side = _whole(found, cell.span, slot.key, 0, LARGEST)
        return _sides(((side, side), (side, side)))
    items = cell.items if isinstance(cell, Listed) else ()
    if len(items) != 2:
        raise Rejected(
            Diagnostic(
                "wrong-type",
                "padding is a word, a number or [height, width]",
                cell.span,
                expected="[height, width], each a number or [before, after]",
                received=f"{len(items)} values" if items else "a mapping",
            )
        )
    height, width = (_side(item, slot, names) for item in items)
    return _sides((height, width))


def _side(cell: Cell, slot: Slot, names: Names) -> tuple[Quantity, Quantity]:
    if isinstance(cell, Listed) and len(cell.items) == 2:
        before, after = (_whole_of(item, slot, names, 0) for item in cell.items)
        return before, after
    one = _whole_of(cell, slot, names, 0)
    return one, one


def _sides(pairs: tuple[tuple[Quantity, Quantity], tuple[Quantity, Quantity]]) -> Quantity:
    value: Value = tuple((a.value, b.value) for a, b in pairs)
    expr = Items(tuple(Items((a.expr, b.expr)) for a, b in pairs))
    return Quantity(value, expr, union(*pairs[0], *pairs[1]))


def _init(cell: Cell, slot: Slot, names: Names) -> Quantity:
    """A word, or (word, (option, value), ...)."""
    words = tuple(INITIALS)
    if isinstance(cell, Formula):
        found = word(cell, slot, names, words)
        return Quantity(found.value, Lit(found.value), found.deps)
    if not isinstance(cell, Record):
        raise Rejected(
            Diagnostic(
                "wrong-type",
                f"{slot.key} is a word or a row",
                cell.span,
                expected="normal, or {type: normal, std: 0.02}",
                received="a list",
            )
        )
    initialiser = INITIALS.get(cell.type.text)
    if initialiser is None:
        formula = Formula(Lit(cell.type.text), cell.type.text, cell.type.span)
        raise _unknown_word(formula, slot, cell.type.text, words, names)
    options = initialiser.options
    chosen: list[tuple[str, Value]] = []
    for key, value in cell.values.items():
        if key not in options:
            raise Rejected(
                Diagnostic(
                    "unknown-key",
                    f"`{key}` is not a key of {cell.type.text}",
                    cell.keys[key],
                    expected=one_of(options) if options else "no key but type",
                    received=key,
                    hint=did_you_mean(key, options),
                )
            )
        chosen.append((key, _option(value, slot, names, options[key])))
    literal: Any = (cell.type.text, *chosen)
    return Quantity(literal, Lit(literal))


def _option(cell: Cell, slot: Slot, names: Names, default: float | str) -> Value:
    formula = _formula(cell, slot, "a number or a word")
    if isinstance(default, str):
        return word(formula, slot, names, MODES).value
    value = evaluated(formula, names).value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(formula.span, slot.key, "a number", value)
    return float(value)


_CONVERSIONS: dict[str, Callable[[Cell, Slot, Names], Quantity]] = {
    "count": _count,
    "number": _number,
    "numbers": _numbers,
    "flag": _flag,
    "word": _word,
    "pair": _pair,
    "padding": _padding,
    "init": _init,
}

__all__ = ["Rejected", "Slot", "Unknown", "condition", "convert", "count", "evaluated", "paired"]
