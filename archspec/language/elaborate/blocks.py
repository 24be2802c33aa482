"""Uses of blocks: arguments evaluated where the row stands, rows unfolded where only the parameters are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from archspec.graph.expr import Lit, Sym
from archspec.graph.graph import Child
from archspec.graph.quantity import Quantity
from archspec.language.elaborate.frames import ENTERED, Frame, axis_values, entry, join, symbolic
from archspec.language.elaborate.frames import Value as Flow
from archspec.language.elaborate.loops import MAX_NODES
from archspec.language.elaborate.names import Names
from archspec.language.elaborate.origins import Origin, origin
from archspec.language.elaborate.sizes import translated
from archspec.language.syntax.document import Block, BlockParameter, Formula, TypeRow
from archspec.records import dataclass
from archspec.source import Diagnostic, Related

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborate import Elaborator


@dataclass
class Blocks:
    """The part of elaboration that unfolds blocks."""

    home: Elaborator
    sizes: dict[str, int] = field(default_factory=dict)

    def use(
        self,
        row: TypeRow,
        block: Block,
        label: str | None,
        path: str,
        inputs: tuple[Flow, ...],
        names: Names,
    ) -> Child | None:
        """The scope of one use: its rows in the block's own symbols, its arguments in the caller's."""
        home = self.home
        name = block.name.text
        if any(name == used for used, _ in home.stack):
            home.report(
                Diagnostic(
                    "recursive-block",
                    f"the block {name} uses itself",
                    row.type.span,
                    expected="a block that ends",
                    received=" -> ".join((*(n for n, _ in home.stack), name)),
                    related=(Related(block.name.span, "the block is declared here"),),
                )
            )
            return None
        if home.nodes + self.sizes.get(name, 0) > MAX_NODES:
            home.too_many(row.type.span)
            return None
        before = home.nodes
        outside = home.sealed if block.sealed else home.file
        arguments, origins = self._arguments(row, block, names, outside)
        id = home.new_id()
        input = inputs[0]
        inner = self._entered(id, path, block, inputs)
        own: dict[str, Quantity | None] = {}
        for value in inner.input.several():
            own |= axis_values(value.type)
        for key, found in arguments.items():
            own[key] = found and Quantity(found.value, Sym(key), found.deps)
        home.stack.append((name, row.type.span))
        inside = replace(outside.with_values(own, origins), tensors=inner)
        inside, lets = home.derive(block.let, inside, local=True)
        children, _ = home.rows(block.rows, inner, inside, ends=not block.outputs)
        given_out = self._outputs(block, inner, inside)
        home.stack.pop()
        self.sizes[name] = home.nodes - before
        scope = home.scope("block", id, label, path, name, input, inner, children, inside, row.span)
        if scope is None or given_out is None or any(value.type is None for value in inputs):
            return None
        given = {key: found for key, found in arguments.items() if found is not None}
        for inside_value, outer_value in zip(inner.input.several(), inputs, strict=True):
            given |= _sizes(inside_value, outer_value)
        output = translated(scope.output, given, lets, outside)
        if len(given_out) > 1:
            home.parts[id] = tuple(
                (name, _outward(value, inner, inputs, given, lets, outside))
                for name, value in given_out
            )
        defaults = {
            key: parameter.default.expr.value
            for key, parameter in block.parameters.items()
            if isinstance(parameter.default, Formula) and isinstance(parameter.default.expr, Lit)
        }
        return replace(scope, arguments=given, lets=lets, output=output, defaults=defaults)

    def _entered(self, id: int, path: str, block: Block, inputs: tuple[Flow, ...]) -> Frame:
        """The list of the block's rows: its first input enters it, the others are read where they are."""
        kind = symbolic(inputs[0].type, ENTERED)
        parts = tuple(
            (word.text, Flow(value.ref, symbolic(value.type, f"{ENTERED}{word.text}.")))
            for word, value in zip(block.inputs, inputs, strict=bool(block.inputs))
        )
        inner = entry(id, path, kind, None, parts if len(parts) > 1 else ())
        values = inner.input.several()
        for word, value in zip(block.inputs, values, strict=bool(block.inputs)):
            self.home.references.take(join(path, word.text), word.span)
            inner.places[join(path, word.text)] = value
        return inner

    def _outputs(
        self, block: Block, inner: Frame, names: Names
    ) -> tuple[tuple[str, Flow], ...] | None:
        """What the block gives; afterwards `inner.prev` is the first of it."""
        found = self.home.ports.given(block.outputs, inner, names)
        if found is None:
            return None
        inner.prev = found[0][1]
        return found

    def _arguments(
        self, row: TypeRow, block: Block, names: Names, outside: Names
    ) -> tuple[dict[str, Quantity | None], dict[str, Origin]]:
        """The parameters' values, and where each of them comes from."""
        found: dict[str, Quantity | None] = {}
        origins: dict[str, Origin] = {}
        for key, parameter in block.parameters.items():
            cell, where = row.values.get(key), names
            if cell is None:
                cell, where = parameter.default, outside
            if cell is None:
                self.home.report(no_argument(row, block, parameter))
            value = found[key] = None if cell is None else self.home.cell(cell, where)
            if cell is not None:
                declared = parameter.name.span
                known = None if value is None else value.value
                origins[key] = origin(declared, cell, known, where.origins)
        return found, origins


def no_argument(row: TypeRow, block: Block, parameter: BlockParameter) -> Diagnostic:
    """A use of a block without a value for one of its parameters."""
    key = parameter.name.text
    return Diagnostic(
        "missing-key",
        f"the block {block.name.text} needs `{key}`",
        row.type.span,
        expected=f"{key}: ...",
        received="no such key",
        related=(Related(parameter.name.span, "it is declared here"),),
    )


def _sizes(inside: Flow, outside: Flow) -> dict[str, Quantity]:
    """The sizes of an input, by their symbols inside the block, in the caller's terms."""
    assert inside.type is not None
    assert outside.type is not None
    pairs = zip(inside.type.axes, outside.type.axes, strict=True)
    return {size.expr.name: outer for (_, size), (_, outer) in pairs if isinstance(size.expr, Sym)}


def _outward(
    value: Flow,
    inner: Frame,
    inputs: tuple[Flow, ...],
    given: Mapping[str, Quantity],
    lets: Mapping[str, Quantity],
    names: Names,
) -> Flow:
    """A value that a block gives, as its caller sees it: an input passed through is the caller's own value."""
    for inside, outside in zip(inner.input.several(), inputs, strict=True):
        if value.ref == inside.ref:
            return outside
    return Flow(value.ref, value.type and translated(value.type, given, lets, names))
