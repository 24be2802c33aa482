"""`archspec doctor`: what is installed and what stands in the way."""

from __future__ import annotations

import platform
from collections.abc import Callable
from contextlib import suppress

import click

from archspec import __version__
from archspec.plugins import BrokenPlugin, Plugin, Survey, survey


@click.command("doctor")
def command() -> None:
    """What is installed and what stands in the way."""
    click.echo("\n".join(report()))


def report() -> list[str]:
    """Lines for a person: versions, a clash of names, every backend and every plug-in's operation with its state."""
    from archspec.graph.ops import operations

    lines = [f"archspec-nn {__version__}, Python {platform.python_version()}"]
    other = version("archspec")
    if other is not None:
        lines += [
            f"warning: the distribution `archspec` {other} (CPU detection) is installed too;",
            "         both bring the package and the command `archspec`. Uninstall one of them.",
        ]
    lines += ["", "frameworks"]
    for name in dict.fromkeys((*distributions(), "numpy", "onnx")):
        lines.append(f"  {name:15} {version(name) or 'not installed'}")
    lines += ["", "backends", *listed(survey("backend"), backend_state)]
    if not survey("backend").usable:
        lines.append("  none is declared: is archspec-nn installed?")
    lines += ["", "operations", f"  {'built in':15} {len(operations())}"]
    lines += listed(survey("operation", frozenset(operations())), operation_state)
    return lines


def distributions() -> list[str]:
    """The distributions that backends name, or the modules that they need; one that is broken names none."""
    from archspec.lowering import backend

    names: list[str] = []
    for _, plugin in sorted(survey("backend").usable.items()):
        with suppress(BrokenPlugin):
            chosen = backend.load(plugin)
            names += getattr(chosen, "distributions", chosen.requires)
    return names


def version(name: str) -> str | None:
    """The version of an installed distribution."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def listed(survey: Survey, state: Callable[[Plugin], str]) -> list[str]:
    """A line for each plug-in; one that is broken or refused is named, not raised."""
    lines = [
        f"  {name:15} {_state(plugin, state)}" for name, plugin in sorted(survey.usable.items())
    ]
    return lines + [
        f"  {plugin.name:15} left out ({plugin.origin}): {reason}"
        for plugin, reason in survey.refused
    ]


def _state(plugin: Plugin, state: Callable[[Plugin], str]) -> str:
    try:
        return state(plugin)
    except BrokenPlugin as error:
        return f"broken: {error}"


def backend_state(plugin: Plugin) -> str:
    """Ready, or what it lacks; raises BrokenPlugin."""
    from archspec.lowering import backend

    loaded = backend.load(plugin)
    lacking = backend.missing(loaded)
    if lacking:
        return f"needs {', '.join(lacking)} ({plugin.origin}): {backend.remedy_of(plugin, loaded)}"
    state = getattr(loaded, "state", "")
    return f"ready ({plugin.origin}){f', {state}' if state else ''}"


def operation_state(plugin: Plugin) -> str:
    """Ready, and the backends that it has rows for; raises BrokenPlugin."""
    from archspec.graph.ops import load

    rows = ", ".join(load(plugin).rows) or "none of its own"
    return f"ready ({plugin.origin}), rows for: {rows}"
