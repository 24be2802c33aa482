"""Where specs are: the zoo that ships with archspec, and files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from archspec.source import closest

SUFFIXES = (".yaml", ".yml")


class NoSuchSpec(Exception):
    """Neither a file nor a spec of the zoo; the message says what is near."""


@cache
def folder() -> Path:
    """The zoo's folder: in an installed package inside it, in a checkout beside it."""
    package = Path(__file__).parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def names() -> tuple[str, ...]:
    """The zoo's specs by name, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.yaml")))


def find(spec: str) -> tuple[Path, str]:
    """The file of a path or a name of the zoo, and how to show it; raises NoSuchSpec."""
    path = Path(spec)
    if path.suffix in SUFFIXES:
        if path.is_file():
            return path, spec
        raise NoSuchSpec(f"there is no file {spec}{_near(path.stem)}")
    if spec in names():
        return folder() / f"{spec}.yaml", f"{spec}.yaml"
    if path.is_dir():
        raise NoSuchSpec(f"{spec} is a folder; name a spec in it")
    raise NoSuchSpec(f"{spec} is neither a file nor a spec of the zoo{_near(spec)}")


def _near(name: str) -> str:
    found = closest(name, names())
    if found:
        return f"; did you mean {found[0]}?"
    return f"; the zoo has {', '.join(names())}"
