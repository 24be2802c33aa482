"""What a backend is, and where they are found: the entry-point group `archspec.backends`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import util
from typing import Any, Protocol

from archspec.exceptions import ArchspecError
from archspec.graph.graph import Graph
from archspec.lowering.plan import Plan
from archspec.plugins import BrokenPlugin, Plugin, usable
from archspec.records import dataclass
from archspec.source import did_you_mean

# what every backend has; the rest of the protocol is asked of those that print source or save artefacts
NEEDED = (
    *("name", "extra", "requires", "saves"),
    *("lower", "syntax", "build", "load", "dump", "run", "trace"),
)
TYPES = ("float16", "bfloat16", "float32", "float64")
Observer = Callable[[str, Any], None]  # told the path of a node, and its output


def several(values: Any) -> tuple[Any, ...]:
    """The arrays of a batch: it alone, or those of a network that takes or gives several."""
    return values if isinstance(values, tuple) else (values,)


def alone(values: Sequence[Any]) -> Any:
    """The inverse of `several`: one array by itself, several as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


@dataclass(frozen=True, slots=True)
class Gradients:
    """Of the sum of outputs times cotangents: by canonical name and layout for weights, in the spec's layout for the
    inputs. Several inputs or outputs are a tuple."""

    outputs: Any
    weights: Mapping[str, Any]
    inputs: Any


class Backend(Protocol):
    """One framework. `lower` and `syntax` work without it; the others import it when called.

    `requires` are the modules that it needs, `extra` the extra of its package that brings them, `saves` the endings of
    the artefacts that `save` writes. A backend that prints no source raises NoSource in `syntax`. One may have
    `policies`, words for `dtype` under which a built model and a generated file are compared as well, and `state`, a
    sentence for `archspec doctor`.
    """

    name: str
    saves: tuple[str, ...]
    unbiased: (
        bool  # a batch norm's running variance is that of a sample: n / (n - 1) of the batch's own
    )

    @property
    def extra(self) -> str: ...

    @property
    def requires(self) -> tuple[str, ...]: ...

    def lower(self, graph: Graph) -> Plan:
        """The plan: calls as data; raises SpecError that names everything it cannot express, with its place."""
        ...

    def syntax(self, plan: Plan) -> Any:
        """How the printer writes a plan: an `archspec.printing.source.Syntax`; raises NoSource."""
        ...

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str = ...) -> Any:
        """A native model with these weights, in inference mode; raises UnknownType."""
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
        """NumPy in, NumPy out, in the spec's layout (batch first, channels last).

        Several inputs or outputs are a tuple, in the order of the spec.
        """
        ...

    def trace(self, model: Any, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node of a model by its path, in the spec's layout."""
        ...

    def watch(
        self,
        model: Any,
        plan: Plan,
        inputs: Any,
        observe: Observer,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell `observe` the path and the output of each node, in the spec's layout, as soon as it is there.

        With `values`, one for each node, every node reads the values of the nodes before it in place of the model's, by
        the model's wiring. An array is valid until `observe` returns.
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


class UnknownBackend(ArchspecError):
    """No backend of that name; `known` are the others."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        near = did_you_mean(name, known) or f"known: {', '.join(known) or 'none'}"
        super().__init__(f"there is no backend `{name}`; {near}")
        self.name, self.known = name, known


class MissingFramework(ArchspecError):
    """What a backend or a file needs and is not installed; the message says what brings it."""

    def __init__(self, what: str, missing: tuple[str, ...], remedy: str) -> None:
        super().__init__(f"the {what} needs {' and '.join(missing)}, not installed here: {remedy}")


class UnknownType(ArchspecError):
    """A type of numbers that no model of a framework has."""

    def __init__(self, framework: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no model of {framework} has dtype {name!r}: write {', '.join(known)}")


class NoSource(ArchspecError):
    """A backend that builds models and prints no source."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"the {backend} backend prints no source")


def registered() -> Mapping[str, Plugin]:
    """Every usable backend by name, none of them imported yet."""
    return dict(sorted(usable("backend").items()))


def backend(name: str) -> Backend:
    """The backend of a name, its framework not imported; raises UnknownBackend, BrokenPlugin."""
    if name not in registered():
        raise UnknownBackend(name, tuple(registered()))
    return load(registered()[name])


@cache
def load(plugin: Plugin) -> Backend:
    """The backend that an entry point names; raises BrokenPlugin where it is not one."""
    loaded: Backend = plugin.load()
    lacking = [member for member in NEEDED if not hasattr(loaded, member)]
    if lacking:
        raise BrokenPlugin(plugin, f"is no backend: it has no {', '.join(lacking)}")
    if loaded.name != plugin.name:
        raise BrokenPlugin(plugin, f"calls itself {loaded.name!r}")
    return loaded


def missing(chosen: Backend) -> tuple[str, ...]:
    """The distributions' modules that a backend needs and this environment lacks."""
    return tuple(name for name in chosen.requires if not _there(name))


def _there(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def ready(name: str) -> Backend:
    """The backend of a name with its framework there; raises UnknownBackend, BrokenPlugin, MissingFramework."""
    chosen = backend(name)
    lacking = missing(chosen)
    if lacking:
        raise MissingFramework(f"{name} backend", lacking, remedy_of(registered()[name], chosen))
    return chosen


def remedy(extra: str) -> str:
    """How a person gets an extra of archspec's own package."""
    return f'pip install "archspec-nn[{extra}]"'


def remedy_of(plugin: Plugin, chosen: Backend) -> str:
    """How a person gets what a backend lacks."""
    if not chosen.extra:
        return f"see the pages of {plugin.package}"
    return f'pip install "{plugin.package}[{chosen.extra}]"'
