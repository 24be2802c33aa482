"""What other packages add by entry points: found when something is asked for that archspec itself does not have.

Reading the metadata of an environment costs more than reading a spec, so it is read only when it is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from archspec.exceptions import ArchspecError
from archspec.records import dataclass

Kind = Literal["operation", "backend"]
GROUPS: Mapping[Kind, str] = {"operation": "archspec.operations", "backend": "archspec.backends"}
OURS = "archspec-nn"


class PluginWarning(UserWarning):
    """A plug-in that is left out; the message names it, its package and the cause."""


class BrokenPlugin(ArchspecError):
    """A plug-in that cannot do what is asked of it: which one, of which package, and what is wrong with it."""

    def __init__(self, subject: object, problem: str) -> None:
        self.subject, self.problem = str(subject), " ".join(problem.split())
        super().__init__(f"{self.subject} {self.problem}")


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point of a package, not loaded yet."""

    kind: Kind
    name: str
    package: str
    version: str
    entry: Any

    @property
    def origin(self) -> str:
        """The package with its version."""
        return f"{self.package} {self.version}".strip()

    def __str__(self) -> str:
        return f"the {self.kind} `{self.name}` of {self.origin}"

    def load(self) -> Any:
        """The object of the entry point, a class instantiated; raises BrokenPlugin for any error of its package."""
        try:
            loaded = self.entry.load()
            return loaded() if isinstance(loaded, type) else loaded
        except (Exception, SystemExit) as error:
            raise BrokenPlugin(self, f"does not load: {cause(error)}") from error


@dataclass(frozen=True, slots=True)
class Survey:
    """The plug-ins of one kind by name, and those that are refused for their name, with the reason."""

    usable: Mapping[str, Plugin]
    refused: tuple[tuple[Plugin, str], ...]


@cache
def declared(kind: Kind) -> tuple[Plugin, ...]:
    """Every entry point of a group, archspec's own first."""
    from importlib import metadata

    plugins = []
    for entry in metadata.entry_points(group=GROUPS[kind]):
        dist = entry.dist
        package, version = (dist.name, dist.version) if dist else (entry.module, "")
        plugins.append(Plugin(kind, entry.name, package, version, entry))
    return tuple(sorted(plugins, key=lambda p: (p.package != OURS, p.name, p.package)))


@cache
def survey(kind: Kind, builtin: frozenset[str] = frozenset()) -> Survey:
    """The plug-ins of a kind by name. Built-in names stay built in; a name that two packages declare is refused."""
    claims: dict[str, list[Plugin]] = {}
    for plugin in declared(kind):
        claims.setdefault(plugin.name, []).append(plugin)
    usable: dict[str, Plugin] = {}
    refused: list[tuple[Plugin, str]] = []
    for name, plugins in claims.items():
        others = [plugin for plugin in plugins if plugin.package != OURS]
        if name in builtin or len(others) < len(plugins):
            refused += [(plugin, f"{OURS} has `{name}` itself") for plugin in others]
            usable |= {plugin.name: plugin for plugin in plugins if plugin.package == OURS}
        elif len(others) > 1:
            origins = " and ".join(plugin.origin for plugin in others)
            refused += [(plugin, f"{origins} both bring `{name}`") for plugin in others]
        else:
            usable[name] = others[0]
    return Survey(usable, tuple(refused))


@cache
def usable(kind: Kind, builtin: frozenset[str] = frozenset()) -> Mapping[str, Plugin]:
    """The plug-ins of a kind by name; the refused ones are warned about, once."""
    surveyed = survey(kind, builtin)
    for plugin, reason in surveyed.refused:
        warn(f"{plugin} is left out: {reason}")
    return surveyed.usable


def warn(message: str) -> None:
    """Say that a plug-in is left out: a PluginWarning, which the command line shows as one line."""
    warnings.warn(message, PluginWarning, stacklevel=3)


def cause(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")


def owner(module: str) -> Plugin | None:
    """The plug-in of another package to whose modules this one belongs."""
    top = module.partition(".")[0]
    for plugin in (p for kind in GROUPS for p in declared(kind) if p.package != OURS):
        if plugin.entry.module.partition(".")[0] == top:
            return plugin
    return None


def origin(module: str) -> str:
    """The package that a module belongs to, as people know it."""
    plugin = owner(module)
    return plugin.origin if plugin else module.partition(".")[0]


def culprit(error: BaseException) -> str | None:
    """The plug-in whose code raised an unexpected exception, with the place; None where no plug-in did."""
    import traceback

    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        plugin = owner(str(frame.f_globals.get("__name__", "")))
        if plugin is not None:
            place = f"{frame.f_code.co_filename}:{line}"
            return f"{plugin.origin} raised {cause(error)} ({place})"
    return None
