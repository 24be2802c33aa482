"""A built model held against the meaning of its spec: row by row, each on the values that the model gave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archspec.graph.graph import Graph, Node, Origins, origins
from archspec.graph.ops.arrays import Array
from archspec.lowering.backend import several
from archspec.parity.reference import case_of, difference
from archspec.records import dataclass

BUDGET = 1_500_000_000  # multiply-adds, about a second


@dataclass(frozen=True, slots=True)
class Rows:
    """How many operations were compared, how many there are, the largest relative difference, and the first operation
    that differs by more than the tolerance."""

    compared: int
    all: int
    worst: float
    wrong: Node | None = None


def compare(
    graph: Graph,
    weights: Mapping[str, Any],
    inputs: Any,
    traced: Mapping[str, Any],
    outputs: Any,
    tolerance: float,
    budget: int = BUDGET,
) -> Rows:
    """Compare what a model gave for each operation with what the spec means on the same inputs.

    `traced` has the first sample of `inputs` and `outputs` by path, in the layout of the spec. An operation that the
    framework does not show has the value that it means, so that the next one differs. Left out are the most expensive
    operations beyond the budget, and those without a meaning in NumPy or where it fails.
    """
    flow = origins(graph.root)
    names = [port.name for port in graph.inputs]
    values = {name: array[:1] for name, array in zip(names, several(inputs), strict=True)}
    values |= {path: np.asarray(array, np.float64) for path, array in traced.items()}
    nodes = list(graph.nodes())
    chosen = _chosen(nodes, budget)
    differences: dict[str, float] = {}
    for node in nodes:
        meant = _meant(node, flow, values, weights) if node.path in chosen else None
        if meant is None:
            continue
        shown = values.setdefault(node.path, meant)
        differences[node.path] = difference(shown, meant)
    for path, array in zip(flow.outputs, several(outputs), strict=True):
        if path in values:
            worst = difference(np.asarray(array[:1], np.float64), values[path])
            differences[path] = max(differences.get(path, 0.0), worst)
    wrong = next((node for node in nodes if differences.get(node.path, 0.0) > tolerance), None)
    compared = sum(node.path in differences for node in nodes)
    return Rows(compared, len(nodes), max(differences.values(), default=0.0), wrong)


def _chosen(nodes: Sequence[Node], budget: int) -> set[str]:
    """The paths of the cheapest operations within a budget."""
    chosen: set[str] = set()
    for node in sorted(nodes, key=_cost):
        budget -= _cost(node)
        if budget < 0:
            break
        chosen.add(node.path)
    return chosen


def _meant(
    node: Node, flow: Origins, values: Mapping[str, Any], weights: Mapping[str, Any]
) -> Array | None:
    """What an operation means on the values that the model gave it; None where that is not known."""
    if not node.op.computes or any(source not in values for source in flow.inputs[node.path]):
        return None
    try:
        return np.asarray(node.op.compute(case_of(node, flow, values, weights)), np.float64)
    except Exception:  # a plug-in's operation may raise anything
        return None


def _cost(node: Node) -> int:
    """Multiply-adds of an operation, or the cells that it gives."""
    cells = int(np.prod(node.output.shape))
    return max(node.op.macs(node.attrs, node.input_types, node.output), cells)
