"""Generated files on disk: edited files are not overwritten, and changes can be shown first."""

from __future__ import annotations

import difflib
from pathlib import Path

from archspec.exceptions import ArchspecError
from archspec.files import write_text
from archspec.printing.emit.seal import untouched


class Edited(ArchspecError):
    """A file that a person has changed since it was generated, or that was never generated."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} has been edited since it was generated, or was not generated; "
            "--diff shows the change, --force writes over it"
        )


def before(path: Path) -> str | None:
    """The text of the file; None where there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def changes(path: Path, text: str) -> str:
    """A unified diff from the file to the text; empty if they are the same."""
    old = (before(path) or "").splitlines(keepends=True)
    name = path.as_posix()
    new = text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, name, f"{name} (generated)"))


def ready(path: Path, text: str, *, force: bool = False) -> None:
    """Raises Edited where a person has changed the file, unless `force`."""
    old = before(path)
    if old is not None and old != text and not force and not untouched(old):
        raise Edited(path)


def write(path: Path, text: str, *, force: bool = False) -> None:
    """Write a generated file, whole or not at all; raises Edited, OSError."""
    ready(path, text, force=force)
    write_text(path, text)
