"""Rows of one operation or block: whether the values fit, and the nodes that they become."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.graph.graph import Child, Node, Scope, ValueId
from archspec.graph.ops import operation
from archspec.graph.ops.base import STEMS, Operation, ShapeError
from archspec.language.elaborate.attributes import Attrs
from archspec.language.elaborate.frames import Value as Flow
from archspec.language.elaborate.frames import entry, join
from archspec.language.elaborate.names import Names
from archspec.language.elaborate.sizes import compact
from archspec.language.syntax.document import Row, TypeRow
from archspec.records import dataclass
from archspec.source import Diagnostic, Related, Span

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborate import Elaborator

_FROM = {1: "a", 2: "[a, b]"}


@dataclass
class Operations:
    """The part of elaboration that applies operations to values."""

    home: Elaborator

    def typed(
        self, row: TypeRow, label: str | None, path: str, inputs: tuple[Flow, ...], names: Names
    ) -> Child | None:
        """A row of a type: the use of a block, an operation, or one with its norm and activation."""
        block = self.home.document.blocks.get(row.type.text)
        if block is not None:
            count = len(block.inputs) or 1
            if len(inputs) != count:
                self.arity(row, inputs, f"the block {block.name.text}", (count, count))
                return None
            return self.home.blocks.use(row, block, label, path, inputs, names)
        op = operation(row.type.text)
        assert op is not None, "its row was read by its form"
        if not op.inputs[0] <= len(inputs) <= op.inputs[1]:
            self.arity(row, inputs, op.name, op.inputs)
            return None
        attrs = self.home.attributes.of(op, row.values, names, row.type.span)
        if attrs is not None and type(op).pieces is not Operation.pieces:
            return self._pieces(row, op, attrs, label, path, inputs)
        if not op.companions:
            return self.node(op, attrs, label, path, inputs, row)
        return self._composite(row, op, attrs, label, path, inputs, names)

    def node(
        self,
        op: Operation,
        attrs: Attrs | None,
        label: str | None,
        path: str,
        inputs: tuple[Flow, ...],
        row: TypeRow,
    ) -> Node | None:
        """One operation on its values; None after reporting that they do not fit, or where one is unknown."""
        types = tuple(value.type for value in inputs if value.type is not None)
        if attrs is None or len(types) != len(inputs):
            return None
        try:
            output = op.infer(attrs, types)
        except ShapeError as error:
            self._misfit(error, op, inputs, row)
            return None
        refs = tuple(value.ref for value in inputs)
        return Node(label or "", path, op, attrs, refs, types, compact(output), None, row.span)

    def _misfit(
        self, error: ShapeError, op: Operation, inputs: tuple[Flow, ...], row: TypeRow
    ) -> None:
        """Report inputs or attributes that do not fit, at the key at fault."""
        key = error.attribute or ""
        cell = row.values.get(key)
        span = cell.span if cell else row.keys.get(key, row.type.span)
        span = row.source[0].span if key == "from" and row.source else span
        message = f"{op.name}: {error.message}"
        places = ((flow, self._made_at(flow.ref)) for flow in inputs if len(inputs) > 1)
        given = ((flow, at) for flow, at in places if at not in (None, span))
        related = tuple(Related(at, f"this gives {flow.type}") for flow, at in given if at)
        self.home.report(
            Diagnostic(
                error.code, message, span, error.expected, error.received, error.hint, related
            )
        )

    def _made_at(self, ref: ValueId) -> Span | None:
        """Where the row stands that gives a value, or the branch."""
        row, branch = self.home.made.get(ref), self.home.sharing.made.get(ref)
        if row is not None:
            return row.span
        return branch.span if isinstance(branch, Scope) else None

    def _pieces(
        self,
        row: TypeRow,
        op: Operation,
        attrs: Attrs,
        label: str | None,
        path: str,
        inputs: tuple[Flow, ...],
    ) -> Child | None:
        """An operation that gives several values: one operation for each, all on what entered."""
        if inputs[0].type is None:
            return None
        try:
            found = op.pieces(attrs, (inputs[0].type,))
        except ShapeError as error:
            self._misfit(error, op, inputs, row)
            return None
        id = self.home.new_id()
        frame = entry(id, path, inputs[0].type, None)
        children: list[Child] = []
        parts: list[tuple[str, Flow]] = []
        for k, (piece, own) in enumerate(found):
            below = f"{path}.{k}"
            node = self.node(
                piece, dict(own), f"{label or op.name}_{k}", below, (frame.input,), row
            )
            if node is None:
                return None
            children.append(node)
            parts.append((str(k), Flow(ValueId(id, k), node.output)))
            if k:  # the first is what the row itself gives
                self.home.made[ValueId(id, k)] = row
        frame.prev = parts[0][1]
        self.home.parts[id] = tuple(parts)
        return self.home.scope(
            "split", id, label, path, op.name, inputs[0], frame, children, self.home.file, row.span
        )

    def _composite(
        self,
        row: TypeRow,
        op: Operation,
        attrs: Attrs | None,
        label: str | None,
        path: str,
        inputs: tuple[Flow, ...],
        names: Names,
    ) -> Child | None:
        """A convolution or dense row with its norm and activation, in that order."""
        found = {
            key: self.home.attributes.companion(op, key, row.values.get(key), names)
            for key in ("norm", "activation")
        }
        extras = [companion for companion in found.values() if companion]
        if not extras:
            return self.node(op, attrs, label, path, inputs, row)
        id = self.home.new_id()
        frame = entry(id, path, inputs[0].type, None)
        children: list[Child] = []
        steps = [(op, attrs, op.stem, path)]
        steps += [(o, a, o.stem, join(path, STEMS[o.role])) for o, a in extras]
        for position, (applied, values, step, below) in enumerate(steps):
            node = self.node(applied, values, step, below, (frame.prev,), row)
            if node is None:
                return None
            children.append(replace(node, companion=True) if position else node)
            frame.prev = Flow(ValueId(id, position), node.output)
        return self.home.scope(
            "row", id, label, path, "row", inputs[0], frame, children, names, row.span
        )

    def arity(
        self, row: Row, inputs: tuple[Flow, ...], what: str, allowed: tuple[int, int]
    ) -> None:
        """Report too few or too many values for a row."""
        span = row.source[0].span if row.source else row.span
        expected = f"{allowed[0]}" if allowed[0] == allowed[1] else f"at least {allowed[0]}"
        tuple_ = len(inputs) > 1 and (row.source is None or len(row.source) == 1)
        self.home.report(
            Diagnostic(
                "tuple-value" if tuple_ else "shape-mismatch",
                f"{what} takes {expected} value{'s' if expected != '1' else ''}, not {len(inputs)}",
                span,
                expected=f"from: {_FROM.get(allowed[0], '[a, b, ...]')}",
                received=f"{len(inputs)}",
                hint="pick one by its name or its number: prev.0" if tuple_ else None,
            )
        )
