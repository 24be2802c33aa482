"""From evaluated cells to the attributes of an operation: whole counts, pairs, paddings, words, initialisers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archspec.graph.evaluate import written
from archspec.graph.expr import Items, Lit, Sym, Value
from archspec.graph.ops.base import INITIALS, MODES, PADDINGS, Attribute
from archspec.graph.quantity import Quantity, union
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.origins import declarations
from archspec.language.elaborate.formulas.values import (
    LARGEST,
    Rejected,
    check_range,
    condition,
    evaluated,
    mistyped,
    outside,
    whole_number,
)
from archspec.language.syntax.document import Cell, Formula, Listed, Record
from archspec.records import dataclass
from archspec.source import guesses
from archspec.source.mistakes import (
    ambiguous_word,
    unknown_key,
    unknown_name,
    unknown_word,
    wrong_type,
)


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """The key of a row that a cell fills: for messages, and to know the words it takes."""

    owner: str
    key: str
    attribute: Attribute


def convert(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    """The attribute's canonical form; raises Rejected or Unknown."""
    try:
        return _CONVERSIONS[slot.attribute.kind](cell, slot, names)
    except Rejected as rejected:
        raise rejected.traced(cell, names) from None


def _count(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    formula = _formula(cell, slot, "a whole number")
    quantity = evaluated(formula, names)
    return whole_number(quantity, formula, slot.key, slot.attribute.minimum, LARGEST)


def _number(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    formula = _formula(cell, slot, "a number")
    quantity = evaluated(formula, names)
    value, attribute = quantity.value, slot.attribute
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise mistyped(formula, slot.key, "a number", value)
    check_range(value, formula, slot.key, attribute.minimum, None)
    if attribute.below is not None and value >= attribute.below:
        raise outside(formula, slot.key, f"below {attribute.below:g}", value)
    return quantity


def _numbers(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    """One number, or a tuple of them."""
    if isinstance(cell, Listed):
        items = [_number(item, slot, names) for item in cell.items]
        return Quantity(
            tuple(q.value for q in items), Items(tuple(q.expr for q in items)), union(*items)
        )
    formula = _formula(cell, slot, "a number, or a list of numbers")
    quantity = evaluated(formula, names)
    if not isinstance(quantity.value, tuple):
        return _number(cell, slot, names)
    for item in quantity.value:
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise mistyped(formula, slot.key, "a number, or a list of numbers", item)
    return quantity


def _flag(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    return condition(_formula(cell, slot, "true or false"), names, slot.key)


def _word(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    return word(_formula(cell, slot, "a word"), slot, names, slot.attribute.words)


def word(formula: Formula, slot: AttributeKey, names: Bindings, words: tuple[str, ...]) -> Quantity:
    """One of `words`, directly or through a variable; a name that is both is an error."""
    text = formula.text.strip()
    if text in words and text in names.values:
        message = f"`{text}` is a word of {slot.key} and a name here"
        expected = "a name that means one thing"
        notes = declarations([text], names.origins)
        raise Rejected(
            ambiguous_word(formula, message, expected, text, "rename the variable", notes)
        )
    if text in words and formula.expr in (Sym(text), Lit(text)):
        return Quantity(text, Lit(text))
    try:
        quantity = evaluated(formula, names.with_words(frozenset(words)))
    except Rejected as rejected:
        if rejected.diagnostic.code != unknown_name.code or not text.isidentifier():
            raise
        raise _unknown_word(formula, slot, text, words, names) from None
    if quantity.value not in words or not isinstance(quantity.value, str):
        raise _unknown_word(formula, slot, quantity.value, words, names)
    return quantity


def _unknown_word(
    formula: Formula, slot: AttributeKey, value: Value, words: tuple[str, ...], names: Bindings
) -> Rejected:
    text = written(value)
    near = guesses(text, (*words, *names.written()))
    message = f"`{text}` is not a word that {slot.key} of {slot.owner} takes"
    notes = declarations(near, names.origins)
    return Rejected(unknown_word(formula, message, words, text, near=near, notes=notes), value)


def _formula(cell: Cell, slot: AttributeKey, expected: str) -> Formula:
    if isinstance(cell, Formula):
        return cell
    received = "a list" if isinstance(cell, Listed) else "a mapping"
    raise Rejected(wrong_type.unlike(cell, slot.key, expected, received))


def _pair(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    minimum = slot.attribute.minimum
    if isinstance(cell, Listed):
        if len(cell.items) != 2:
            message = f"{slot.key} is one number or two, not a list of {len(cell.items)}"
            expected, received = "one number, or [height, width]", f"{len(cell.items)} values"
            raise Rejected(wrong_type(cell, message, expected, received))
        sides = [_whole_of(item, slot, names, minimum) for item in cell.items]
        return paired(sides[0], sides[1])
    formula = _formula(cell, slot, "one number, or [height, width]")
    quantity = evaluated(formula, names)
    if isinstance(quantity.value, tuple) and len(quantity.value) == 2:
        for item in quantity.value:
            whole_number(Quantity(item, Lit(item)), formula, slot.key, minimum, LARGEST)
        return quantity
    return whole_number(quantity, formula, slot.key, minimum, LARGEST)


def _whole_of(cell: Cell, slot: AttributeKey, names: Bindings, minimum: float | None) -> Quantity:
    formula = _formula(cell, slot, "a whole number")
    return whole_number(evaluated(formula, names), formula, slot.key, minimum, LARGEST)


def paired(first: Quantity, second: Quantity) -> Quantity:
    """Two quantities as one; two equal ones are one number."""
    if first == second:
        return first
    return Quantity(
        (first.value, second.value), Items((first.expr, second.expr)), union(first, second)
    )


def _padding(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    """A word, or ((top, bottom), (left, right))."""
    if isinstance(cell, Formula):
        if cell.text.strip() in PADDINGS:
            return word(cell, slot, names, tuple(PADDINGS))
        try:
            quantity = evaluated(cell, names.with_words(frozenset(PADDINGS)))
        except Rejected as rejected:
            if rejected.diagnostic.code != unknown_name.code or not cell.text.isidentifier():
                raise
            raise _unknown_word(cell, slot, cell.text, tuple(PADDINGS), names) from None
        if isinstance(quantity.value, str):
            return word(cell, slot, names, tuple(PADDINGS))
        side = whole_number(quantity, cell, slot.key, 0, LARGEST)
        return _sides(((side, side), (side, side)))
    items = cell.items if isinstance(cell, Listed) else ()
    if len(items) != 2:
        message = "padding is a word, a number or [height, width]"
        expected = "[height, width], each a number or [before, after]"
        received = f"{len(items)} values" if items else "a mapping"
        raise Rejected(wrong_type(cell, message, expected, received))
    height, width = (_side(item, slot, names) for item in items)
    return _sides((height, width))


def _side(cell: Cell, slot: AttributeKey, names: Bindings) -> tuple[Quantity, Quantity]:
    if isinstance(cell, Listed) and len(cell.items) == 2:
        before, after = (_whole_of(item, slot, names, 0) for item in cell.items)
        return before, after
    one = _whole_of(cell, slot, names, 0)
    return one, one


def _sides(pairs: tuple[tuple[Quantity, Quantity], tuple[Quantity, Quantity]]) -> Quantity:
    value: Value = tuple((a.value, b.value) for a, b in pairs)
    expr = Items(tuple(Items((a.expr, b.expr)) for a, b in pairs))
    return Quantity(value, expr, union(*pairs[0], *pairs[1]))


def _init(cell: Cell, slot: AttributeKey, names: Bindings) -> Quantity:
    """A word, or (word, (option, value), ...)."""
    words = slot.attribute.words or tuple(INITIALS)
    if isinstance(cell, Formula):
        quantity = word(cell, slot, names, words)
        return Quantity(quantity.value, Lit(quantity.value), quantity.deps)
    if not isinstance(cell, Record):
        message, expected = f"{slot.key} is a word or a row", "normal, or {type: normal, std: 0.02}"
        raise Rejected(wrong_type(cell, message, expected, "a list"))
    initialiser = INITIALS.get(cell.type.text) if cell.type.text in words else None
    if initialiser is None:
        formula = Formula(Lit(cell.type.text), cell.type.text, cell.type.span)
        raise _unknown_word(formula, slot, cell.type.text, words, names)
    options = initialiser.options
    chosen: list[tuple[str, Value]] = []
    for key, value in cell.values.items():
        if key not in options:
            place, owner = cell.keys[key], cell.type.text
            raise Rejected(
                unknown_key.of(place, owner, tuple(options), key, nothing="no key but type")
            )
        chosen.append((key, _option(value, slot, names, options[key])))
    literal: Any = (cell.type.text, *chosen)
    return Quantity(literal, Lit(literal))


def _option(cell: Cell, slot: AttributeKey, names: Bindings, default: float | str) -> Value:
    formula = _formula(cell, slot, "a number or a word")
    if isinstance(default, str):
        return word(formula, slot, names, MODES).value
    value = evaluated(formula, names).value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise mistyped(formula, slot.key, "a number", value)
    return float(value)


_CONVERSIONS: dict[str, Callable[[Cell, AttributeKey, Bindings], Quantity]] = {
    "count": _count,
    "number": _number,
    "numbers": _numbers,
    "flag": _flag,
    "word": _word,
    "pair": _pair,
    "padding": _padding,
    "init": _init,
}
