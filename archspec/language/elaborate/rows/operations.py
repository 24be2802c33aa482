"""Rows of one operation or block: whether the values fit, and the nodes that they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archspec.graph.graph import Child, Loop, Node, Scope, ValueId
from archspec.graph.ops import operation
from archspec.graph.ops.base import STEMS, Operation, ShapeError
from archspec.language.elaborate.formulas.attributes import Attributes, Attrs
from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.work import STEP
from archspec.language.elaborate.rows.context import Context, Site
from archspec.language.elaborate.rows.following import followed
from archspec.language.elaborate.rows.scopes import EVERY, FlowValue, entry
from archspec.language.elaborate.rows.sizes import compact
from archspec.language.syntax.document import Cell, Record, Row, TypeRow
from archspec.language.syntax.terms import join
from archspec.records import dataclass
from archspec.source import Related, Span
from archspec.source.mistakes import shape_mismatch, tuple_value

_FROM = {1: "a", 2: "[a, b]"}


def how_many(allowed: tuple[int, int]) -> str:
    """The number of values, or the least."""
    return f"{allowed[0]}" if allowed[0] == allowed[1] else f"at least {allowed[0]}"


def misfit(what: str, allowed: tuple[int, int], given: int) -> str:
    """That something takes another number of values."""
    expected = how_many(allowed)
    return f"{what} takes {expected} value{'s' if expected != '1' else ''}, not {given}"


@dataclass
class Operations:
    """The part of elaboration that applies operations to values."""

    context: Context
    attributes: Attributes

    def apply(self, row: TypeRow, site: Site, inputs: tuple[FlowValue, ...]) -> Child | None:
        """A row of an operation: one node, one with its norm and activation, or one for each value that it gives."""
        op = operation(row.type.text)
        assert op is not None, "its row was read by its form"
        if not op.inputs[0] <= len(inputs) <= op.inputs[1]:
            self.arity(row, inputs, op.name, op.inputs)
            return None
        values = row.values
        attrs = self.attributes.of(op, values, site.names, row.type.span)
        if attrs is not None and type(op).pieces is not Operation.pieces:
            return self._pieces(row, op, attrs, site, inputs)
        for value in followed(op, attrs or {}, values, site, inputs):
            self.context.use(value)
            inputs = (*inputs, value)
        extras = self._companions(op, values, site.names) if op.companions else []
        if not extras:
            return self.node(op, attrs, site.label, site.path, inputs, row)
        return self._composite(row, op, attrs, extras, site, inputs)

    def _companions(
        self, op: Operation, values: Mapping[str, Cell], names: Bindings
    ) -> list[tuple[Operation, Attrs]]:
        """The norm and the activation of a row, in that order."""
        companions = [
            self.attributes.companion(op, key, values.get(key), names)
            for key in ("norm", "activation")
        ]
        return [companion for companion in companions if companion]

    def node(
        self,
        op: Operation,
        attrs: Attrs | None,
        label: str | None,
        path: str,
        inputs: tuple[FlowValue, ...],
        row: TypeRow | Record,
        *,
        companion: bool = False,
    ) -> Node | None:
        """One operation on its values; None after reporting that they do not fit, or where one is unknown."""
        self.context.work.take(STEP)
        types = tuple(value.type for value in inputs if value.type is not None)
        if attrs is None or len(types) != len(inputs):
            return None
        try:
            output = op.infer(attrs, types)
        except ShapeError as error:
            self._misfit(error, op, inputs, row)
            return None
        refs, kind = tuple(value.ref for value in inputs), compact(output)
        if isinstance(row, Record):
            place = span = row.type.span
        else:
            place, span = row.place, row.span
        self.context.take_weights(path, place)
        label = label or ""
        return Node(label, path, op, attrs, refs, types, kind, None, span, companion=companion)

    def _misfit(
        self, error: ShapeError, op: Operation, inputs: tuple[FlowValue, ...], row: TypeRow | Record
    ) -> None:
        """Report inputs or attributes that do not fit, at the key at fault."""
        key = error.attribute or ""
        cell = row.values.get(key)
        span = cell.span if cell else row.keys.get(key, row.type.span)
        if key == "from" and isinstance(row, TypeRow) and row.source:
            span = row.source[0].span
        message = f"{op.name}: {error.message}"
        places = ((flow, self._made_at(flow.ref)) for flow in inputs if len(inputs) > 1)
        others = ((flow, at) for flow, at in places if at not in (None, span))
        related = tuple(Related(at, f"this gives {flow.type}") for flow, at in others if at)
        say = error.code.say
        self.context.report(say(span, message, error.expected, error.received, error.hint, related))

    def _made_at(self, ref: ValueId) -> Span | None:
        """Where the row stands that gives a value, or the branch."""
        row, branch = self.context.row_of.get(ref), self.context.child_of.get(ref)
        if row is not None:
            return row.span
        return branch.span if isinstance(branch, Scope) else None

    def _pieces(
        self, row: TypeRow, op: Operation, attrs: Attrs, site: Site, inputs: tuple[FlowValue, ...]
    ) -> Child | None:
        """An operation that gives several values: one operation for each, all on what entered."""
        if inputs[0].type is None:
            return None
        try:
            pieces = op.pieces(attrs, (inputs[0].type,))
        except ShapeError as error:
            self._misfit(error, op, inputs, row)
            return None
        inside = entry(self.context.new_id(), site.path, inputs[0].type, None)
        children: list[Child] = []
        parts: list[tuple[str, FlowValue]] = []
        for k, (piece, own) in enumerate(pieces):
            label, path = f"{site.label or op.name}_{k}", f"{site.path}.{k}"
            node = self.node(piece, dict(own), label, path, (inside.input,), row)
            if node is None:
                return None
            children.append(node)
            ref = ValueId(inside.id, k)
            parts.append((str(k), FlowValue(ref, node.output)))
            if k:  # the first is what the row itself gives
                self.context.row_of[ref] = row
        inside.prev = parts[0][1]
        self.context.tuples[inside.id] = tuple(parts)
        own_site = replace(site, definition=op.name, names=self.context.file)
        scope = self.context.scope("split", own_site, inside, children)
        return scope and replace(scope, loop=Loop((), (), attrs["parts"], ""))

    def _composite(
        self,
        row: TypeRow,
        op: Operation,
        attrs: Attrs | None,
        extras: list[tuple[Operation, Attrs]],
        site: Site,
        inputs: tuple[FlowValue, ...],
    ) -> Child | None:
        """A convolution or dense row with its norm and activation, in that order."""
        inside = entry(self.context.new_id(), site.path, inputs[0].type, None)
        children: list[Child] = []
        steps = [(op, attrs, op.stem, site.path)]
        steps += [(o, a, o.stem, join(site.path, STEMS[o.role])) for o, a in extras]
        for position, (applied, values, step, path) in enumerate(steps):
            entered = (inside.prev,)
            node = self.node(applied, values, step, path, entered, row, companion=position > 0)
            if node is None:
                return None
            children.append(node)
            inside.prev = FlowValue(ValueId(inside.id, position), node.output)
        return self.context.scope("row", site, inside, children)

    def arity(
        self, row: Row, inputs: tuple[FlowValue, ...], what: str, allowed: tuple[int, int]
    ) -> None:
        """Report too few or too many values for a row."""
        span = row.source[0].span if row.source else row.span
        tuple_ = len(inputs) > 1 and (row.source is None or len(row.source) == 1)
        say = tuple_value if tuple_ else shape_mismatch
        message, wanted = misfit(what, allowed, len(inputs)), _FROM.get(allowed[0])
        text = row.source[0].span.text if row.source else "prev"
        one = text.replace(EVERY, "0") if EVERY in text else f"{text}.0"
        hint = f"pick one by its name or its number: {one}" if tuple_ else None
        self.context.report(
            say(span, message, f"from: {wanted or '[a, b, ...]'}", f"{len(inputs)}", hint)
        )
