"""How large values are in a network of random weights: what these are scaled by, so that nothing grows with depth."""

from __future__ import annotations

from archspec.graph.graph import Graph, Node, origins

# mean squares of what is drawn: uniform from 0.5 to 2; normal, half as large
GAMMA, BETA = 1.75, 0.25


def moments(graph: Graph) -> dict[str, float]:
    """The mean square of what enters each node, by path, where that of the network's input is 1.

    An estimate: cells are taken as independent, and as centred where weights gave them, so that a rectifier lets half
    of them through. A picture's range, which no weight has touched, stays 1.
    """
    flow = origins(graph.root)
    raw, weighted = {port.name for port in graph.inputs}, set[str]()
    leaving = dict.fromkeys(raw, 1.0)
    entering: dict[str, float] = {}
    for node in graph.nodes():
        sources = flow.inputs[node.path]
        inputs = tuple(leaving[source] for source in sources)
        entering[node.path] = sum(inputs) / len(inputs)
        halved = node.op.role == "activation" and weighted.issuperset(sources)
        leaving[node.path] = _leaving(node, tuple(x / 2 for x in inputs) if halved else inputs)
        if node.weights:
            weighted.add(node.path)
        elif raw.issuperset(sources):
            raw.add(node.path)
            leaving[node.path] = 1.0
    return entering


def _leaving(node: Node, inputs: tuple[float, ...]) -> float:
    roles = {weight.role for weight in node.weights}
    if not roles:
        return node.op.moment(node.attrs, inputs)
    if roles == {"gamma"}:
        return GAMMA * inputs[0]
    if "beta" in roles:
        return (GAMMA if "gamma" in roles else 1.0) + BETA
    return 1.0
