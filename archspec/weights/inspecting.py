"""What is in a file of weights, and whether it is a network's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from archspec.graph.graph import Graph
from archspec.graph.hashing import digest
from archspec.records import dataclass
from archspec.weights.check import WeightsError, fit
from archspec.weights.checkpoints import opened
from archspec.weights.compare import Figures, figures
from archspec.weights.files.canonical_file import damage


@dataclass(frozen=True, slots=True)
class Inspection:
    """The figures of every tensor, the metadata, and against a network: what does not fit, and whether its digest is
    that of the file (None where one of the two is not there)."""

    file: str
    tensors: tuple[Figures, ...]
    metadata: Mapping[str, str]
    wrong: tuple[str, ...]
    same: bool | None


def inspect(path: Path, graph: Graph | None, key: str = "") -> Inspection:
    """Read a file tensor by tensor; raises WeightsError where it is no file of weights, MissingFramework, OSError."""
    with opened(path, key) as file:
        tensors = tuple(figures(name, value) for name, value in file.tensors.items())
        wrong = damage(file.metadata, file.tensors)
        if graph is not None:
            try:
                fit(graph.nodes(), file.tensors)
            except WeightsError as error:
                wrong += error.lines
        own = file.metadata.get("digest")
        same = own == digest(graph) if own and graph is not None else None
        return Inspection(str(path), tensors, file.metadata, tuple(wrong), same)
