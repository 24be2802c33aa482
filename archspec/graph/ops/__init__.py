"""The operations, by their word: one file for each family, found by their classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from archspec.graph.ops.base import Operation

_SHARED = ("base", "window")


def declared(module: str) -> Iterator[type[Operation]]:
    """The operations that a module declares itself: every public subclass with a `name`."""
    for value in vars(import_module(module)).values():
        own = isinstance(value, type) and issubclass(value, Operation)
        if own and value.__module__ == module and "name" in vars(value):
            yield value


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation by its word. A new file in this folder is found by itself."""
    found: dict[str, Operation] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        if module.name.rpartition(".")[2] in _SHARED:
            continue
        for kind in declared(module.name):
            found[kind.name] = kind()
    return found
