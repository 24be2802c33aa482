"""The operations, by their word: one file for each family, found by their classes; and those that plug-ins add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from archspec.graph.ops.base import Attribute, Operation
from archspec.plugins import BrokenPlugin, Plugin, usable, warn

_SHARED = ("arrays", "base", "window")


def declared(module: str) -> Iterator[type[Operation]]:
    """The operations that a module declares itself: every public subclass with a `name`."""
    for value in vars(import_module(module)).values():
        own = isinstance(value, type) and issubclass(value, Operation)
        if own and value.__module__ == module and "name" in vars(value):
            yield value


@cache
def operations() -> Mapping[str, Operation]:
    """Every built-in operation by its word. A new file in this folder needs no registration."""
    by_word: dict[str, Operation] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        if module.name.rpartition(".")[2] in _SHARED:
            continue
        for kind in declared(module.name):
            by_word[kind.name] = kind()
    return by_word


def operation(word: str) -> Operation | None:
    """The operation of a word; plug-ins are searched only if no built-in operation has the word."""
    return operations().get(word) or (_plugged(word) if word in added() else None)


def added() -> Mapping[str, Plugin]:
    """The plug-ins that declare operations, by their word, none of them loaded."""
    return usable("operation", frozenset(operations()))


def known() -> Mapping[str, Operation]:
    """Every operation, the built-in ones first; plug-ins are loaded, and left out where they are broken."""
    plugged = {word: _plugged(word) for word in added()}
    return {**operations(), **{word: op for word, op in plugged.items() if op is not None}}


@cache
def _plugged(word: str) -> Operation | None:
    """A plug-in's operation; None, with a warning, where it is broken."""
    try:
        return load(added()[word])
    except BrokenPlugin as error:
        warn(f"{error.subject} is left out: it {error.problem}")
        return None


def load(plugin: Plugin) -> Operation:
    """The operation that an entry point names, a subclass or an instance of Operation; raises BrokenPlugin."""
    loaded: Operation = plugin.load()
    wrong = _wrong(loaded, plugin.name)
    if wrong:
        raise BrokenPlugin(plugin, wrong)
    return loaded


def _wrong(loaded: object, word: str) -> str | None:
    """Why an object is not the operation of a word, or None if it is."""
    if not isinstance(loaded, Operation):
        return f"is no Operation, but {loaded!r}"[:100]
    if getattr(loaded, "name", None) != word:
        return f"calls itself {getattr(loaded, 'name', None)!r}"
    declared = loaded.attributes.values() if isinstance(loaded.attributes, Mapping) else (None,)
    if not all(isinstance(attribute, Attribute) for attribute in declared):
        return "has attributes that are no Attribute"
    if not isinstance(loaded.rows, Mapping):
        return "has rows that are no mapping from backends"
    return None
