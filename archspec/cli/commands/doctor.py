"""`archspec doctor`: what is installed and what stands in the way."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from archspec import __version__
from archspec.lowering.backend import Found, found, missing


@click.command("doctor")
def command() -> None:
    """What is installed: frameworks, backends, and whatever stands in the way."""
    click.echo("\n".join(report()))


FRAMEWORKS = ("torch", "keras", "tensorflow", "tensorflow-cpu", "numpy", "h5py", "onnx")


def report() -> list[str]:
    """Lines for a person: versions, a clash of names, every backend with its state."""
    lines = [f"archspec-nn {__version__}, Python {platform.python_version()}"]
    other = version("archspec")
    if other is not None:
        lines += [
            f"warning: the distribution `archspec` {other} (CPU detection) is installed too;",
            "         both bring the package and the command `archspec`. Uninstall one of them.",
        ]
    lines += ["", "frameworks"]
    for name in FRAMEWORKS:
        lines.append(f"  {name:15} {version(name) or 'not installed'}")
    lines += ["", "backends"]
    lines += [f"  {name:15} {state(entry)}" for name, entry in found().items()]
    if not found():
        lines.append("  none is declared: is archspec-nn installed?")
    return lines


def version(name: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def state(entry: Found) -> str:
    """Ready, or what a backend lacks; a backend that does not import is named, not raised."""
    origin = f"({entry.package} {entry.version})"
    try:
        backend = entry.load()
        lacking = missing(backend)
    except Exception as error:
        return f"broken {origin}: {type(error).__name__}: {error}"
    if lacking:
        return f'needs {", ".join(lacking)} {origin}: pip install "archspec-nn[{backend.extra}]"'
    return f"ready {origin}"
