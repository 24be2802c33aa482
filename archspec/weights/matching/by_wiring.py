"""Which layer is which row by what feeds what: two networks compared by their wiring, where a live model tells its own.

Layers are told apart by all that feeds them and all that they feed, as far as it has weights.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from archspec.graph.graph import Graph, origins
from archspec.weights.matching.layers import WeightedRow
from archspec.weights.wiring import JOIN, Wiring, WiringBuilder


def network_wiring(graph: Graph, rows: Sequence[WeightedRow]) -> Wiring:
    """What feeds what in a network, its layers by the paths of their rows."""
    paths: dict[str, list[str]] = {}
    for row in rows:
        paths.setdefault(row.node.path, []).append(row.path)
    flow = origins(graph.root)
    builder = WiringBuilder([port.name for port in graph.inputs])
    for node in graph.nodes():
        inputs, ordered = flow.inputs[node.path], node.op.name == "concat"
        builder.add(node.path, inputs, paths.get(node.owner, ()), ordered=ordered)
    return builder.wiring()


def pairing(
    rows: Wiring, layers: Wiring, wanted: Mapping[str, Hashable], present: Mapping[str, Hashable]
) -> dict[str, str] | None:
    """The layer of each row, both by name, if the wiring leaves no choice.

    None where it does, where a layer is called twice, and where the networks are wired otherwise. `wanted` and
    `present` are what is known of each row and layer alone.
    """
    if any(_repeats(wiring) for wiring in (rows, layers)):
        return None
    of_rows, of_layers = _digests(rows, wanted), _digests(layers, present)
    named = {digest: layer for layer, digest in of_layers.items()}
    if len(named) < len(of_layers) or sorted(of_rows.values()) != sorted(named):
        return None
    return {row: named[digest] for row, digest in of_rows.items()}


def _repeats(wiring: Wiring) -> bool:
    layers = [node.layer for node in wiring if node.layer != JOIN]
    return len(set(layers)) < len(layers)


def _digests(wiring: Wiring, signatures: Mapping[str, Hashable]) -> dict[str, int]:
    """Of each layer a number that it shares with those that nothing in the wiring tells from it."""
    above: list[int] = []
    for node in wiring:
        inputs = [above[place] if place >= 0 else 0 for place in node.inputs]
        signature = signatures[node.layer] if node.layer != JOIN else node.ordered
        above.append(hash((signature, *(inputs if node.ordered else sorted(inputs)))))
    below: list[list[int]] = [[] for _ in wiring]
    digests: dict[str, int] = {}
    for place in reversed(range(len(wiring))):
        node, digest = wiring[place], hash((above[place], *sorted(below[place])))
        if node.layer != JOIN:
            digests[node.layer] = digest
        elif not below[place]:  # a part of another join, and nothing else
            continue
        for position, source in enumerate(node.inputs):
            if source >= 0:
                below[source].append(hash((digest, position if node.ordered else 0)))
    return digests
