"""A network's costs summed up: by its blocks, by the types of its operations."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.analysis.table import grouped, rows_of, title
from archspec.graph.graph import Child, Graph, Node, Scope
from archspec.graph.ops.base import times
from archspec.graph.ops.window import halves
from archspec.records import dataclass

MOST = 3  # parts of a turn that are told one by one


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the network at its top level, or all rows of a block, a group, a repeat, a row of a table."""

    name: str
    kind: str
    rows: int
    input: tuple[int, ...]
    output: tuple[int, ...]
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Type:
    """All operations of a type, those with a kernel apart by its size; `kernels` are the parameters in kernels."""

    kind: str
    type: str
    kernel: tuple[int, ...]
    count: int
    params: int
    kernels: int
    macs: int


def parts(graph: Graph) -> list[Part]:
    """The network a line for each use of a block, group or repeat and for each row of a table."""
    return [_part(child) for child in _top(graph.root)]


def _top(scope: Scope) -> Iterator[Node | Scope]:
    """What has a name of its own at the top; a scope without one stands for what is in it, a table for its rows."""
    for child in _present(scope):
        if isinstance(child, Node):
            yield child
        elif isinstance(child, Scope):
            table = child.loop is not None and bool(child.loop.columns)
            if child.label is None or table:
                yield from _top(child)
            else:
                yield child


def _part(child: Node | Scope) -> Part:
    rows = rows_of(child)
    entered = child.input_types[0].shape
    kind = rows[0].kind if _single(child) else told(child)
    costs = sum(row.params for row in rows), sum(row.macs for row in rows)
    return Part(child.path, kind, len(rows), entered, child.output.shape, *costs)


def _single(child: Child) -> bool:
    return isinstance(child, Node) or (isinstance(child, Scope) and child.kind == "row")


def told(child: Child) -> str:
    """What a part is made of: `Conv`, `separable`, `inverted_residual x 3`, `layers x 6 + transition`."""
    match child:
        case Node():
            return title(child.op).partition(" / ")[0]
        case Scope(kind="row"):
            return told(child.children[0])
        case Scope(kind="loop"):
            return _repeated(child)
        case Scope(kind="turn"):
            within = _present(child)
            return " + ".join(map(told, within)) if len(within) <= MOST else child.definition
        case Scope():
            return child.definition
    return child.label


def _repeated(loop: Scope) -> str:
    first, count = loop.children[0], len(loop.children)
    alone = isinstance(first, Scope) and len(_present(first)) == 1
    what = told(first) if alone else loop.definition
    return f"{what} x {count}" if count > 1 else what


def _present(scope: Scope) -> list[Child]:
    return [child for child in scope.children if next(grouped(child), None)]


def types(graph: Graph) -> list[Type]:
    """The operations by their types, the most multiply-adds first: Table 2 of the MobileNets paper."""
    groups: dict[tuple[str, tuple[int, ...]], list[Node]] = {}
    for node in graph.nodes():
        groups.setdefault((node.op.name, _kernel(node)), []).append(node)
    summed = (_type(kernel, nodes) for (_, kernel), nodes in groups.items())
    return sorted(summed, key=lambda type: (-type.macs, -type.params))


def _type(kernel: tuple[int, ...], nodes: list[Node]) -> Type:
    op = nodes[0].op
    kind = f"{title(op).partition(' / ')[0]} {times(kernel)}".rstrip()
    weights = [w for node in nodes for w in node.own_weights]
    kernels = sum(weight.size for weight in weights if weight.role == "kernel")
    macs = sum(node.op.macs(node.attrs, node.input_types, node.output) for node in nodes)
    return Type(kind, op.name, kernel, len(nodes), sum(w.size for w in weights), kernels, macs)


def _kernel(node: Node) -> tuple[int, ...]:
    """Height and width of the kernel that an operation owns."""
    if "kernel" not in node.attrs or not node.weights:
        return ()
    return tuple(half.whole for half in halves(node.attrs["kernel"]))
