"""Weights carried from one Keras model to another that is the same network under other names.

Layers are matched by what they are fed: from the output upwards, along the inputs of each merge. Where a merge does not
mind the order of its inputs, they are sorted by everything above them that has weights. No name is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def carry(ours: Any, theirs: Any) -> None:
    """Give the layers of `theirs` the weights of ours; a 1x1 convolution may be our dense layer, a grouped one our
    depthwise one. Raises AssertionError where layers do not correspond."""
    own, other = ordered(ours), ordered(theirs)
    assert len(own) == len(other)
    for mine, wanted in zip(own, other, strict=True):
        arrays = mine.get_weights()
        shapes = [tuple(weight.shape) for weight in wanted.weights]
        assert [int(np.prod(s)) for s in shapes] == [array.size for array in arrays], wanted.name
        wanted.set_weights([a.reshape(s) for a, s in zip(arrays, shapes, strict=True)])
        if hasattr(wanted, "finalize_state"):  # Normalization computes with what it keeps beside
            wanted.finalize_state()


def ordered(model: Any) -> list[Any]:
    """The layers with weights, each after all that feed it."""
    above, seen = _above(model), set[int]()
    found: list[Any] = []
    waiting = [(_operation(model.outputs[0]), False)]
    while waiting:
        operation, done = waiting.pop()
        if done:
            found += _weighted(operation)
        elif id(operation) not in seen:
            seen.add(id(operation))
            waiting.append((operation, True))
            waiting += [(o, False) for o in reversed(_fed_by(operation, above))]
    return found


def _above(model: Any) -> dict[int, int]:
    """Of each operation a digest of itself and all above it; equal for equal networks."""
    found: dict[int, int] = {}
    for operation in model.operations:
        fed = [found[id(o)] for o in _fed_by(operation, found)]
        sizes = tuple(
            tuple(int(np.prod(weight.shape)) for weight in layer.weights)
            for layer in _weighted(operation)
        )
        alone = len(fed) == 1 and not sizes
        found[id(operation)] = fed[0] if alone else hash((sizes, *fed))
    return found


def _fed_by(operation: Any, above: dict[int, int]) -> list[Any]:
    """The operations that feed one; in the order of their digests unless it joins them one after another."""
    fed = [_operation(value) for value in operation._inbound_nodes[0].input_tensors]
    joins = type(operation).__name__ == "Concatenate"
    return fed if joins else sorted(fed, key=lambda o: above[id(o)])


def _operation(value: Any) -> Any:
    return value._keras_history.operation


def _weighted(operation: Any) -> list[Any]:
    """The layer itself, or what a Sequential is made of, if it has weights."""
    inner = getattr(operation, "layers", None) or [operation]
    return [layer for layer in inner if getattr(layer, "weights", None)]
