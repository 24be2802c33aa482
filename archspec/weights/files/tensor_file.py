"""Tensors of other people's files and models: nothing is executed, nothing is read before it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from archspec.graph.graph import Graph
from archspec.lowering import backend as backends
from archspec.plugins import BrokenPlugin
from archspec.records import dataclass
from archspec.weights.check import WeightsError
from archspec.weights.files import safetensors_file
from archspec.weights.matching.wiring import Wiring

Order = Literal["use", "definition", "none"]
HDF5 = (".h5", ".hdf5", ".keras")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tensor of a layer: its role there and its name; `turned` if it is the transpose of what the role says."""

    role: str
    name: str
    shape: tuple[int, ...]
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """The tensors of one layer of a foreign model, in its own names."""

    name: str
    leaves: tuple[Leaf, ...]
    label: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.label})" if self.label else self.name


@dataclass(frozen=True, slots=True)
class Shelf:
    """The tensors of a file or a model by name.

    `order` says what their sequence means: the order in which the model uses them, in which it defines its layers, or
    nothing. `layers` are given where the file itself says what belongs together; `labels` are what a layer is called
    beside its name; `wiring` is there where a live model tells what feeds what. `versions` are those of the modules'
    own formats, which PyTorch keeps beside the tensors.
    """

    where: str
    tensors: Mapping[str, Any]
    order: Order = "none"
    metadata: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    wiring: Wiring = ()
    versions: Mapping[str, int] = field(default_factory=dict)


class MissingPackage(backends.MissingFramework):
    """A package that reads a kind of file, or publishes a model, and is not installed."""

    def __init__(self, what: str, package: str, install: str) -> None:
        Exception.__init__(
            self, f"{what} needs {package}, not installed here: pip install {install}"
        )


class Keeper(Protocol):
    """What a backend brings besides, where weights are exchanged in its framework's files and models."""

    endings: tuple[str, ...]
    """Endings of files that only the framework reads and writes."""

    def shelf(self, source: Any, key: str = "") -> Shelf:
        """The tensors of a model, a state dict, or a file with one of the endings."""
        ...

    def write(
        self,
        path: Path,
        tensors: Mapping[str, Any],
        dtype: str | None = None,
        versions: Mapping[str, int] | None = None,
    ) -> None:
        """Write tensors by name into such a file, with the versions that a shelf of it had."""
        ...

    def export(
        self, path: Path, graph: Graph, weights: Mapping[str, Any], dtype: str | None = None
    ) -> None:
        """Write canonical weights as the model that is built, or printed, loads them."""
        ...

    def published(self, reference: str, options: Mapping[str, Any], source: Any) -> Any:
        """A model that others publish, in float64, with the weights of a shelf or a file."""
        ...


def keeping(name: str, *, framework: bool = True) -> Keeper:
    """The backend of a name, its framework there if it is needed; raises UnknownBackend, MissingFramework."""
    return cast(Keeper, backends.ready(name) if framework else backends.backend(name))


@contextmanager
def opened(path: Path, key: str = "") -> Iterator[Shelf]:
    """The tensors of a file, by its ending; `key` names one of several state dicts in it.

    Raises WeightsError, MissingFramework, OSError.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    ending = path.suffix.lower()
    if ending == ".safetensors":
        tensors, metadata = safetensors_file.read(path)
        yield Shelf(str(path), tensors, metadata=metadata)
    elif ending in HDF5:
        from archspec.weights.files import hdf5_file

        with hdf5_file.opened(path) as shelf:
            yield shelf
    elif ending == ".onnx":
        from archspec.weights.files import onnx_file

        yield onnx_file.read(path)
    else:
        yield keeper(path).shelf(path, key)


def keeper(path: Path) -> Keeper:
    """The backend whose framework reads and writes files of this ending; raises WeightsError, MissingFramework."""
    known: dict[str, str] = {}
    for name in backends.found():
        with suppress(BrokenPlugin):
            known |= dict.fromkeys(getattr(backends.backend(name), "endings", ()), name)
    if path.suffix.lower() not in known:
        endings = ", ".join((".safetensors", *known, *HDF5, ".onnx"))
        raise WeightsError([f"its ending is none of {endings}"], f"{path} is no file of weights")
    return keeping(known[path.suffix.lower()])
