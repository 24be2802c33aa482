"""The rows of a network as a paper prints them, with what each costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archspec.graph.graph import Child, Graph, Node, Scope, origins
from archspec.graph.ops.base import Operation
from archspec.graph.ops.window import halves
from archspec.records import dataclass

CONVENTION = "multiply-adds of convolutions and dense layers, one sample"


class SummaryRow(NamedTuple):
    """One row of a spec, a named tuple of plain values, so that pandas and others make columns of several.

    `type` is the operation, `kind` its title with the stride, `filter` the shape of its kernel as papers print it.
    `input` and `output` are shapes without the batch: height, width, channels, or features. `params` = `trainable` +
    `non_trainable` parameters; `macs` are multiply-adds of one sample.
    """

    name: str
    type: str
    kind: str
    filter: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    params: int
    trainable: int
    non_trainable: int
    macs: int


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of parameters: `trainable` are learned, the rest are running statistics."""

    total: int
    trainable: int
    non_trainable: int


def rows(graph: Graph) -> list[SummaryRow]:
    """Every row in order; a convolution with its norm and activation is one."""
    return rows_of(graph.root)


def rows_of(part: Child) -> list[SummaryRow]:
    """The rows of a part of a network."""
    return [_row(nodes) for nodes in grouped(part)]


def grouped(child: Child) -> Iterator[list[Node]]:
    """The nodes of each row: an operation with its norm and activation."""
    match child:
        case Node():
            yield [child]
        case Scope(kind="row"):
            yield [node for node in child.children if isinstance(node, Node)]
        case Scope():
            for inner in child.children:
                yield from grouped(inner)


def _row(nodes: list[Node]) -> SummaryRow:
    main, last = nodes[0], nodes[-1]
    sizes = [w for node in nodes for w in node.own_weights]
    trainable = sum(w.size for w in sizes if w.trainable)
    other = sum(w.size for w in sizes if not w.trainable)
    return SummaryRow(
        main.path,
        main.op.name,
        _kind(main),
        main.op.filter_shape(main.attrs, main.input_types),
        main.input_types[0].shape,
        last.output.shape,
        trainable + other,
        trainable,
        other,
        sum(node.op.macs(node.attrs, node.input_types, node.output) for node in nodes),
    )


def _kind(node: Node) -> str:
    """Type / Stride, as Table 1 of the MobileNets paper has it."""
    name = title(node.op)
    if "stride" not in node.attrs:
        return name
    height, width = (half.whole for half in halves(node.attrs["stride"]))
    return f"{name} / s{height}" if height == width else f"{name} / s{height}x{width}"


def title(op: Operation) -> str:
    """How a table of a paper calls an operation."""
    return op.title or op.name.replace("_", " ").capitalize()


def params(graph: Graph) -> Params:
    """The parameters of a network."""
    summary = rows(graph)
    trainable, other = sum(r.trainable for r in summary), sum(r.non_trainable for r in summary)
    return Params(trainable + other, trainable, other)


def macs(graph: Graph) -> int:
    """Multiply-adds of one sample: convolutions and dense layers (and products of attention) count, as torchvision's
    published figures do."""
    return sum(row.macs for row in rows(graph))


def meaning(graph: Graph, number: int = 0) -> str:
    """What comes out, of several values that of this number: probabilities, logits or features."""
    flow = origins(graph.root)
    nodes = {node.path: node for node in graph.nodes()}
    path = flow.outputs[number]
    while path in nodes and _passing(nodes[path]):
        path = flow.inputs[path][0]
    last = nodes[path].op.name if path in nodes else ""
    return {"softmax": "probabilities", "dense": "logits"}.get(last, "features")


def _passing(node: Node) -> bool:
    """Whether what a node gives is of the kind of what it takes."""
    return node.op.role == "norm" or node.op.name in ("identity", "dropout")
