"""The value of a formula where it stands: any, a truth value, a whole number; or why it does not do."""

from __future__ import annotations

from dataclasses import replace

from archspec.graph.evaluate import ExpressionError, describe, written
from archspec.graph.expr import Lit, Value
from archspec.graph.ops.window import whole
from archspec.graph.quantity import Quantity
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.evaluation import evaluate
from archspec.language.elaborate.formulas.origins import declarations, read_by, writings
from archspec.language.syntax.document import Cell, Formula
from archspec.source import Diagnostic, Related, asked, guesses
from archspec.source.kinds import Place
from archspec.source.mistakes import (
    expression_budget,
    not_whole,
    out_of_range,
    unknown_function,
    unknown_name,
    wrong_type,
)

LARGEST = 2**40  # of a count


class Rejected(Exception):
    """A cell whose value does not do; the diagnostic says why, `value` is what it came to."""

    def __init__(self, diagnostic: Diagnostic, value: Value | None = None) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic, self.value = diagnostic, value

    def traced(self, cell: Cell, names: Bindings) -> Rejected:
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
            if code in (not_whole.code, out_of_range.code):
                return other == value or (isinstance(other, float) and other != int(other))
            return other == value and isinstance(other, bool) == isinstance(value, bool)

        notes = writings(read_by(cell), names.origins, suspect)
        return Rejected(replace(self.diagnostic, related=notes), value)


def evaluated(formula: Formula, names: Bindings) -> Quantity:
    """The value of a formula; raises Rejected with its place, or Unknown."""
    try:
        return evaluate(formula.expr, names)
    except ExpressionError as error:
        raise rejection(error, formula, names).traced(formula, names) from None


def rejection(error: ExpressionError, formula: Formula, names: Bindings) -> Rejected:
    """An expression's error at its place in a formula."""
    tensors = names.tensors
    places = ((near, tensors.place(near)) for near in error.near) if tensors else ()
    rows = (Related(place, f"`{near}` is this row") for near, place in places if place)
    place = formula.span.find(error.name) if error.name else formula.span
    expected = error.expected or _EXPECTED.get(error.code)
    notes = (*error.notes, *declarations(error.near, names.origins), *rows)
    say = error.code.say
    return Rejected(
        say(place, error.message, expected, formula.text, error.hint, notes), error.value
    )


_EXPECTED = {
    unknown_name: "a variable, a parameter, a column or a word",
    unknown_function: "one of the language's functions or of `let`",
    expression_budget: "an expression of moderate size",
}


def condition(formula: Formula, names: Bindings, what: str) -> Quantity:
    """A strict truth value."""
    quantity = evaluated(formula, names)
    if not isinstance(quantity.value, bool):
        literal = isinstance(formula.expr, Lit)
        hint = "write true or false" if literal else "compare with `==`, `>`"
        wrong = mistyped(formula, what, "true or false", quantity.value, hint)
        raise wrong.traced(formula, names)
    return quantity


def count(
    formula: Formula, names: Bindings, what: str, minimum: int = 0, maximum: int | None = None
) -> Quantity:
    """A whole number; 32.0 is whole, 11.2 is not."""
    quantity = evaluated(formula, names)
    try:
        return whole_number(quantity, formula, what, minimum, maximum)
    except Rejected as rejected:
        raise rejected.traced(formula, names) from None


def mistyped(
    place: Place, what: str, expected: str, value: Value, hint: str | None = None
) -> Rejected:
    """A value of another type than is expected."""
    received = written(value)
    return Rejected(
        wrong_type.unlike(place, what, expected, describe(value), received, hint), value
    )


def outside(place: Place, what: str, bound: str, value: int | float) -> Rejected:
    """A number that is not within a bound."""
    return Rejected(out_of_range.unlike(place, what, bound, f"{value:g}", f"{value!r}"), value)


def whole_number(
    quantity: Quantity, place: Place, what: str, minimum: float | None, maximum: int | None = None
) -> Quantity:
    """The quantity as an int, where it is whole and within its bounds; raises Rejected."""
    value = quantity.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise mistyped(place, what, "a whole number", value)
    if value != int(value):
        options = f"int(...) = {int(value)}, round(...) = {round(value)}"
        divisible = max(8, int(value + 4) // 8 * 8)
        hint = f"round it: {options}, make_divisible(..., 8) = {divisible}"
        number, expected = f"{value:g}", "a whole number"
        raise Rejected(not_whole.unlike(place, what, expected, number, f"{value!r}", hint), value)
    check_range(value, place, what, minimum, maximum)
    return whole(quantity)


def check_range(
    value: int | float, place: Place, what: str, minimum: float | None, maximum: float | None
) -> None:
    """Raises Rejected for a number below `minimum` or above `maximum`."""
    if minimum is not None and value < minimum:
        raise outside(place, what, f"at least {minimum:g}", value)
    if maximum is not None and value > maximum:
        raise outside(place, what, f"at most {maximum:,}", value)
