"""Foreign weights, from files and from live models, as canonical ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from archspec.graph.graph import Graph
from archspec.weights.check import WeightsError
from archspec.weights.checkpoints import format_of, layout_of, opened
from archspec.weights.files.tensor_file import TensorFile
from archspec.weights.matching.match import Match, arrays, match
from archspec.weights.matching.name_map import NameMap


def weights(
    graph: Graph,
    source: Any,
    layout: str | None = None,
    names: NameMap | None = None,
    key: str = "",
) -> tuple[dict[str, Any], Match]:
    """The canonical weights of a network from a path, a state dict or a live model, and how they were matched.

    Raises WeightsError, SpecError, MissingFramework, OSError.
    """
    chosen = layout or layout_of(source)
    with _opened(source, chosen, key) as file:
        if file.metadata.get("format") == "archspec":
            raise WeightsError(["it is canonical already"], f"{file.source} needs no import")
        matched = match(graph, file, chosen, names)
        return arrays(matched, file), matched


@contextmanager
def _opened(source: Any, layout: str, key: str) -> Iterator[TensorFile]:
    """The tensors of a path, a state dict or a live model."""
    checkpoints = format_of(layout)
    if isinstance(source, str | Path):
        with opened(Path(source), key) as file:
            yield file
    elif isinstance(source, Mapping) and all(isinstance(a, np.ndarray) for a in source.values()):
        yield TensorFile("the arrays", source, "definition")
    else:
        yield checkpoints.of_model(source, key)
