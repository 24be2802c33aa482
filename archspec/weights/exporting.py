"""Canonical weights in other people's files: the match with a file of theirs, run backwards."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from archspec.files import replacing
from archspec.graph.graph import Graph
from archspec.weights.check import WeightsError, fit
from archspec.weights.files import canonical_file, safetensors_file
from archspec.weights.files.hdf5_file import INNER
from archspec.weights.files.tensor_file import HDF5, Shelf, keeper, keeping, opened
from archspec.weights.matching.layers import framework
from archspec.weights.matching.match import Match, Names, foreign, match
from archspec.weights.stored import Stored, said, whole


def like(
    path: Path,
    template: Path,
    graph: Graph,
    weights: Mapping[str, Any],
    layout: str,
    names: Names | None = None,
    key: str = "",
) -> Match:
    """Write weights as `template` has its own: names, layouts, types, and what is no weight as it stands there.

    Raises WeightsError, SpecError, MissingFramework, OSError.
    """
    fit(graph.nodes(), weights)
    with opened(template, key) as shelf:
        found = match(graph, shelf, layout, names)
        tensors = _renamed(found, shelf, weights)
        if path.suffix.lower() == ".onnx" or path.suffix.lower() in HDF5:
            if template.suffix.lower() != path.suffix.lower():
                raise WeightsError(
                    [f"{template}: its ending is another"],
                    f"{path} is written over a copy of its like",
                )
            rewrite = _onnx if path.suffix.lower() == ".onnx" else _hdf5
            with replacing(path) as temporary:
                shutil.copyfile(template, temporary)
                rewrite(temporary, template, tensors)
        else:
            save(path, tensors, shelf.metadata, versions=shelf.versions)
    return found


def native(
    path: Path, graph: Graph, weights: Mapping[str, Any], layout: str, dtype: str | None
) -> None:
    """Write weights as the built model, or the one of the generated source, has them.

    Raises WeightsError, MissingFramework, OSError.
    """
    if framework(layout) != layout:
        raise WeightsError(
            [f"{layout}'s names are those of a file: --like FILE", OWN],
            f"{path} cannot be written",
        )
    tensors = path.suffix.lower() == ".safetensors"  # which need no framework
    keeping(layout, framework=not tensors).export(path, graph, weights, dtype)


def converted(source: Path, target: Path, dtype: str | None, key: str = "") -> int:
    """Write the tensors of a file into another, by the same names; their number. Raises as `save`."""
    with opened(source, key) as shelf:
        facts = dict(shelf.metadata)
        if facts.get("format") == "archspec":
            facts = canonical_file.sealed(facts, shelf.tensors, dtype)
        save(target, shelf.tensors, facts, dtype, shelf.versions)
        return len(shelf.tensors)


def save(
    path: Path,
    tensors: Mapping[str, Any],
    metadata: Mapping[str, str],
    dtype: str | None = None,
    versions: Mapping[str, int] | None = None,
) -> None:
    """Write tensors by their names, as the ending of `path` says; raises WeightsError, MissingFramework, OSError."""
    if path.suffix.lower() == ".safetensors":
        safetensors_file.write(path, tensors, metadata, dtype)
    elif path.suffix.lower() in HDF5 or path.suffix.lower() == ".onnx":
        raise WeightsError(
            ["such a file holds more than tensors: `weights export` writes it"],
            f"{path} cannot be written",
        )
    else:
        keeper(path).write(path, tensors, dtype, versions)


def _renamed(found: Match, shelf: Shelf, weights: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of a shelf in its order, those that are weights with new values, made when they are asked for."""
    pairs = {pair.leaf.name: pair for pair in found.pairs}

    @lru_cache(maxsize=1)  # a large one is asked for part by part
    def made(name: str) -> Any:
        kind, pair = said(shelf.tensors[name]), pairs[name]
        array = foreign(pair, whole(weights[pair.wanted.name]))
        return safetensors_file.converted(name, array, "float32" if kind == "bfloat16" else kind)

    def turned(name: str) -> Stored:
        old = shelf.tensors[name]
        return Stored(tuple(old.shape), old.dtype, lambda index: made(name)[index], said(old))

    return {name: turned(name) if name in pairs else old for name, old in shelf.tensors.items()}


def _hdf5(path: Path, template: Path, tensors: Mapping[str, Any]) -> None:
    """Put tensors into a copy of a Keras file."""
    import h5py

    with _inside(path, template) as inner, h5py.File(inner, "r+") as file:
        for name, value in tensors.items():
            dataset = file[name]
            opaque = dataset.dtype.kind == "V"  # how Keras keeps bfloat16
            array = safetensors_file.converted(
                name, whole(value), "bfloat16" if opaque else dataset.dtype.name
            )
            dataset[()] = array.view(dataset.dtype) if opaque else array


OWN = "layouts `torch` and `keras` are the built model's own"


@contextmanager
def _inside(path: Path, template: Path) -> Iterator[Path]:
    """The HDF5 file itself; of a `.keras` archive its inner file, which is put back afterwards."""
    if not zipfile.is_zipfile(template):
        yield path
        return
    inner = path.with_name(f"{path.name}.h5")
    try:
        with zipfile.ZipFile(template) as archive:
            with archive.open(INNER) as source, inner.open("wb") as file:
                shutil.copyfileobj(source, file)
            yield inner
            with zipfile.ZipFile(path, "w") as made:
                for entry in archive.infolist():
                    if entry.filename == INNER:
                        made.write(inner, INNER)
                    else:
                        made.writestr(entry, archive.read(entry))
    finally:
        inner.unlink(missing_ok=True)


def _onnx(path: Path, template: Path, tensors: Mapping[str, Any]) -> None:
    """Put tensors into a copy of an ONNX file."""
    from archspec.weights.files.onnx_file import rewritten

    path.write_bytes(rewritten(template, tensors))
