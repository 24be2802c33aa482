"""Canonical weights in safetensors: names and one layout, the network's digest in the metadata.

A checksum in the metadata covers the header, so that a damaged name, shape or digest is seen. The digest itself may
differ: the same weights serve a network at another resolution or with another top.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archspec.graph.graph import Graph
from archspec.graph.hashing import digest
from archspec.weights.check import WeightsError, fit
from archspec.weights.draw import weights_of
from archspec.weights.files import safetensors_file
from archspec.weights.lazy_tensor import LazyTensor, to_array

LAYOUT = "1"
KEYS = {"format", "layout", "spec", "digest", "checksum"}
PLAIN = {"np", "pt", "tf", "flax", "mlx"}  # what other writers call their format


def write(path: Path, graph: Graph, arrays: Mapping[str, Any], dtype: str | None = None) -> None:
    """Write every weight of a network, whole or not at all; raises WeightsError, OSError."""
    fit(graph.nodes(), arrays)
    ordered = {name: arrays[name] for name, _ in weights_of(graph)}
    facts = {"format": "archspec", "layout": LAYOUT, "spec": graph.name, "digest": digest(graph)}
    safetensors_file.write(path, ordered, sealed(facts, ordered, dtype), dtype)


def sealed(
    facts: Mapping[str, str], tensors: Mapping[str, Any], dtype: str | None = None
) -> dict[str, str]:
    """Metadata with its checksum."""
    return {**facts, "checksum": _checksum(facts, tensors, dtype)}


def _checksum(
    facts: Mapping[str, str], tensors: Mapping[str, Any], dtype: str | None = None
) -> str:
    """SHA-256 over the facts, and the name, type and shape of every tensor."""
    rows = [
        [n, safetensors_file.dtype_of(v, dtype), list(v.shape)] for n, v in sorted(tensors.items())
    ]
    kept = sorted((key, value) for key, value in facts.items() if key != "checksum")
    return hashlib.sha256(json.dumps([kept, rows]).encode()).hexdigest()


def stored(path: Path) -> dict[str, LazyTensor]:
    """The tensors of a canonical file, none of them read yet; raises WeightsError, OSError."""
    return _opened(path)[0]


def _opened(path: Path) -> tuple[dict[str, LazyTensor], dict[str, str]]:
    tensors, metadata = safetensors_file.read(path)
    lines = damage(metadata, tensors)
    if lines:
        raise WeightsError(lines, f"{path} is not a whole file of canonical weights")
    return tensors, metadata


def damage(metadata: Mapping[str, str], tensors: Mapping[str, Any]) -> list[str]:
    """What is wrong with the metadata of a canonical file; a file of another writer has none that we know."""
    if not metadata or (metadata.get("format") in PLAIN and "digest" not in metadata):
        return []
    if metadata.get("format") != "archspec":
        return [f"format {metadata.get('format')}: archspec expected"]
    if metadata.get("layout") != LAYOUT:
        return [
            f"layout {metadata.get('layout')}: {LAYOUT} expected, which is all this version knows"
        ]
    if set(metadata) != KEYS or metadata["checksum"] != _checksum(metadata, tensors):
        return ["the header is damaged: its checksum is another"]
    return []


def fitting(path: Path, graph: Graph) -> dict[str, LazyTensor]:
    """Every weight of a network in a file, checked and not read; raises WeightsError for each that does not fit."""
    tensors, metadata = _opened(path)
    names = [name for name, _ in weights_of(graph)]
    spec = metadata.get("spec", graph.name)
    title = f"{path} does not fit {graph.name}{f': it holds weights of {spec}' if spec != graph.name else ''}"
    if names and tensors.keys().isdisjoint(names):
        none = f"none of its {len(tensors)} tensors has the name of a weight"
        raise WeightsError([none, "foreign ones are taken by `archspec weights import`"], title)
    fit(graph.nodes(), tensors, title)
    return {name: tensors[name] for name in names}


def read(path: Path, graph: Graph) -> dict[str, Any]:
    """Every weight of a network from a file; raises WeightsError naming each tensor that does not fit."""
    return {name: to_array(value) for name, value in fitting(path, graph).items()}
