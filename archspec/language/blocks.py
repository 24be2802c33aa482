"""Uses of blocks: arguments evaluated where the row stands, rows unfolded where only the parameters are seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archspec.graph.expr import Lit, Sym
from archspec.graph.graph import Child
from archspec.graph.quantity import Quantity
from archspec.language.document import Block, Formula, Parameter, TypeRow
from archspec.language.frames import ENTERED, axis_values, entry, symbolic
from archspec.language.frames import Value as Flow
from archspec.language.loops import MAX_NODES
from archspec.language.names import Names
from archspec.language.origins import Origin, origin
from archspec.language.sizes import translated
from archspec.source import Diagnostic, Related

if TYPE_CHECKING:
    from archspec.language.elaborate import Elaborator


@dataclass
class Blocks:
    """The part of elaboration that unfolds blocks."""

    home: Elaborator
    sizes: dict[str, int] = field(default_factory=dict)

    def use(
        self, row: TypeRow, block: Block, label: str | None, path: str, input: Flow, names: Names
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
                    received=" -> ".join(n for n, _ in home.stack),
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
        inner = entry(id, path, symbolic(input.type, ENTERED), None)
        own: dict[str, Quantity | None] = dict(axis_values(inner.input.type))
        for key, found in arguments.items():
            own[key] = found and Quantity(found.value, Sym(key), found.deps)
        home.stack.append((name, row.type.span))
        inside = replace(outside.with_values(own, origins), tensors=inner)
        inside, lets = home.derive(block.let, inside, local=True)
        children, _ = home.rows(block.rows, inner, inside)
        home.stack.pop()
        self.sizes[name] = home.nodes - before
        scope = home.scope("block", id, label, path, name, input, inner, children, inside, row.span)
        if scope is None or input.type is None:
            return None
        given = {key: found for key, found in arguments.items() if found is not None}
        for (axis, size), (_, outer) in zip(
            scope.input_types[0].axes, input.type.axes, strict=True
        ):
            assert isinstance(size.expr, Sym), axis
            given[size.expr.name] = outer
        output = translated(scope.output, given, lets, outside)
        defaults = {
            key: parameter.default.expr.value
            for key, parameter in block.parameters.items()
            if isinstance(parameter.default, Formula) and isinstance(parameter.default.expr, Lit)
        }
        return replace(scope, arguments=given, lets=lets, output=output, defaults=defaults)

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


def no_argument(row: TypeRow, block: Block, parameter: Parameter) -> Diagnostic:
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
