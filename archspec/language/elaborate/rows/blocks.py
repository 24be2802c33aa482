"""Uses of blocks: arguments evaluated where the row stands, rows unfolded where only the parameters are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import partial

from archspec.graph.expr import Lit, Sym, Value
from archspec.graph.graph import Child
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import EnteredSize, Symbol
from archspec.language.elaborate.formulas.attributes import argument
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.lets import derive
from archspec.language.elaborate.formulas.origins import Origin, origin
from archspec.language.elaborate.formulas.work import Exhausted
from archspec.language.elaborate.rows.context import MAX_NODES, Context, Site, Walk
from archspec.language.elaborate.rows.ports import Ports
from archspec.language.elaborate.rows.scopes import (
    FlowValue,
    RowScope,
    axis_values,
    entry,
    symbolic,
)
from archspec.language.elaborate.rows.sizes import translated
from archspec.language.syntax.document import Block, BlockParameter, Formula, TypeRow
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import Diagnostic, Related
from archspec.source.mistakes import missing_key, recursive_block


@dataclass
class Blocks:
    """The part of elaboration that unfolds blocks. `sizes` are the rows that a block was last found to have."""

    context: Context
    ports: Ports
    walk: Walk
    sizes: dict[str, int] = field(default_factory=dict)

    def use(
        self, row: TypeRow, block: Block, site: Site, inputs: tuple[FlowValue, ...]
    ) -> Child | None:
        """The scope of one use: its rows in the block's own symbols, its arguments in the caller's."""
        context, name = self.context, block.name.text
        if self._recursive(row, block):
            return None
        if context.nodes + self.sizes.get(name, 0) > MAX_NODES:
            context.too_many(row.type.span)
            return None
        before, worked = context.nodes, context.work.done
        outside = context.sealed if block.sealed else context.file
        arguments, origins = self._arguments(row, block, site.names, outside)
        inside = self._entered(context.new_id(), site.path, block, inputs)
        own: dict[Symbol, Quantity | None] = {}
        for value in inside.input.several():
            own |= axis_values(value.type)
        for key, quantity in arguments.items():
            own[key] = quantity and Quantity(quantity.value, Sym(key), quantity.deps)
        context.problems.blocks.append((name, row.type.span))
        names = outside.with_values(own, origins).with_tensors(inside)
        names, lets = derive(block.let, names, context.problems, local=True)
        try:
            children, _ = self.walk.rows(block.rows, inside, names, ends=not block.outputs)
        except Exhausted as exhausted:
            context.work.blame(exhausted, row.type.span, worked)
            raise
        outputs = self.ports.results(block.outputs, inside, names)
        context.problems.blocks.pop()
        self.sizes[name] = context.nodes - before
        if outputs is None or any(value.type is None for value in inputs):
            return None
        inside.prev = outputs[0][1]
        here = Site(site.label, site.path, name, site.entered, names, site.span)
        scope = context.scope("block", here, inside, children)
        if scope is None:
            return None
        outer: dict[Symbol, Quantity] = {
            key: quantity for key, quantity in arguments.items() if quantity is not None
        }
        for within, without in zip(inside.input.several(), inputs, strict=True):
            outer |= _sizes(within, without)
        if len(outputs) > 1:
            context.tuples[inside.id] = tuple(
                (name, _outward(value, inside, inputs, outer, lets, outside))
                for name, value in outputs
            )
        output = translated(scope.output, outer, lets, outside)
        defaults = _defaults(block)
        named = {word.text: value.ref for word, value in zip(block.inputs, inputs, strict=False)}
        return replace(
            scope,
            arguments=outer,
            lets=lets,
            output=output,
            defaults=defaults,
            named_inputs=named,
        )

    def _recursive(self, row: TypeRow, block: Block) -> bool:
        """Whether a block stands inside itself; reported."""
        name, outer = block.name.text, [name for name, _ in self.context.problems.blocks]
        if name not in outer:
            return False
        message, received = f"the block {name} uses itself", " -> ".join((*outer, name))
        notes = [Related(block.name.span, "the block is declared here")]
        self.context.report(
            recursive_block(row.type, message, "a block that ends", received, notes=notes)
        )
        return True

    def _entered(self, id: int, path: str, block: Block, inputs: tuple[FlowValue, ...]) -> RowScope:
        """The list of the block's rows: its first input enters it, the others are read where they are."""
        kind = symbolic(inputs[0].type, partial(EnteredSize, ""))
        parts = tuple(
            (word.text, FlowValue(value.ref, symbolic(value.type, partial(EnteredSize, word.text))))
            for word, value in zip(block.inputs, inputs, strict=bool(block.inputs))
        )
        inside = entry(id, path, kind, None, parts if len(parts) > 1 else ())
        values = inside.input.several()
        for word, value in zip(block.inputs, values, strict=bool(block.inputs)):
            self.context.take(join(path, word.text), word.span)
            inside.places[join(path, word.text)] = value
        return inside

    def _arguments(
        self, row: TypeRow, block: Block, names: Bindings, outside: Bindings
    ) -> tuple[dict[str, Quantity | None], dict[str, Origin]]:
        """The parameters' values, and where each of them comes from."""
        arguments: dict[str, Quantity | None] = {}
        origins: dict[str, Origin] = {}
        for key, parameter in block.parameters.items():
            cell, where = row.values.get(key), names
            if cell is None:
                cell, where = parameter.default, outside
            if cell is None:
                self.context.report(no_argument(row, block, parameter))
            value = None if cell is None else argument(cell, where, self.context.problems)
            arguments[key] = value
            if cell is not None:
                declared = parameter.name.span
                number = None if value is None else value.value
                origins[key] = origin(declared, cell, number, where.origins)
        return arguments, origins


def _defaults(block: Block) -> dict[Symbol, Value]:
    """The defaults of a block's parameters that are written as a value."""
    return {
        key: parameter.default.expr.value
        for key, parameter in block.parameters.items()
        if isinstance(parameter.default, Formula) and isinstance(parameter.default.expr, Lit)
    }


def no_argument(row: TypeRow, block: Block, parameter: BlockParameter) -> Diagnostic:
    """A use of a block without a value for one of its parameters."""
    key, notes = parameter.name.text, [Related(parameter.name.span, "it is declared here")]
    message = f"the block {block.name.text} needs `{key}`"
    return missing_key(row.type, message, f"{key}: ...", "no such key", notes=notes)


def _sizes(inside: FlowValue, outside: FlowValue) -> dict[Symbol, Quantity]:
    """The sizes of an input, by their symbols inside the block, in the caller's terms."""
    assert inside.type is not None
    assert outside.type is not None
    pairs = zip(inside.type.axes, outside.type.axes, strict=True)
    return {
        size.expr.symbol: outer for (_, size), (_, outer) in pairs if isinstance(size.expr, Sym)
    }


def _outward(
    value: FlowValue,
    inner: RowScope,
    inputs: tuple[FlowValue, ...],
    outer: Mapping[Symbol, Quantity],
    lets: Mapping[str, Quantity],
    names: Bindings,
) -> FlowValue:
    """A value that a block gives, as its caller sees it: an input passed through is the caller's own value."""
    for inside, outside in zip(inner.input.several(), inputs, strict=True):
        if value.ref == inside.ref:
            return outside
    return FlowValue(value.ref, value.type and translated(value.type, outer, lets, names))
