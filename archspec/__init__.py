"""archspec: neural networks as data, compiled to Keras, to PyTorch, and to source that a person would have written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec import rows
    from archspec.api import Network, load
    from archspec.exceptions import ArchspecError
    from archspec.lowering.backend import MissingFramework, NoSource, UnknownBackend
    from archspec.plugins import BrokenPlugin, PluginWarning
    from archspec.shelf import NoSuchSpec
    from archspec.source import SpecError
    from archspec.workflows.listing import zoo

__version__ = "0.1.0"
__all__ = [
    "ArchspecError",
    "BrokenPlugin",
    "MissingFramework",
    "Network",
    "NoSource",
    "NoSuchSpec",
    "PluginWarning",
    "SpecError",
    "UnknownBackend",
    "load",
    "rows",
    "zoo",
]
_HOMES = {
    "Network": "api",
    "load": "api",
    "ArchspecError": "exceptions",
    "BrokenPlugin": "plugins",
    "MissingFramework": "lowering.backend",
    "NoSource": "lowering.backend",
    "PluginWarning": "plugins",
    "UnknownBackend": "lowering.backend",
    "SpecError": "source",
    "NoSuchSpec": "shelf",
    "zoo": "workflows.listing",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first asked for, so that `import archspec` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'archspec' has no attribute {name!r}")
    from importlib import import_module

    if name == "rows":
        return import_module("archspec.rows")
    return vars(import_module(f"archspec.{_HOMES[name]}"))[name]


def __dir__() -> list[str]:
    """The public names, for `dir(archspec)` and for completion."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
