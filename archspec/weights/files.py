"""Canonical weights in safetensors: names and one layout, the network's digest in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from archspec.files import write_bytes
from archspec.graph.graph import Graph
from archspec.graph.hashing import digest
from archspec.weights.check import WeightsError, fit
from archspec.weights.draw import weights_of

LAYOUT = "1"


def write(path: Path, graph: Graph, arrays: Mapping[str, Any]) -> None:
    """Write every weight of a network, whole or not at all."""
    fit(dict(weights_of(graph)), arrays)
    metadata = {"format": "archspec", "layout": LAYOUT, "spec": graph.name, "digest": digest(graph)}
    write_bytes(path, save({name: arrays[name] for name, _ in weights_of(graph)}, metadata))


def read(path: Path, graph: Graph) -> dict[str, Any]:
    """Every weight of a network from a file; raises WeightsError naming each tensor that does not fit."""
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise WeightsError([f"{path}: {error}"]) from None
    expected = dict(weights_of(graph))
    fit(expected, arrays)
    return {name: arrays[name] for name in expected}
