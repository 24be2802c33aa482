"""Foreign weights, from files and from live models, as canonical ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from archspec.graph.graph import Graph
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import HDF5, Shelf, keeping, opened
from archspec.weights.matching.layers import LAYOUTS, framework
from archspec.weights.matching.match import Match, Names, arrays, match

ENDINGS: Mapping[str, str] = {
    ".pt": "torch",
    ".pth": "torch",
    ".onnx": "onnx",
    **dict.fromkeys(HDF5, "keras"),
}


def weights(
    graph: Graph, source: Any, layout: str | None = None, names: Names | None = None, key: str = ""
) -> tuple[dict[str, Any], Match]:
    """The canonical weights of a network from a path, a state dict or a live model, and how they were matched.

    Raises WeightsError, SpecError, MissingFramework, OSError.
    """
    chosen = layout or layout_of(source)
    framework(chosen)
    with shelved(source, chosen, key) as shelf:
        if shelf.metadata.get("format") == "archspec":
            raise WeightsError(["it is canonical already"], f"{shelf.where} needs no import")
        found = match(graph, shelf, chosen, names)
        return arrays(found, shelf), found


@contextmanager
def shelved(source: Any, layout: str, key: str = "") -> Iterator[Shelf]:
    """The tensors of a path, a state dict or a live model."""
    if isinstance(source, str | Path):
        with opened(Path(source), key) as shelf:
            yield shelf
    elif isinstance(source, Mapping) and all(isinstance(a, np.ndarray) for a in source.values()):
        yield Shelf("the arrays", source, "definition")
    else:
        yield keeping(framework(layout)).shelf(source, key)


def layout_of(source: Any) -> str:
    """The layout that an ending or a model's class gives away; raises WeightsError where it does not."""
    if isinstance(source, str | Path):
        found = ENDINGS.get(Path(source).suffix.lower())
    else:
        roots = {kind.__module__.partition(".")[0] for kind in type(source).__mro__}
        found = "keras" if "keras" in roots else "torch"
    if not found:
        known = ", ".join(LAYOUTS)
        raise WeightsError(
            [f"name it with --layout: {known}"], f"{source} does not say whose layout it has"
        )
    return found
