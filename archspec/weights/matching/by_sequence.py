"""Which layer is which row in a file whose order is the order of definition, up to kernels that moved."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.weights.matching.align import Order
from archspec.weights.matching.differences import Signature


def order(wanted: Sequence[Signature], signatures: Sequence[Signature]) -> Order | None:
    """The layers in the order of the rows, where kernels with what follows them come in another sequence: the first of
    a signature is the first of that signature. None if what follows them differs."""
    own, theirs = _groups(wanted), _groups(signatures)
    queues: dict[tuple[Signature, ...], list[list[int]]] = {}
    for places in theirs:
        queues.setdefault(tuple(signatures[k] for k in places), []).append(places)
    order = [-1] * len(wanted)
    for places in own:
        queue = queues.get(tuple(wanted[k] for k in places))
        if not queue:
            return None
        for row, layer in zip(places, queue.pop(0), strict=True):
            order[row] = layer
    return tuple(order)


def _groups(signatures: Sequence[Signature]) -> list[list[int]]:
    """The places of every kernel with the norms that follow it; a vector of factors is by itself: modules list their
    own parameters before those of their layers."""
    groups: list[list[int]] = []
    current: list[int] | None = None
    for k, signature in enumerate(signatures):
        kernel = any(len(shape) > 1 for _, shape in signature)
        if current is None or kernel:
            current = [k]
            groups.append(current)
        elif len(signature) == 1:
            groups.append([k])
        else:
            current.append(k)
    return groups
