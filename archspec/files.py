"""Files: written whole or not at all, and generated ones run."""

from __future__ import annotations

import errno
import os
import platform
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib import util
from pathlib import Path
from types import ModuleType

from archspec.terminal import printable

PART = 2**20  # bytes that are copied at once
LONGEST_ENDING = (
    40  # characters of a name that its temporary file repeats: a name is at most 255 bytes
)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The one door to a path that somebody names: a temporary path of the same ending, whose bytes are at `path` when
    the block ends. On failure nothing is left behind.

    A file is replaced whole; where `path` is a link, the file that it leads to. A device, a FIFO and an open descriptor
    (`/dev/stdout`) are written through. What a killed process left beside it is taken away. Raises OSError, also for a
    folder, a socket and a link that leads to itself.
    """
    target = _target(path)
    with _said_of(path):
        temporary = _beside(path, target)
    try:
        with _said_of(path, of_room=True):
            yield temporary
        with _said_of(path):
            _put(temporary, path, target)
    finally:
        temporary.unlink(missing_ok=True)


def _beside(path: Path, target: Path | None) -> Path:
    """A new temporary file in the folder of the target, of the same ending, whose name tells the process."""
    if target is not None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    folder = target.parent if target is not None else Path(tempfile.gettempdir())
    _sweep(folder)
    handle, name = tempfile.mkstemp(
        dir=folder, prefix=f"{_here()}{os.getpid()}-", suffix=f".{path.name[-LONGEST_ENDING:]}"
    )
    os.close(handle)
    return Path(name)


def _put(temporary: Path, path: Path, target: Path | None) -> None:
    """Give the path the bytes of the temporary file."""
    if target is None:
        _write_through(temporary, path)
        return
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.chmod(_mode(target))
    temporary.replace(target)


@contextmanager
def _said_of(path: Path, *, of_room: bool = False) -> Iterator[None]:
    """Errors of the system as a sentence that names the path; `of_room` those alone that say that there is none."""
    try:
        yield
    except OSError as error:
        reason = error.strerror
        if reason is None or error.errno == errno.EPIPE:  # click ends quietly where a reader stops
            raise
        if of_room and error.errno not in NO_ROOM:
            raise
        sentence = printable(f"{path} cannot be written: {reason.lower()}")
        kind = type(error) if error.errno not in NO_ROOM else OSError
        raise kind(sentence) from error


def _here() -> str:
    """How the temporary files begin that this machine's processes make: processes of others cannot be asked for."""
    return f".archspec-{sha256(platform.node().encode()).hexdigest()[:8]}-"


def _sweep(folder: Path) -> None:
    """Take away temporary files of our own whose process is gone: a killed one cannot."""
    if os.name != "posix":
        return
    left = re.compile(re.escape(_here()) + r"(\d{1,9})-")
    with os.scandir(folder) as entries:
        for entry in entries:
            process = left.match(entry.name)
            if process is None or _runs(int(process[1])):
                continue
            with suppress(OSError):  # another process was faster
                if entry.is_file(follow_symlinks=False) and entry.stat().st_uid == os.geteuid():
                    Path(entry.path).unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


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
        raise OSError(
            printable(f"{path} is a link that leads to itself; write elsewhere")
        ) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(printable(f"{path} is a folder; name a file in it"))
    if stat.S_ISSOCK(mode):
        raise OSError(printable(f"{path} is a socket; write elsewhere"))
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


def unreadable(path: Path) -> str | None:
    """Why a path is no file to read, in words that follow its name; None for a file."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "is not there"
    except ValueError:
        return "is a name that no file can have"
    except OSError as error:
        looping = error.errno == errno.ELOOP
        reason = (error.strerror or str(error)).lower()
        return "is a link that leads to itself" if looping else f"cannot be read: {reason}"
    if stat.S_ISDIR(mode):
        return "is a folder"
    return None if stat.S_ISREG(mode) else "is no file but a device, a FIFO or a socket"


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
