"""Canonical weights in other people's files: the match with a file of theirs, run backwards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from archspec.files import replacing
from archspec.graph.graph import Graph
from archspec.weights.check import WeightsError, fit
from archspec.weights.checkpoints import file_format, format_of, formats, opened
from archspec.weights.files import canonical_file, safetensors_file
from archspec.weights.files.tensor_file import TensorFile
from archspec.weights.lazy_tensor import LazyTensor, to_array, type_name
from archspec.weights.matching.match import Match, foreign, match
from archspec.weights.matching.name_map import NameMap


def like(
    path: Path,
    template: Path,
    graph: Graph,
    weights: Mapping[str, Any],
    layout: str,
    names: NameMap | None = None,
    key: str = "",
) -> Match:
    """Write weights as `template` has its own: names, layouts, types, and what is no weight as it stands there.

    Raises WeightsError, SpecError, MissingFramework, OSError.
    """
    fit(graph.nodes(), weights)
    with opened(template, key) as file:
        matched = match(graph, file, layout, names)
        tensors = _replaced(matched, file, weights)
        rewrite = file_format(path).rewrite
        if rewrite is None:
            save(path, tensors, file.metadata, versions=file.versions)
        elif template.suffix.lower() != path.suffix.lower():
            raise WeightsError(
                [f"{template}: its ending is another"],
                f"{path} is written over a copy of its like",
            )
        else:
            with replacing(path) as temporary:
                rewrite(temporary, template, tensors)
    return matched


def native(
    path: Path, graph: Graph, weights: Mapping[str, Any], layout: str, dtype: str | None
) -> None:
    """Write weights as the built model, or the one of the generated source, has them.

    Raises WeightsError, MissingFramework, OSError.
    """
    checkpoints = format_of(layout)
    if layout != checkpoints.layouts[0]:
        own = " and ".join(f"`{one.layouts[0]}`" for one in formats().values())
        raise WeightsError(
            [
                f"{layout}'s names are those of a file: --like FILE",
                f"layouts {own} are the built model's own",
            ],
            f"{path} cannot be written",
        )
    checkpoints.export(path, graph, weights, dtype)


def converted(source: Path, target: Path, dtype: str | None, key: str = "") -> int:
    """Write the tensors of a file into another, by the same names; their number. Raises as `save`."""
    with opened(source, key) as file:
        metadata = dict(file.metadata)
        if metadata.get("format") == "archspec":
            metadata = canonical_file.sealed(metadata, file.tensors, dtype)
        save(target, file.tensors, metadata, dtype, file.versions)
        return len(file.tensors)


def save(
    path: Path,
    tensors: Mapping[str, Any],
    metadata: Mapping[str, str],
    dtype: str | None = None,
    versions: Mapping[str, int] | None = None,
) -> None:
    """Write tensors by their names, as the ending of `path` says; raises WeightsError, MissingFramework, OSError."""
    write = file_format(path).write
    if write is None:
        raise WeightsError(
            ["such a file holds more than tensors: `weights export` writes it"],
            f"{path} cannot be written",
        )
    write(path, tensors, metadata, dtype, versions or {})


def _replaced(matched: Match, file: TensorFile, weights: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of a file in its order, those that are weights with new values, computed when asked for."""
    pairs = {pair.entry.name: pair for pair in matched.pairs}

    @lru_cache(maxsize=1)  # a large one is asked for part by part
    def values(name: str) -> Any:
        dtype, pair = type_name(file.tensors[name]), pairs[name]
        array = foreign(pair, to_array(weights[pair.weight.name]))
        return safetensors_file.converted(name, array, "float32" if dtype == "bfloat16" else dtype)

    def lazy(name: str) -> LazyTensor:
        old = file.tensors[name]
        return LazyTensor(
            tuple(old.shape), old.dtype, lambda index: values(name)[index], type_name(old)
        )

    return {name: lazy(name) if name in pairs else old for name, old in file.tensors.items()}
