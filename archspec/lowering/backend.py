"""What a backend is, and where they are found: the entry-point group `archspec.backends`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from typing import Any, Protocol

from archspec.graph.graph import Graph
from archspec.lowering.plan import Plan, Target

GROUP = "archspec.backends"
Heard = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Gradients:
    """Of the sum of outputs times cotangent: by canonical name and layout for weights, in the spec's layout for the
    input."""

    outputs: Any
    weights: Mapping[str, Any]
    inputs: Any


class Backend(Protocol):
    """One framework. `lower`, `targets` and `syntax` work without it; the others import it when called."""

    name: str
    extra: str
    requires: tuple[str, ...]
    targets: Mapping[str, Target]
    unbiased: (
        bool  # a batch norm's running variance is that of a sample: n / (n - 1) of the batch's own
    )

    def lower(self, graph: Graph) -> Plan:
        """The plan: calls as data."""
        ...

    def syntax(self) -> Any:
        """How the printer writes this framework: an `archspec.printing.source.Syntax`."""
        ...

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str) -> Any:
        """A native model with these weights, in inference mode."""
        ...

    def load(self, model: Any, plan: Plan, weights: Mapping[str, Any]) -> None:
        """Put canonical weights into a model, built or made from generated source; all or nothing."""
        ...

    def load_native(self, model: Any, arrays: Mapping[str, Any]) -> None:
        """Put arrays into a model by the framework's own names, in its own layouts."""
        ...

    def dump(self, model: Any, plan: Plan) -> dict[str, Any]:
        """The canonical weights of a model, built or made from generated source."""
        ...

    def run(self, model: Any, inputs: Any, *, training: bool = False) -> Any:
        """NumPy in, NumPy out, in the spec's layout (batch first, channels last)."""
        ...

    def trace(self, model: Any, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node of a model by its path, in the spec's layout."""
        ...

    def watch(
        self,
        model: Any,
        plan: Plan,
        inputs: Any,
        heard: Heard,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell each node's path and output, in the spec's layout, as soon as it is there.

        With `given`, a value for each node, every node reads the given values of the nodes before it in place of the
        model's own, through the model's own wiring. An array is valid until `heard` returns.
        """
        ...

    def inventory(self, model: Any) -> dict[str, tuple[tuple[int, ...], bool]]:
        """Every tensor that a model holds, by the framework's own name: its shape, and whether it is trained."""
        ...

    def gradients(self, model: Any, plan: Plan, inputs: Any, cotangent: Any) -> Gradients:
        """One pass forward and back in training mode; running statistics move, weights stay."""
        ...

    def save(self, model: Any, path: Any, inputs: Any) -> None:
        """Write the framework's own artefact, with a dynamic batch; the ending of `path` says which."""
        ...

    def restore(self, path: Any) -> Any:
        """The model of an artefact that `save` wrote."""
        ...

    def import_source(self, path: Any, name: str, dtype: str, size: tuple[int, ...]) -> Any:
        """A model made by a generated file, for inputs of this size. The file runs."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A backend that some package declares, loaded or not."""

    name: str
    package: str
    version: str
    entry: Any

    def load(self) -> Backend:
        """The backend itself; whatever its package raises passes through."""
        return self.entry.load()


class UnknownBackend(Exception):
    """No backend of that name; `known` are the others."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no backend `{name}`; known: {', '.join(known) or 'none'}")
        self.name, self.known = name, known


class MissingFramework(Exception):
    """A backend whose framework is not installed; the message names the extra that brings it."""

    def __init__(self, backend: str, extra: str, missing: tuple[str, ...]) -> None:
        names = " and ".join(missing)
        super().__init__(
            f"the {backend} backend needs {names}, not installed here: "
            f'pip install "archspec-nn[{extra}]"'
        )


@cache
def found() -> Mapping[str, Found]:
    """Every declared backend by name, none of them imported yet."""
    entries: dict[str, Found] = {}
    for entry in metadata.entry_points(group=GROUP):
        dist = entry.dist
        package, version = (dist.name, dist.version) if dist else (entry.module, "")
        entries[entry.name] = Found(entry.name, package, version, entry)
    return dict(sorted(entries.items()))


def backend(name: str) -> Backend:
    """The backend of a name, its framework not imported; raises UnknownBackend."""
    if name not in found():
        raise UnknownBackend(name, tuple(found()))
    return found()[name].load()


def missing(backend: Backend) -> tuple[str, ...]:
    """The distributions' modules that a backend needs and this environment lacks."""
    return tuple(name for name in backend.requires if util.find_spec(name) is None)


def ready(name: str) -> Backend:
    """The backend of a name with its framework there; raises UnknownBackend, MissingFramework."""
    chosen = backend(name)
    lacking = missing(chosen)
    if lacking:
        raise MissingFramework(name, chosen.extra, lacking)
    return chosen
