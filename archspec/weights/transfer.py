"""What still fits after an edit: weights carried by label, the rest drawn anew, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from archspec.graph.graph import Graph, Node
from archspec.graph.ops.base import Weight
from archspec.records import dataclass
from archspec.weights.check import declared
from archspec.weights.draw import one
from archspec.weights.files import canonical_file, safetensors_file
from archspec.weights.stored import said

Status = Literal["carried", "new row", "new weight", "shape changed", "type changed", "dropped"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one weight; the shapes are None where a network does not have it."""

    name: str
    status: Status
    old: tuple[int, ...] | None
    new: tuple[int, ...] | None
    note: str = ""


def fates(old: Graph, new: Graph) -> list[Fate]:
    """Every weight of the new network in order, then those of the old one that it does not have."""
    before, after = dict(declared(old.nodes())), dict(declared(new.nodes()))
    rows = {node.path for node, _ in before.values()}
    found = [_fate(name, before.get(name), after[name], rows) for name in after]
    gone = (Fate(n, "dropped", w.shape, None) for n, (_, w) in before.items() if n not in after)
    return [*found, *gone]


def _fate(
    name: str, before: tuple[Node, Weight] | None, after: tuple[Node, Weight], rows: set[str]
) -> Fate:
    node, weight = after
    if before is None:
        return Fate(name, "new weight" if node.path in rows else "new row", None, weight.shape)
    if before[0].op.name != node.op.name:
        change = f"{before[0].op.name} -> {node.op.name}"
        return Fate(name, "type changed", before[1].shape, weight.shape, change)
    status: Status = "carried" if before[1].shape == weight.shape else "shape changed"
    return Fate(name, status, before[1].shape, weight.shape)


def transfer(old: Graph, new: Graph, source: Path, path: Path, seed: int) -> list[Fate]:
    """Write the weights of the new network: carried from the old one's file, or drawn by its initialisers.

    Raises WeightsError, OSError.
    """
    given = canonical_file.fitting(source, old)
    found = fates(old, new)
    kind = _kind(given.values())
    canonical_file.write(path, new, _Mixed(new, given, found, seed, kind))
    return found


def _kind(values: Any) -> str:
    """The type of what is drawn: that of the tensors beside it."""
    kinds = [said(value) for value in values if said(value) in safetensors_file.FLOATS]
    return kinds[0] if kinds else "float32"


class _Mixed(Mapping[str, Any]):
    """Carried tensors as they are in their file, others drawn when they are asked for."""

    def __init__(
        self, graph: Graph, given: Mapping[str, Any], found: list[Fate], seed: int, kind: str
    ) -> None:
        self.declared, self.given, self.seed, self.kind = (
            dict(declared(graph.nodes())),
            given,
            seed,
            kind,
        )
        self.carried = {fate.name for fate in found if fate.status == "carried"}

    def __getitem__(self, name: str) -> Any:
        if name in self.carried:
            return self.given[name]
        _, weight = self.declared[name]
        kind = "float32" if self.kind == "bfloat16" else self.kind
        return one(name, weight, self.seed, kind)

    def __contains__(self, name: object) -> bool:
        return name in self.declared

    def __iter__(self) -> Iterator[str]:
        return iter(self.declared)

    def __len__(self) -> int:
        return len(self.declared)
