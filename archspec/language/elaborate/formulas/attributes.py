"""The attributes of a row: what it says, else what `defaults` say, else the operation's own default."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from functools import cache

from archspec.graph.expr import Items, Lit
from archspec.graph.ops import added, known, operation, operations
from archspec.graph.ops.base import INITIALS, MODES, NONE, REQUIRED, Attribute, Operation
from archspec.graph.quantity import Quantity, union
from archspec.language.elaborate.formulas.bindings import Bindings, Unknown
from archspec.language.elaborate.formulas.conversions import AttributeKey, convert, word
from archspec.language.elaborate.formulas.problems import Problems
from archspec.language.elaborate.formulas.values import Rejected, evaluated
from archspec.language.syntax.document import Cell, Document, Formula, Listed, Record
from archspec.records import dataclass
from archspec.source import Span
from archspec.source.mistakes import missing_key, unknown_key, wrong_type

Attrs = dict[str, Quantity]


@dataclass(slots=True)
class Attributes:
    """Evaluates rows of operations. `structure` gathers the variables that shape the network."""

    document: Document
    file: Bindings
    problems: Problems
    structure: set[str] = field(default_factory=set)
    _defaults: dict[tuple[str, str], Quantity | None] = field(default_factory=dict)

    def of(
        self, op: Operation, values: Mapping[str, Cell], names: Bindings, place: Span
    ) -> Attrs | None:
        """Every attribute in canonical form, or None after reporting what is wrong."""
        attrs: Attrs = {}
        complete = True
        for key, attribute in op.attributes.items():
            quantity = self._one(op, key, attribute, values.get(key), names, place)
            if quantity is None:
                unsaid = key == "stride" or key not in values
                complete = complete and attribute.default is None and unsaid
                continue
            attrs[key] = quantity
            if attribute.kind not in ("number", "numbers"):
                self.structure |= quantity.deps
        if complete and "stride" in op.attributes and "stride" not in attrs:
            attrs["stride"] = attrs["kernel"]
        return attrs if complete else None

    def _one(
        self,
        op: Operation,
        key: str,
        attribute: Attribute,
        cell: Cell | None,
        names: Bindings,
        place: Span,
    ) -> Quantity | None:
        slot = AttributeKey(op.name, key, attribute)
        if cell is not None:
            return self.problems.attempt(convert, cell, slot, names)
        if not names.sealed and self._default_cell(op, key) is not None:
            return self._default(op, slot)
        if attribute.default is REQUIRED:
            example = f"{key}: {attribute.example}"
            received = "no such key, here or in defaults"
            hint = f"say it in a row: {{type: {op.name}, {example}}}" if op.role else None
            self.problems.report(missing_key.of(place, op.name, key, example, received, hint))
            return None
        return None if attribute.default is None else Quantity.of(attribute.default)

    def _default_cell(self, op: Operation, key: str) -> Cell | None:
        for owner in (op.name, op.defaults_from):
            stated = self.document.defaults.get(owner or "", {})
            if key in stated:
                return stated[key][1]
        return None

    def _default(self, op: Operation, slot: AttributeKey) -> Quantity | None:
        where = (op.name, slot.key)
        if where not in self._defaults:
            cell = self._default_cell(op, slot.key)
            quantity = self.problems.attempt(convert, cell, slot, self.file) if cell else None
            self._defaults[where] = quantity
        return self._defaults[where]

    def companion(
        self, op: Operation, key: str, cell: Cell | None, names: Bindings
    ) -> tuple[Operation, Attrs] | None:
        """The operation that `norm` or `activation` names, with its attributes; None for none."""
        where = names
        if cell is None and not names.sealed:
            cell, where = self._default_cell(op, key), self.file
        if cell is None:
            return None
        chosen = self._named(op, key, cell, where)
        if chosen is None:
            return None
        if not isinstance(cell, Record):
            attrs = self.of(chosen, {}, where, cell.span)
        else:
            attrs = self.of_record(chosen, cell, where, cell.span)
        return None if attrs is None else (chosen, attrs)

    def of_record(
        self, op: Operation, record: Record, names: Bindings, place: Span
    ) -> Attrs | None:
        """The attributes of an operation given as a value, whose keys nobody has looked at yet."""
        unknown = [name for name in record.values if name not in op.attributes]
        for name in unknown:
            keys, key = tuple(op.attributes), record.keys[name]
            self.problems.report(
                unknown_key.of(key, op.name, keys, name, nothing="no key but type")
            )
        return None if unknown else self.of(op, record.values, names, place)

    def _named(self, op: Operation, key: str, cell: Cell, names: Bindings) -> Operation | None:
        formula = cell
        if isinstance(cell, Record):
            formula = Formula(Lit(cell.type.text), cell.type.text, cell.type.span)
        try:
            if not isinstance(formula, Formula):
                convert(cell, AttributeKey(op.name, key, Attribute("word", "")), names)
                return None
            chosen = _of_role(op, key, formula, names)
        except Rejected as rejected:
            self.problems.report(rejected.traced(formula, names).diagnostic)
            return None
        except Unknown:
            return None
        self.structure |= chosen.deps
        return None if chosen.value == NONE else operation(chosen.word)


def _of_role(op: Operation, key: str, formula: Formula, names: Bindings) -> Quantity:
    """The word of an operation of a role, a plug-in's where no built-in one does; raises Rejected, Unknown."""

    def among(words: tuple[str, ...]) -> Quantity:
        return word(
            formula, AttributeKey(op.name, key, Attribute("word", "", words=words)), names, words
        )

    builtin = _builtin_words(key)
    try:
        return among(builtin)
    except Rejected:
        if not added():
            raise
    with suppress(Rejected):  # the one that is named is loaded, and no other
        chosen = among((*builtin, *added()))
        plugged = operation(chosen.word)
        if plugged is not None and plugged.role == key:
            return chosen
    return among(_words_of_role(key, known()))


