"""Why foreign tensors do not fit a network: which are missing, left over or of another shape, and whose row that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

from archspec.records import dataclass
from archspec.weights.files.tensor_file import Layer
from archspec.weights.matching.layers import Row, Wanted

Kind = tuple[tuple[str, tuple[int, ...]], ...]
MOST = 2_000
Find = Callable[
    [Sequence[Kind], Sequence[Kind], Callable[[Kind], Hashable]], tuple[int, ...] | None
]


@dataclass(frozen=True, slots=True)
class Sides:
    """Rows and layers with their kinds: roles and shapes."""

    own: Sequence[Row]
    theirs: Sequence[Layer]
    wanted: Sequence[Kind]
    kinds: Sequence[Kind]
    roles: Sequence[Mapping[str, Wanted]]


def exact(kind: Kind) -> Kind:
    """A kind as it is."""
    return kind


def coarse(kind: Kind) -> tuple[tuple[str, int], ...]:
    """A kind without sizes: the same layers, narrower or with other kernels."""
    return tuple((role, len(shape)) for role, shape in kind)


def lines(sides: Sides, find: Find) -> list[str]:
    """A line for each tensor at fault. `find` gives the order in which layers are, seen in a way, what is wanted."""
    order = find(sides.kinds, sides.wanted, coarse) or find(_repaired(sides), sides.wanted, exact)
    if order is None:
        return [*_folded(sides), *_missing(sides), *_surplus(sides)]
    return [
        line
        for row, roles, kind, number in zip(
            sides.own, sides.roles, sides.wanted, order, strict=True
        )
        if sides.kinds[number] != kind
        for line in details(row, sides.theirs[number], roles)
    ]


def details(row: Row, layer: Layer, roles: Mapping[str, Wanted]) -> list[str]:
    """What sets a layer apart from the row that it is for."""
    leaves = {leaf.role: leaf for leaf in layer.leaves}
    found = [f"{leaves[role].name}: {row} has no {role}" for role in leaves if role not in roles]
    for role, wanted in roles.items():
        if role not in leaves:
            found.append(f"{_called(layer, role)}: missing, {wanted.shape} expected by {row}")
        elif leaves[role].shape != wanted.shape:
            leaf = leaves[role]
            found.append(f"{leaf.name}: {leaf.shape}, {wanted.shape} expected by {row}")
    return found


def _called(layer: Layer, role: str) -> str:
    """What a tensor would be called that a layer lacks."""
    sample = layer.leaves[0]
    if sample.name.endswith(sample.role):
        return sample.name[: len(sample.name) - len(sample.role)] + role
    return f"{layer}: {role}"


def _repaired(sides: Sides) -> list[Kind]:
    """The kinds of the layers, those that no row wants replaced by the likest that a row lacks."""
    found = list(sides.kinds)
    lacking = list((Counter(sides.wanted) - Counter(sides.kinds)).elements())
    known = set(sides.wanted)
    strange = [k for k, kind in enumerate(sides.kinds) if kind not in known]
    if len(strange) > MOST or len(lacking) > MOST:
        return found
    for number in strange:
        likest = max(lacking, key=lambda kind: _likeness(found[number], kind), default=None)
        if likest is not None and _likeness(found[number], likest):
            lacking.remove(likest)
            found[number] = likest
    return found


def _likeness(one: Kind, other: Kind) -> int:
    """How much two kinds have in common: roles, then ranks, then sizes."""
    mine, yours = dict(one), dict(other)
    shared = mine.keys() & yours.keys()
    points = 0
    for role in shared:
        a, b = mine[role], yours[role]
        equal = sum(x == y for x, y in zip(a, b, strict=False))
        points += 100 + (20 + equal if len(a) == len(b) else 0) + (10 if a == b else 0)
    return points - 10 * len(mine.keys() ^ yours.keys()) if shared else 0


def _missing(sides: Sides) -> list[str]:
    have = Counter(sides.kinds)
    found = []
    for kind, count in (Counter(sides.wanted) - have).items():
        rows = [row for row, wanted in zip(sides.own, sides.wanted, strict=True) if wanted == kind]
        some = (
            "" if len(rows) == count else f" ({have[kind]} for {len(rows)} rows, this is the first)"
        )
        told = ", ".join(f"{role} {shape}" for role, shape in kind)
        found += [f"{row}: no layer with {told}{some}" for row in rows[: count if not some else 1]]
    return found


def _surplus(sides: Sides) -> list[str]:
    wanted = Counter(sides.wanted)
    found = []
    for kind, count in (Counter(sides.kinds) - wanted).items():
        layers = [
            layer for layer, own in zip(sides.theirs, sides.kinds, strict=True) if own == kind
        ]
        if len(layers) == count:
            found += [
                f"{leaf.name}: {leaf.shape}, no row has it"
                for layer in layers
                for leaf in layer.leaves
            ]
        else:
            told = f"{len(layers)} layers for {wanted[kind]} rows: "
            found.append(
                told + ", ".join(map(str, layers[:4])) + (" ..." if len(layers) > 4 else "")
            )
    return found


def _folded(sides: Sides) -> list[str]:
    """A hint where a whole network has lost its norms."""
    norms = [row for row in sides.own if row.node.op.role == "norm"]
    vectors = [kind for kind in sides.kinds if len(kind) >= 3]
    if not norms or vectors:
        return []
    return ["there is no batch norm in it: export the model without folding them into convolutions"]
