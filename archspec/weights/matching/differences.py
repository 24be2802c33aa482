"""Why foreign tensors do not fit a network: which are missing, left over or of another shape, and whose row that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial

from archspec.records import dataclass
from archspec.weights.files.tensor_file import Layer
from archspec.weights.matching.layers import NativeWeight, WeightedRow

Signature = tuple[tuple[str, tuple[int, ...]], ...]
MOST = 2_000
Find = Callable[
    [Sequence[Signature], Sequence[Signature], Callable[[Signature], Hashable]],
    tuple[int, ...] | None,
]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows and layers with their signatures; `roles` are the weights of each row by role."""

    rows: Sequence[WeightedRow]
    layers: Sequence[Layer]
    wanted: Sequence[Signature]
    signatures: Sequence[Signature]
    roles: Sequence[Mapping[str, NativeWeight]]


def exact(signature: Signature) -> Signature:
    """A signature as it is."""
    return signature


def coarse(signature: Signature) -> tuple[tuple[str, int], ...]:
    """A signature without sizes: the same layers, narrower or with other kernels."""
    return tuple((role, len(shape)) for role, shape in signature)


def lines(compared: Comparison, find: Find) -> list[str]:
    """A line for each tensor at fault. `find` gives the order in which layers are, seen in a way, what is wanted."""
    order = find(compared.signatures, compared.wanted, coarse)
    order = order or find(_repaired(compared), compared.wanted, exact)
    if order is None:
        return [*_folded(compared), *_missing(compared), *_surplus(compared)]
    return [
        line
        for row, roles, wanted, place in zip(
            compared.rows, compared.roles, compared.wanted, order, strict=True
        )
        if compared.signatures[place] != wanted
        for line in details(row, compared.layers[place], roles)
    ]


def details(row: WeightedRow, layer: Layer, roles: Mapping[str, NativeWeight]) -> list[str]:
    """What sets a layer apart from the row that it is for."""
    entries = {entry.role: entry for entry in layer.entries}
    lines = [f"{entries[role].name}: {row} has no {role}" for role in entries if role not in roles]
    for role, weight in roles.items():
        if role not in entries:
            lines.append(f"{_called(layer, role)}: missing, {weight.shape} expected by {row}")
        elif entries[role].shape != weight.shape:
            entry = entries[role]
            lines.append(f"{entry.name}: {entry.shape}, {weight.shape} expected by {row}")
    return lines


def _called(layer: Layer, role: str) -> str:
    """What a tensor would be called that a layer lacks."""
    sample = layer.entries[0]
    if sample.name.endswith(sample.role):
        return sample.name[: len(sample.name) - len(sample.role)] + role
    return f"{layer}: {role}"


def _repaired(compared: Comparison) -> list[Signature]:
    """The signatures of the layers, those that no row wants replaced by the likest that a row lacks."""
    repaired = list(compared.signatures)
    lacking = list((Counter(compared.wanted) - Counter(compared.signatures)).elements())
    wanted = set(compared.wanted)
    strange = [k for k, signature in enumerate(compared.signatures) if signature not in wanted]
    if len(strange) > MOST or len(lacking) > MOST:
        return repaired
    for place in strange:
        own = repaired[place]
        likest = max(lacking, key=partial(_likeness, own), default=None)
        if likest is not None and _likeness(own, likest):
            lacking.remove(likest)
            repaired[place] = likest
    return repaired


def _likeness(one: Signature, other: Signature) -> int:
    """How much two signatures have in common: roles, then ranks, then sizes."""
    mine, yours = dict(one), dict(other)
    shared = mine.keys() & yours.keys()
    points = 0
    for role in shared:
        a, b = mine[role], yours[role]
        equal = sum(x == y for x, y in zip(a, b, strict=False))
        points += 100 + (20 + equal if len(a) == len(b) else 0) + (10 if a == b else 0)
    return points - 10 * len(mine.keys() ^ yours.keys()) if shared else 0


def _missing(compared: Comparison) -> list[str]:
    have = Counter(compared.signatures)
    lines = []
    for signature, count in (Counter(compared.wanted) - have).items():
        pairs = zip(compared.rows, compared.wanted, strict=True)
        rows = [row for row, wanted in pairs if wanted == signature]
        every = len(rows) == count
        first = f" ({have[signature]} for {len(rows)} rows, this is the first)"
        weights = ", ".join(f"{role} {shape}" for role, shape in signature)
        lines += [
            f"{row}: no layer with {weights}{'' if every else first}"
            for row in rows[: count if every else 1]
        ]
    return lines


def _surplus(compared: Comparison) -> list[str]:
    wanted = Counter(compared.wanted)
    lines = []
    for signature, count in (Counter(compared.signatures) - wanted).items():
        pairs = zip(compared.layers, compared.signatures, strict=True)
        layers = [layer for layer, own in pairs if own == signature]
        if len(layers) == count:
            lines += [
                f"{entry.name}: {entry.shape}, no row has it"
                for layer in layers
                for entry in layer.entries
            ]
        else:
            some = ", ".join(map(str, layers[:4])) + (" ..." if len(layers) > 4 else "")
            lines.append(f"{len(layers)} layers for {wanted[signature]} rows: {some}")
    return lines


def _folded(compared: Comparison) -> list[str]:
    """A hint where a whole network has lost its norms."""
    norms = [row for row in compared.rows if row.node.op.role == "norm"]
    vectors = [signature for signature in compared.signatures if len(signature) >= 3]
    if not norms or vectors:
        return []
    return ["there is no batch norm in it: export the model without folding them into convolutions"]
