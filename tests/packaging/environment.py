"""Virtual environments of the tests' own, and the wheel that goes into them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("archspec", "backends", "specs", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


class Environment:
    """A virtual environment; `run` starts its programs in an empty folder."""

    def __init__(self, folder: Path, python: Path | str = sys.executable) -> None:
        self.bin = folder / "env" / "bin"
        self.home = folder / "home"
        self.home.mkdir()
        subprocess.run([python, "-m", "venv", "--symlinks", folder / "env"], check=True)

    def install(self, *what: str) -> None:
        flags = ["-q", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
        self.run("python", "-m", "pip", "install", *flags, *what)

    def run(self, program: str, *arguments: str, code: int = 0, seed: str = "random") -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        found = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.home,
            env={**clean, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == code, found.stdout + found.stderr
        return found.stdout + found.stderr

    def has(self, module: str) -> bool:
        code = f"import importlib.util as u; print(u.find_spec({module!r}) is not None)"
        return self.run("python", "-c", code).strip() == "True"
