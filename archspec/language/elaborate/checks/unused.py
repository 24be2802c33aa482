"""Rows whose values reach no output: they enter what does not use them, or what would use them is dropped.

Frameworks do not agree on what becomes of their weights, so such a row is a mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from archspec.graph.graph import Child, Node, Origins, Scope, ValueId, origins, walk
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.scopes import Parts
from archspec.language.syntax.document import LabelPattern, ParallelRow, Row
from archspec.records import dataclass
from archspec.source import Diagnostic, Related, Span
from archspec.source.mistakes import unused_value

Takers = Sequence[
    tuple[ValueId, Span, bool]
]  # a value, the row that takes it, whether that is dropped
WAY_OUT = "name it in a `from`, or drop it"
INSIDE = "takes it, and no row in it does"


def check_named(context: Context) -> None:
    """Report every row whose value no later row takes; rows that give several values are looked at later."""
    for ref, row in context.row_of.items():
        child = context.child_of.get(ref)
        if child is None or (isinstance(child, Scope) and not any(walk(child))):
            continue  # a piece of a split, or no row of it is there
        if ref not in context.used and not (
            isinstance(child, Scope) and child.id in context.tuples
        ):
            context.report(_nobody(row.span, WAY_OUT))


@dataclass(frozen=True, slots=True)
class Part:
    """One of several values: the row that gives it, what it became, and the name of the value."""

    ref: ValueId
    row: Row
    child: Scope
    name: str


def _parts(context: Context, flow: Origins) -> dict[str, Part]:
    """Of rows that give several values each value, by the path of the node that computes it."""
    found: dict[str, Part] = {}
    for ref, row in context.row_of.items():
        child = context.child_of.get(ref)
        if isinstance(child, Scope):
            for name, value in context.tuples.get(child.id, ()):
                found[flow.paths.get(value.ref, "")] = Part(ref, row, child, name)
    return found


def _some(lost: Sequence[Part], parts: Parts) -> Diagnostic:
    """A row that gives several values, of which nobody uses some."""
    row, child, names = lost[0].row, lost[0].child, [part.name for part in lost]
    if len(lost) == len(parts):
        return _nobody(row.span, WAY_OUT)
    label = row.label.span.text if isinstance(row.label, LabelPattern) else row.label
    said = " and ".join(f"`{label}.{name}`" for name in names)
    message = f"nobody uses {said}, of the {len(parts)} values of this row"
    expected = f"rows that take {', '.join(f'{label}.{name}' for name, _ in parts)}"
    used = [name for name, _ in parts if name not in names]
    hint = f"take {label}.{names[0]} in a `from`, or leave it out of the block's `outputs`"
    if isinstance(row, ParallelRow):
        hint = f"take {label}.{names[0]} in a `from`, or leave the branch out"
    if child.kind == "split":
        hint = _slice(child.children[int(used[0])], label, used[0])
    return unused_value(row.span, message, expected, f"{', '.join(used)} alone", hint)


def _slice(piece: Child, label: str | None, part: str) -> str:
    """The operation that takes one part of a value alone."""
    assert isinstance(piece, Node)
    said = {key: quantity.value for key, quantity in piece.attrs.items()}
    if said["axis"] == "channels":
        del said["axis"]
    stated = ", ".join(f"{key}: {value}" for key, value in said.items())
    return f"{{type: slice, name: {label}, {stated}}} is {label}.{part} alone, as `{label}`"


def check(context: Context, root: Scope) -> None:
    """Report every row and every input of a whole network whose value reaches none of its outputs."""
    flow = origins(root)
    live = _reached(flow)
    dead = [path for path in flow.inputs if path not in live]
    _check_inputs(context, root, live.union(*(flow.inputs[path] for path in dead)))
    ends = set(dead).difference(*(flow.inputs[path] for path in dead))
    if not ends:
        return
    takers: dict[str, list[tuple[ValueId, Span, bool]]] = {}
    for taker in context.takers:
        takers.setdefault(flow.paths.get(taker[0], ""), []).append(taker)
    parts, some = _parts(context, flow), dict[ValueId, list[Part]]()
    for node, above in _nodes(root, ()):
        if node.path in ends and node.path in parts:
            some.setdefault(parts[node.path].ref, []).append(parts[node.path])
        elif node.path in ends:
            context.report(_unused(node, takers.get(node.path, ()), above))
    for lost in some.values():
        context.report(_some(lost, context.tuples[lost[0].child.id]))


def _check_inputs(context: Context, root: Scope, used: Collection[str]) -> None:
    """Report those of several inputs that are not among the `taken`."""
    for port, entering in zip(root.takes, context.document.inputs, strict=True):
        if len(root.takes) > 1 and port.name not in used:
            message, expected = f"nobody uses the input `{port.name}`", "a row that takes it"
            context.report(unused_value(entering.place, message, expected, hint=WAY_OUT))


def _reached(flow: Origins) -> set[str]:
    """The nodes and inputs whose values reach an output."""
    reached: set[str] = set()
    todo = list(flow.outputs)
    while todo:
        path = todo.pop()
        if path not in reached:
            reached.add(path)
            todo += flow.inputs.get(path, ())
    return reached


def _unused(node: Node, takers: Takers, above: tuple[Scope, ...]) -> Diagnostic:
    """A row that reaches no output, and why: the rows that name its value are dropped, or no row in them takes it."""
    dropped = any(gone for _, _, gone in takers)
    notes = [
        Related(span, f"this row {'would take it, and is dropped' if gone else INSIDE}")
        for _, span, gone in takers
    ]
    hint = "give it the same `when`" if dropped else WAY_OUT
    received = f"{node.path}, which reaches no output"
    return _nobody(node.span, hint, received, (*notes, *_use(above)))


def _nobody(
    span: Span, hint: str, received: str | None = None, notes: tuple[Related, ...] = ()
) -> Diagnostic:
    expected = "a later row that takes it"
    message = "nobody uses the value of this row"
    return unused_value(span, message, expected, received, hint, notes)


def _nodes(scope: Scope, above: tuple[Scope, ...]) -> Iterator[tuple[Node, tuple[Scope, ...]]]:
    for child in scope.children:
        if isinstance(child, Scope):
            yield from _nodes(child, (*above, child))
        elif isinstance(child, Node):
            yield child, above


def _use(above: tuple[Scope, ...]) -> Iterator[Related]:
    """The use of the innermost block around a row."""
    for scope in reversed(above):
        if scope.kind == "block":
            yield Related(scope.span, f"`{scope.definition}` is used here")
            return
