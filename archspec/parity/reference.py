"""The reference: every node's value as the spec means it, computed once and read by every process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Self

import numpy as np

from archspec.graph.graph import Graph, Node, Origins, origins
from archspec.graph.ops.arrays import Array, Case
from archspec.graph.ops.norm import moments
from archspec.lowering.backend import several
from archspec.records import dataclass

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}  # relative to the largest value
HALF = 1e-2  # the same for two runs in half precision, which has three digits
FrameworkValues = Callable[[tuple[str, ...]], Mapping[str, Array]]


@dataclass(frozen=True, slots=True)
class ArrayFolder(Mapping[str, Array]):
    """Arrays by name in a folder: written once, mapped into memory wherever they are read."""

    folder: Path
    numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, arrays: Iterable[tuple[str, Any]]) -> Self:
        """A new folder with some arrays."""
        folder.mkdir()
        written = cls(folder)
        for name, array in arrays:
            written.put(name, array)
        return written

    def put(self, name: str, array: Any) -> None:
        """Write an array."""
        self.numbers[name] = len(self.numbers)
        np.save(self._path(name), np.asarray(array))

    def _path(self, name: str) -> Path:
        return self.folder / f"{self.numbers[name]}.npy"

    def __getitem__(self, name: str) -> Array:
        return np.load(self._path(name), mmap_mode="r").view(np.ndarray)

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True, slots=True)
class Moments:
    """What a batch norm sees of a batch: mean and biased variance of each channel, and how many cells each has."""

    mean: Array
    variance: Array
    cells: int


@dataclass(frozen=True, slots=True)
class Reference:
    """Values by path (those of the inputs by their names). `asked` are nodes whose operation computes nothing in NumPy:
    theirs are a framework's. `stopped` is the path at which the reference ends, and why."""

    values: ArrayFolder
    asked: tuple[str, ...]
    moments: Mapping[str, Moments]
    stopped: tuple[str, str] | None = None


def reference(
    graph: Graph,
    weights: Mapping[str, Any],
    inputs: Any,
    values: ArrayFolder,
    own: FrameworkValues,
    *,
    training: bool = False,
) -> Reference:
    """Every node in order, written to `values`. `own` gives a framework's values of nodes without a NumPy one."""
    flow = origins(graph.root)
    seen: dict[str, Moments] = {}
    asked = tuple(node.path for node in graph.nodes() if not node.op.computes)
    borrowed = own(asked) if asked else {}
    for port, array in zip(graph.inputs, several(inputs), strict=True):
        values.put(port.name, np.asarray(array, np.float64))
    for node in graph.nodes():
        case = case_of(node, flow, values, weights, training=training)
        try:
            op = node.op
            value = np.asarray(op.compute(case), np.float64) if op.computes else borrowed[node.path]
        except Exception as error:  # a plug-in's operation may raise anything
            return Reference(values, asked, seen, (node.path, f"{type(error).__name__}: {error}"))
        if training and node.op.name == "batch_norm":
            seen[node.path] = Moments(*moments(case.x), case.x[..., 0].size)
        values.put(node.path, value)
    return Reference(values, asked, seen)


def case_of(
    node: Node,
    flow: Origins,
    values: Mapping[str, Array],
    weights: Mapping[str, Any],
    *,
    training: bool = False,
) -> Case:
    """A node on the reference's values."""
    roles = [weight.role for weight in node.weights]
    return Case(
        tuple(values[source] for source in flow.inputs[node.path]),
        {role: np.asarray(weights[f"{node.owner}.{role}"], np.float64) for role in roles},
        {name: quantity.value for name, quantity in node.attrs.items()},
        training,
    )


def difference(value: Any, expected: Any, least: float = 1e-300) -> float:
    """The largest difference relative to the largest expected value, or to `least` if that is larger; infinite for
    another shape, or where one is not a number."""
    if value.shape != expected.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        worst = float(np.abs(value - expected).max(initial=0.0))
        scale = float(np.abs(expected).max(initial=0.0))
    return worst / max(scale, least) if np.isfinite(worst) else float("inf")


def halved(value: Any, expected: Any) -> float:
    """`difference` in half precision, where sums of a network's random weights may be infinite: in both alike."""
    if value.shape != expected.shape:
        return float("inf")
    value, expected = value.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(value) & np.isfinite(expected)
    if not np.array_equal(value[~finite], expected[~finite], equal_nan=True):
        return float("inf")
    return difference(value[finite], expected[finite])
