"""The tensors of a file or a live model by name: nothing is executed, no value is read before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from archspec.lowering.backend import MissingFramework
from archspec.records import dataclass
from archspec.weights.wiring import Wiring

Order = Literal["use", "definition", "none"]


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A tensor of a layer: its role there and its name; `transposed` if it is the transpose of what the role says."""

    role: str
    name: str
    shape: tuple[int, ...]
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """The tensors of one layer, as its file names them; `label` is what the layer is called beside its name."""

    name: str
    entries: tuple[TensorEntry, ...]
    label: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.label})" if self.label else self.name


@dataclass(frozen=True, slots=True)
class TensorFile:
    """The tensors of a file or a model by name; `source` is what messages call it.

    `order` says what their sequence means: the order in which the model uses them, in which it defines its layers, or
    nothing. `layers` are filled in where the file itself says which tensors belong together, `labels` where it has a
    second name for the layer of a tensor, `wiring` where a live model tells what feeds what. `versions` are those of
    the modules' own formats, by path, where the file keeps them.
    """

    source: str
    tensors: Mapping[str, Any]
    order: Order = "none"
    metadata: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    wiring: Wiring = ()
    versions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A kind of file: its endings, and how its tensors are read and written. Raise WeightsError, MissingFramework.

    `opened(path, key)` reads; `key` names one of several sets of tensors in a file. `write(path, tensors, metadata,
    dtype, versions)` makes a file, whole or not at all, floats as `dtype` or as they are. A file that holds more than
    tensors has no `write`: `rewrite(path, template, tensors)` makes a copy of another with these values in it.
    """

    endings: tuple[str, ...]
    opened: Callable[[Path, str], AbstractContextManager[TensorFile]]
    write: (
        Callable[[Path, Mapping[str, Any], Mapping[str, str], str | None, Mapping[str, int]], None]
        | None
    ) = None
    rewrite: Callable[[Path, Path, Mapping[str, Any]], None] | None = None


class MissingPackage(MissingFramework):
    """A package that reads a kind of file, or publishes a model, and is not installed."""

    def __init__(self, what: str, package: str, install: str) -> None:
        Exception.__init__(
            self, f"{what} needs {package}, not installed here: pip install {install}"
        )


def grouped(
    tensors: Mapping[str, Any], split: Callable[[str], tuple[str, str] | None]
) -> dict[str, Sequence[TensorEntry]]:
    """Tensors by layer, in their order; `split` gives the layer and the role of a name, None for what is no weight."""
    layers: dict[str, list[TensorEntry]] = {}
    for name, value in tensors.items():
        place = split(name)
        if place:
            layer, role = place
            layers.setdefault(layer, []).append(TensorEntry(role, name, tuple(value.shape)))
    return dict(layers)
