"""Plant one fault at a time in a copy of the project; each must turn the parity suite red.

`make faults`, or `python tests/faults/run.py [WORD]` for those whose description holds WORD.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("archspec", "backends", "specs", "tests", "docs", "pyproject.toml")
SUITE = ("tests/parity", "tests/reference")
RED = 1  # pytest: tests ran, and some failed


def copy(folder: Path) -> None:
    """The project without what was made in it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)


def suite(folder: Path) -> tuple[int, str]:
    """Exit code of the parity suite on a copy, and the line that says which test failed."""
    paths = os.pathsep.join(str(folder / name) for name in ("", "backends"))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *SUITE]
    found = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in found.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return found.returncode, (lines or found.stdout.splitlines() or ["no output"])[-1]


def planted(fault: dict[str, str]) -> tuple[str, bool, str, float]:
    """(what, whether the suite turned red, the test that did, seconds)."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        path = folder / fault["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(fault["old"]) != 1:
            return fault["what"], False, f"{fault['file']} no longer holds the line once", 0.0
        path.write_text(text.replace(fault["old"], fault["new"]), encoding="utf-8")
        code, line = suite(folder)
    return fault["what"], code == RED, line, time.monotonic() - start


def main(word: str = "") -> int:
    """The number of faults that nobody noticed; the suite without a fault must be green first."""
    faults = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"))
    chosen = [fault for fault in faults if word in fault["what"]]
    with tempfile.TemporaryDirectory() as name:
        copy(Path(name))
        code, line = suite(Path(name))
    if code != 0:
        print(f"the suite is red without a fault: {line}")
        return 1
    missed = 0
    with ThreadPoolExecutor(2) as pool:
        for what, red, line, seconds in pool.map(planted, chosen):
            missed += not red
            print(
                f"{'red ' if red else 'MISSED'}  {seconds:5.1f} s  {what}  [{line[:90]}]",
                flush=True,
            )
    print(f"{len(chosen) - missed} of {len(chosen)} faults turned the suite red")
    return missed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