def companion_words(key: str, *, plugged: bool) -> tuple[str, ...]:
    """The words of `norm` or `activation`, those of plug-ins - by their names alone - among them or not."""
    return (*_builtin_words(key), *(added() if plugged else ()))


@cache
def _builtin_words(key: str) -> tuple[str, ...]:
    return _words_of_role(key, operations())


def _words_of_role(key: str, among: Mapping[str, Operation]) -> tuple[str, ...]:
    return (NONE, *(name for name, operation in among.items() if operation.role == key))


@cache
def language_words(plugged: bool = False) -> frozenset[str]:
    """The words that mean something in any spec - operations, paddings, initialisers, none - or with these plug-ins."""
    every = known() if plugged else operations()
    attributes = (a for operation in every.values() for a in operation.attributes.values())
    stated = (word for attribute in attributes for word in attribute.words)
    return frozenset({NONE, *every, *INITIALS, *MODES, *stated})


def argument(cell: Cell, names: Bindings, problems: Problems) -> Quantity | None:
    """A block's argument: any value, as it is; None after reporting why it has none."""
    if isinstance(cell, Formula):
        return _any_value(cell, names, problems)
    if isinstance(cell, Listed):
        items = [argument(item, names, problems) for item in cell.items]
        values = [item for item in items if item is not None]
        if len(values) != len(items):
            return None
        value = tuple(item.value for item in values)
        return Quantity(value, Items(tuple(item.expr for item in values)), union(*values))
    expected = "a number, a word, true or false, a list"
    message = "a block's argument is a value or a list"
    problems.report(wrong_type(cell, message, expected, "a mapping"))
    return None


def _any_value(formula: Formula, names: Bindings, problems: Problems) -> Quantity | None:
    """A value of the place, or a word that some operation in the block may take."""
    try:
        return evaluated(formula, names.with_words(language_words()))
    except Unknown:
        return None
    except Rejected:  # what plug-ins bring is asked for last: few specs need it
        return problems.attempt(evaluated, formula, names.with_words(language_words(True)))
