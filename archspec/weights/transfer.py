"""What still fits after an edit: weights carried by label, the rest drawn anew, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from archspec.graph.graph import Graph, Node
from archspec.graph.ops.base import Weight
from archspec.records import dataclass
from archspec.weights.check import declared
from archspec.weights.draw import one
from archspec.weights.files import canonical_file, safetensors_file
from archspec.weights.lazy_tensor import LazyTensor, type_name

Status = Literal["carried", "new row", "new weight", "shape changed", "type changed", "dropped"]


@dataclass(frozen=True, slots=True)
class WeightTransfer:
    """What becomes of one weight; the shapes are None where a network does not have it."""

    name: str
    status: Status
    old: tuple[int, ...] | None
    new: tuple[int, ...] | None
    note: str = ""


def transfers(old: Graph, new: Graph) -> list[WeightTransfer]:
    """Every weight of the new network in order, then those of the old one that it does not have."""
    before, after = dict(declared(old.nodes())), dict(declared(new.nodes()))
    rows = {node.path for node, _ in before.values()}
    listed = [_transfer(name, before.get(name), after[name], rows) for name in after]
    gone = {name: weight for name, (_, weight) in before.items() if name not in after}
    return [*listed, *(WeightTransfer(n, "dropped", w.shape, None) for n, w in gone.items())]


def _transfer(
    name: str, before: tuple[Node, Weight] | None, after: tuple[Node, Weight], rows: set[str]
) -> WeightTransfer:
    node, weight = after
    if before is None:
        status: Status = "new weight" if node.path in rows else "new row"
        return WeightTransfer(name, status, None, weight.shape)
    if before[0].op.name != node.op.name:
        change = f"{before[0].op.name} -> {node.op.name}"
        return WeightTransfer(name, "type changed", before[1].shape, weight.shape, change)
    status = "carried" if before[1].shape == weight.shape else "shape changed"
    return WeightTransfer(name, status, before[1].shape, weight.shape)


def transfer(old: Graph, new: Graph, source: Path, path: Path, seed: int) -> list[WeightTransfer]:
    """Write the weights of the new network: carried from the old one's file, or drawn by its initialisers.

    Raises WeightsError, OSError.
    """
    tensors = canonical_file.fitting(source, old)
    listed = transfers(old, new)
    carried = {t.name: tensors[t.name] for t in listed if t.status == "carried"}
    weights = _TransferredWeights(new, carried, seed, _drawn_type(tensors.values()))
    canonical_file.write(path, new, weights)
    return listed


def _drawn_type(values: Iterable[LazyTensor]) -> str:
    """The type of what is drawn: that of the tensors beside it."""
    types = [type_name(value) for value in values if type_name(value) in safetensors_file.FLOATS]
    return types[0] if types else "float32"


class _TransferredWeights(Mapping[str, Any]):
    """Carried tensors as they are in their file, others drawn when they are asked for."""

    def __init__(
        self, graph: Graph, carried: Mapping[str, LazyTensor], seed: int, dtype: str
    ) -> None:
        self.declared, self.carried, self.seed = dict(declared(graph.nodes())), carried, seed
        self.dtype = "float32" if dtype == "bfloat16" else dtype

    def __getitem__(self, name: str) -> Any:
        if name in self.carried:
            return self.carried[name]
        _, weight = self.declared[name]
        return one(name, weight, self.seed, self.dtype)

    def __contains__(self, name: object) -> bool:
        return name in self.declared

    def __iter__(self) -> Iterator[str]:
        return iter(self.declared)

    def __len__(self) -> int:
        return len(self.declared)
