"""What enters the network, and what blocks and the network give."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.graph.graph import INPUT, Port, ValueId
from archspec.graph.quantity import IMAGE, Quantity
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.values import condition, count
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.references import References
from archspec.language.elaborate.rows.scopes import FlowValue, RowScope, entry
from archspec.language.syntax.document import InputDeclaration, Output
from archspec.records import dataclass
from archspec.source import Related, Span
from archspec.source.mistakes import bad_option, name_taken, tuple_value, wrong_form


@dataclass
class Ports:
    """The part of elaboration that knows what enters and what leaves. `fixed` are the variables that say which values
    the network gives."""

    context: Context
    references: References
    fixed: frozenset[str] = frozenset()

    def entry(self, id: int, size: tuple[int, ...]) -> tuple[RowScope, tuple[Port, ...] | None]:
        """The list of the network's rows, and what enters it; None where a size is not known."""
        types = self._types(size)
        words = [entering.name for entering in self.context.document.inputs]
        parts = tuple(
            (
                word.text if word else "",
                FlowValue(ValueId(id, INPUT - k), kind, place=word.span if word else None),
            )
            for k, (word, kind) in enumerate(zip(words, types, strict=True))
        )
        scope = entry(id, "", types[0], None, parts if len(parts) > 1 else ())
        for word, (name, value) in zip(words, parts, strict=True):
            if word is not None:
                self.context.take(name, word.span)
                scope.places[name] = value
        takes = tuple(Port(name, v.ref, v.type) for name, v in parts if v.type is not None)
        return scope, takes if len(takes) == len(parts) else None

    def _types(self, size: tuple[int, ...]) -> list[TensorType | None]:
        """The types of what enters; `size` stands for the only input unless empty."""
        inputs = self.context.document.inputs
        if size and len(inputs) > 1:
            names = ", ".join(one.name.text for one in inputs if one.name)
            message, received = f"one size for {len(inputs)} inputs", "x".join(map(str, size))
            expected = f"variables that set the sizes of {names}"
            hint = "give the spec a variable for its size, and set that"
            self.context.report(bad_option(inputs[0].place, message, expected, received, hint))
            size = ()
        return [self._input(one, size) for one in inputs]

    def _input(self, entering: InputDeclaration, size: tuple[int, ...]) -> TensorType | None:
        sizes: list[Quantity] = []
        for formula in entering.sizes:
            quantity = self.context.problems.attempt(
                count, formula, self.context.file, "a size of the input", 1, 2**20
            )
            if quantity is not None:
                sizes.append(quantity)
        if len(sizes) != len(entering.sizes):
            return None
        if size and len(size) != len(sizes):
            message, received = f"an input of {len(size)} sizes", "x".join(map(str, size))
            expected = f"{len(sizes)} sizes, as the spec declares"
            hint = "give as many numbers"
            self.context.report(bad_option(entering, message, expected, received, hint))
            return None
        sizes = [Quantity.of(n) for n in size] or sizes
        for quantity in sizes:
            self.context.structure |= quantity.deps
        if len(sizes) != 3:
            return TensorType.vector(sizes[0])
        height, width = (Quantity(s.value, s.expr, s.deps | {IMAGE}) for s in sizes[:2])
        return TensorType.image(height, width, sizes[2])

    def results(
        self, outputs: Sequence[Output], scope: RowScope, names: Bindings
    ) -> tuple[tuple[str, FlowValue], ...] | None:
        """What a block or the network gives, by name, unless said the value of its last row; None after reporting what
        is wrong. The list of rows is at its end."""
        if not outputs:
            self._no_tuple(scope.prev)
            return (("", scope.prev),)
        here = names.with_tensors(scope)
        values: dict[str, FlowValue | None] = {}
        places: dict[str, Span] = {}
        for output in outputs:
            if not self._holds(output, here):
                continue
            if output.name in places:
                self._named_twice(output, places[output.name])
            places[output.name] = output.span
            value = values[output.name] = self.references.named(output.source, scope, here)
            if value is not None and value.parts:
                self.references.not_one(output.source, value)
                values[output.name] = None
        if not values and not self.context.problems.diagnostics:
            message, expected = "no output is given", "one whose condition holds"
            hint = "give one of them without `when`"
            self.context.report(wrong_form(outputs[-1], message, expected, hint=hint))
        whole = tuple((name, value) for name, value in values.items() if value is not None)
        return whole if whole and len(whole) == len(values) else None

    def _holds(self, output: Output, names: Bindings) -> bool:
        """Whether the condition of an output holds; false after reporting that it is none."""
        if output.when is None:
            return True
        when = self.context.problems.attempt(condition, output.when, names, "when")
        if when is None:
            return False
        self.context.structure |= when.deps
        self.fixed |= when.deps
        return bool(when.value)

    def _named_twice(self, output: Output, first: Span) -> None:
        message = f"two outputs are called `{output.name}`"
        notes = [Related(first, "the first one")]
        expected = "a name of its own for each output"
        hint = "name the outputs: write {name: label, ...}"
        self.context.report(name_taken(output, message, expected, output.name, hint, notes))

    def _no_tuple(self, result: FlowValue) -> None:
        """Report rows that end in several values, of which nobody says which are given."""
        if result.parts:
            row = self.context.row_of.get(result.ref)
            names = [name for name, _ in result.parts]
            place = row.place if row else self.context.document.span
            message, received = f"the rows end in {len(names)} values", ", ".join(names)
            expected = f"outputs: one or more of {received}"
            hint = "name under `outputs` what is given"
            self.context.report(tuple_value(place, message, expected, received, hint))
