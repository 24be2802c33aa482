"""Files: written whole or not at all, and generated ones run."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from types import ModuleType

PART = 2**20  # bytes that are copied at once


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The one door to a path that somebody names: a temporary path of the same ending, whose bytes are at `path` when
    the block ends. On failure nothing is left behind.

    A file is replaced whole; where `path` is a link, the file that it leads to. A device, a FIFO and an open descriptor
    (`/dev/stdout`) are written through. Raises OSError, also for a folder, a socket and a link that leads to itself.
    """
    target = _target(path)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.parent if target is not None else None
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=f".{path.name}")
    temporary = Path(name)
    try:
        os.close(handle)
        yield temporary
        if target is None:
            _write_through(temporary, path)
        else:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.chmod(_mode(target))
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _target(path: Path) -> Path | None:
    """The file that a path leads to, or would; None where what is there is written through. Raises OSError."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = stat.S_IFREG  # nothing yet
    except ValueError as error:
        raise OSError(f"{str(path)!r} is no path: {error}") from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise OSError(f"{path} is a link that leads to itself; write elsewhere") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if stat.S_ISSOCK(mode):
        raise OSError(f"{path} is a socket; write elsewhere")
    if not stat.S_ISREG(mode):
        return None
    while path.is_symlink():
        folder = path.parent.resolve()
        if folder.is_relative_to("/proc"):
            return None  # an open descriptor: whoever holds it would not see another file
        path = folder / path.readlink()
    return path


def _write_through(source: Path, path: Path) -> None:
    """Copy bytes to what is there, which is not created, and not emptied first. Raises OSError."""
    flags = os.O_WRONLY | (os.O_APPEND if path.is_file() else 0)
    descriptor = os.open(path, flags)
    try:
        with source.open("rb") as file:
            while part := memoryview(file.read(PART)):
                while part:
                    part = part[os.write(descriptor, part) :]
    finally:
        os.close(descriptor)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, as `replacing` does. Raises OSError."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, or what a new one gets here."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_text(path: Path, text: str) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(path, text.encode())


def run_file(path: Path) -> ModuleType:
    """The module of a generated file. Its code runs: only where a person asked for it. Raises ImportError."""
    name = f"archspec_generated_{path.stem}"
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    loaded = sys.modules[name] = util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
