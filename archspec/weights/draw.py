"""First values of weights: one random stream for each canonical name, so that another row changes no other weight."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from archspec.graph.graph import Graph, Node
from archspec.graph.ops.base import Initial, Weight, spread
from archspec.weights.check import declared
from archspec.weights.moments import moments

Arrays = dict[str, NDArray[np.floating]]


def weights_of(graph: Graph) -> Iterator[tuple[str, Weight]]:
    """(canonical name, declaration) of every weight, in order of use."""
    for name, (_, weight) in declared(graph.nodes()):
        yield name, weight


def stream(name: str, seed: int) -> np.random.Generator:
    """The random stream of one weight."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def initial(graph: Graph, seed: int, dtype: str = "float32") -> Arrays:
    """Weights drawn by the initialisers that the spec states."""
    return {name: one(name, weight, seed, dtype) for name, weight in weights_of(graph)}


def one(name: str, weight: Weight, seed: int, dtype: str = "float32") -> NDArray[np.floating]:
    """One weight, drawn by its initialiser."""
    return _initial(weight, stream(name, seed)).astype(dtype)


def _initial(weight: Weight, random: np.random.Generator) -> NDArray[np.floating]:
    init, shape = weight.init, weight.shape
    match init.kind:
        case "zeros":
            return np.zeros(shape)
        case "ones":
            return np.ones(shape)
        case "constant":
            return np.full(shape, _number(init, "value", 0.0))
        case "normal":
            return random.standard_normal(shape) * _number(init, "std", 0.05)
        case "truncated_normal":
            return _truncated(random, shape) * _number(init, "std", 0.05)
        case "uniform":
            limit = _number(init, "limit", 0.05)
            return random.uniform(-limit, limit, shape)
    distribution, deviation = spread(weight)
    if distribution == "uniform":
        limit = math.sqrt(3) * deviation
        return random.uniform(-limit, limit, shape)
    return random.standard_normal(shape) * deviation


def _number(init: Initial, name: str, default: float) -> float:
    return float(init.option(name, default))  # type: ignore[arg-type]


def _truncated(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.floating]:
    """Normal draws, those beyond two deviations drawn again."""
    values = random.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = random.standard_normal(int(outside.sum()))
    return values


def randomised(graph: Graph, seed: int, dtype: str = "float64") -> Arrays:
    """Weights that hide nothing: every role random, kernels scaled to keep variance.

    Fresh initial values make wrong networks agree: zero biases, unit variances and logits near zero hide a transposed
    kernel, a wrong epsilon, a missing ReLU6. What grows with depth does not compare either: sums of residuals double
    with each block, a sigmoid of them is all or nothing, and a rounding error decides which.
    """
    entering = moments(graph)
    return {
        name: _random(node, weight, entering[node.path], stream(name, seed)).astype(dtype)
        for name, (node, weight) in declared(graph.nodes())
    }


def _random(
    node: Node, weight: Weight, moment: float, random: np.random.Generator
) -> NDArray[np.floating]:
    """One weight of a node that is given values of a mean square."""
    shape, first = weight.shape, node.own_weights[0]
    match weight.role:
        case "gamma":
            return random.uniform(0.5, 2.0, shape)
        case "variance":
            return random.uniform(0.5, 1.5, shape) * moment
        case "beta":
            return random.standard_normal(shape) * 0.5
        case "mean":
            return random.standard_normal(shape) * 0.2 * math.sqrt(moment)
        case "bias":
            return random.standard_normal(shape) * 0.2
    reads = weight.reads * (moment if weight.role == first.role else 1.0)
    return random.standard_normal(shape) / math.sqrt(reads)
