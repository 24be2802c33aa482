"""What a backend says of its framework's checkpoints, and the table of all layouts and endings of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from archspec.graph.graph import Graph
from archspec.lowering import backend as backends
from archspec.plugins import BrokenPlugin
from archspec.source import did_you_mean
from archspec.weights.check import WeightsError
from archspec.weights.files import onnx_file, safetensors_file
from archspec.weights.files.tensor_file import FileFormat, TensorEntry, TensorFile


class CheckpointFormat(Protocol):
    """How a framework names its weights and lays them out, and how its files and models are read and written.

    A backend has one as its `checkpoints`, if people exchange weights in its framework's files and models. Only what
    needs the framework imports it, and raises MissingFramework where it is not installed.
    """

    layouts: tuple[str, ...]
    """Layouts with its names: first the built model's own, which is the backend's name, then those of libraries."""
    exchanged: tuple[str, ...]
    """Layouts of files of no framework that have its shapes and roles."""
    files: FileFormat
    """The framework's own kind of file."""
    packages: tuple[str, ...]
    """Top-level packages of the classes of its live models."""
    mappings: bool
    """Whether a model's weights are handed on as a plain mapping of tensors."""

    def layers(self, tensors: Mapping[str, Any]) -> Mapping[str, Sequence[TensorEntry]]:
        """The tensors by layer; what is no weight - counters, seeds, an optimiser's state - is left out."""
        ...

    def comparable(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """One shape for all that the framework has for the same cells in the same order, of a kernel or a vector."""
        ...

    def of_model(self, source: Any, key: str = "") -> TensorFile:
        """The tensors of a live model, or of a mapping of tensors; raises WeightsError."""
        ...

    def export(
        self, path: Path, graph: Graph, weights: Mapping[str, Any], dtype: str | None = None
    ) -> None:
        """Write canonical weights as the model that is built, or printed, loads them; raises WeightsError, OSError."""
        ...

    def published(
        self,
        reference: str,
        options: Mapping[str, Any],
        source: Path,
        key: str,
        input_shape: tuple[int, ...],
        classes: int,
    ) -> Any:
        """A model that others publish, in float64, with the weights of a file; raises WeightsError.

        `reference` names its builder, which is looked up in the library's own list, `options` are its arguments.
        """
        ...


def formats() -> dict[str, CheckpointFormat]:
    """The formats by the name of their backend, those of most layouts first; no framework is imported."""
    listed: dict[str, CheckpointFormat] = {}
    for name in backends.registered():
        with suppress(BrokenPlugin):
            checkpoints = getattr(backends.backend(name), "checkpoints", None)
            if checkpoints is not None:
                listed[name] = checkpoints
    return dict(sorted(listed.items(), key=lambda pair: -len(pair[1].layouts)))


def layouts() -> dict[str, str]:
    """The backend of every layout: those of frameworks, then those of files of no framework."""
    listed = formats()
    own = {layout: name for name, one in listed.items() for layout in one.layouts}
    return own | {layout: name for name, one in listed.items() for layout in one.exchanged}


def backend_of(layout: str) -> str:
    """The backend whose names and shapes a layout has; raises WeightsError for an unknown one."""
    listed = layouts()
    if layout not in listed:
        hint = did_you_mean(layout, listed)
        known = f"known: {', '.join(listed)}"
        raise WeightsError([f"{layout}; {hint or known}"], "there is no such layout")
    return listed[layout]


def format_of(layout: str) -> CheckpointFormat:
    """The format of a layout; raises WeightsError for an unknown one."""
    return formats()[backend_of(layout)]


def layout_of(source: Any, option: str = "layout") -> str:
    """The layout that an ending or a model's class gives away; raises WeightsError, which names `option`, where it does
    not."""
    file = isinstance(source, str | Path)
    layout = _of_ending(Path(source).suffix.lower()) if file else _of_model(source)
    if not layout:
        known = ", ".join(layouts())
        raise WeightsError(
            [f"name it with {option}: {known}"], f"{source} does not say whose layout it has"
        )
    return layout


def _of_ending(ending: str) -> str:
    if ending in onnx_file.FORMAT.endings:
        return onnx_file.LAYOUT
    listed = formats().values()
    return next((one.layouts[0] for one in listed if ending in one.files.endings), "")


def _of_model(source: Any) -> str:
    """By the nearest class that is a framework's; what is none's is taken as a mapping of tensors."""
    listed = formats().values()
    packages = {package: one.layouts[0] for one in listed for package in one.packages}
    roots = [kind.__module__.partition(".")[0] for kind in type(source).__mro__]
    plain = next((one.layouts[0] for one in listed if one.mappings), "")
    return next((packages[root] for root in roots if root in packages), plain)


def file_format(path: Path) -> FileFormat:
    """How files of this ending are read and written; raises WeightsError for an unknown ending."""
    own = [one.files for one in formats().values()]
    listed = (safetensors_file.FORMAT, *own, onnx_file.FORMAT)
    endings = {ending: one for one in listed for ending in one.endings}
    if path.suffix.lower() not in endings:
        raise WeightsError(
            [f"its ending is none of {', '.join(endings)}"], f"{path} is no file of weights"
        )
    return endings[path.suffix.lower()]


@contextmanager
def opened(path: Path, key: str = "") -> Iterator[TensorFile]:
    """The tensors of a file, by its ending; `key` names one of several state dicts in it.

    Raises WeightsError, MissingFramework, OSError.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with file_format(path).opened(path, key) as tensors:
        yield tensors
