"""Packages of third parties, installed into folders of their own; the environment of the tests stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Install = Callable[[str], Path]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """The folder into which pip has put a package of this folder."""

    @cache
    def install(name: str) -> Path:
        target = tmp_path_factory.mktemp(name)
        flags = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
        command = [sys.executable, "-m", "pip", "install", *flags, "--target", str(target)]
        subprocess.run([*command, str(HERE / name)], check=True)
        return target

    return install


@dataclass(frozen=True)
class Done:
    """A process that has ended."""

    code: int
    out: str
    err: str


class Desk:
    """Runs Python in a process that sees some plug-ins, in a folder of its own."""

    def __init__(self, folder: Path, plugins: tuple[Path, ...]) -> None:
        self.folder, self.plugins = folder, plugins

    def python(self, *arguments: str, cwd: Path | None = None) -> Done:
        places = [*self.plugins, ROOT, ROOT / "backends"]
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def archspec(self, *arguments: str) -> Done:
        """A command; whatever it is given, it leaves no traceback."""
        done = self.python("-m", "archspec", *arguments)
        assert "Traceback" not in done.err, done.err
        return done

    def spec(self, *rows: str, name: str = "given") -> str:
        """The path of a spec with these rows."""
        path = self.folder / f"{name}.yaml"
        head = f"archspec: 1\nname: {name}\ninput: [16, 16, 3]\nrows:\n"
        path.write_text(head + "".join(f"  - {row}\n" for row in rows), encoding="utf-8")
        return str(path)


@pytest.fixture
def desk(tmp_path: Path, installed: Install) -> Callable[..., Desk]:
    """A function from names of packages, or folders that hold some, to a desk that sees them."""

    def at(*plugins: str | Path) -> Desk:
        places = (p if isinstance(p, Path) else installed(p) for p in plugins)
        return Desk(tmp_path, tuple(places))

    return at
