"""Plant one fault at a time in a copy of the project: the parity suite must turn red, `archspec parity` must name the
row and suspect the cause.

`make faults`, or `python tests/faults/run.py [WORD] [--quick]` for those whose description holds WORD; `--quick` leaves
the suite out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("archspec", "backends", "specs", "tests", "docs", "pyproject.toml")
SUITE = ("tests/parity", "tests/reference")
RED = 1  # pytest: tests ran, and some failed
ENOUGH = 0.8  # of the suspicions must be right; of the rows, all
Fault = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What became of one fault; None where a part does not apply to it."""

    what: str
    red: bool | None
    named: bool | None
    suspected: bool | None
    said: str
    seconds: float

    @property
    def line(self) -> str:
        missed = [
            word
            for word, right in (
                ("RED", self.red),
                ("ROW", self.named),
                ("suspicion", self.suspected),
            )
            if right is False
        ]
        state = f"MISSED {', '.join(missed)}" if missed else "ok"
        return f"{state:7} {self.seconds:5.1f} s  {self.what}  [{self.said}]"


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the project, without what was made in it."""
    with tempfile.TemporaryDirectory() as name:
        for part in COPIED:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", ".*")
                shutil.copytree(source, Path(name) / part, ignore=ignored)
            else:
                shutil.copy(source, Path(name) / part)
        yield Path(name)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python module on a copy."""
    paths = os.pathsep.join(str(folder / name) for name in ("", "backends"))
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def suite(folder: Path) -> tuple[int, str]:
    """Exit code of the parity suite on a copy, and the line that says which test failed."""
    found = run(folder, "pytest", "-x", "-q", "-p", "no:cacheprovider", *SUITE)
    lines = [line for line in found.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return found.returncode, (lines or found.stdout.splitlines() or ["no output"])[-1]


def file_of(spec: str) -> str:
    """A spec of the tests' own, or of the zoo."""
    path = f"tests/specs/{spec}.yaml"
    return path if (ROOT / path).exists() else f"specs/{spec}.yaml"


def arguments(expected: Fault) -> tuple[str, ...]:
    """How `archspec parity` is asked."""
    settings = (f"{name}={value}" for name, value in expected.get("set", {}).items())
    given = [word for setting in settings for word in ("--set", setting)]
    if "input" in expected:
        given += ["--input", expected["input"]]
    if expected.get("training"):
        given.append("--training")
    return ("parity", file_of(expected["spec"]), *given, "--format", "json")


def parity(folder: Path, expected: Fault) -> tuple[bool, bool, str]:
    """(row and check right, suspicion right, what was said) of `archspec parity` on a copy."""
    found = run(folder, "archspec", *arguments(expected))
    try:
        findings = json.loads(found.stdout)["findings"]
    except ValueError:
        return False, False, (found.stderr or found.stdout or "nothing").strip().splitlines()[-1]
    if not findings:
        return False, False, "parity finds nothing"
    first = findings[0]
    right = (first["check"], first["row"]) == (expected.get("check", "values"), expected["row"])
    said = f"{first['check']}: {first['row'] or 'no row'}: {first['suspicion']}, {first['cause']}"
    return right, first["suspicion"] == expected["suspicion"], said


def verify(folder: Path, spec: str) -> tuple[bool, str]:
    """Whether claims of a spec fail on a copy."""
    found = run(folder, "archspec", "verify", file_of(spec), "--format", "json")
    failed = [claim for claim in json.loads(found.stdout) if claim["status"] == "fail"]
    said = ", ".join(f"{c['quantity']} {c['computed']}, claimed {c['claimed']}" for c in failed)
    return found.returncode == RED and bool(failed), f"verify: {said}"


def planted(fault: Fault, *, quick: bool) -> Verdict:
    """One fault in a copy of its own."""
    start = time.monotonic()
    with copied() as folder:
        path = folder / fault["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(fault["old"]) != 1:
            said = f"{fault['file']} no longer holds the line once"
            return Verdict(fault["what"], False, None, None, said, 0.0)
        path.write_text(text.replace(fault["old"], fault["new"]), encoding="utf-8")
        named: bool | None = None
        suspected: bool | None = None
        said = "chance, which parity leaves out"
        if "verify" in fault:
            named, said = verify(folder, fault["verify"])
        elif "parity" in fault:
            named, suspected, said = parity(folder, fault["parity"])
        red = None if quick else suite(folder)[0] == RED
    return Verdict(fault["what"], red, named, suspected, said, time.monotonic() - start)


def sound(faults: list[Fault], *, quick: bool) -> str:
    """What is wrong without a fault; empty if nothing is."""
    with copied() as folder:
        code, line = (0, "") if quick else suite(folder)
        if code != 0:
            return f"the suite is red without a fault: {line}"
        for asked in dict.fromkeys(arguments(f["parity"]) for f in faults if "parity" in f):
            found = run(folder, "archspec", *asked)
            if found.returncode != 0:
                return f"archspec {' '.join(asked)} differs without a fault:\n{found.stderr}"
        for spec in {fault["verify"] for fault in faults if "verify" in fault}:
            if verify(folder, spec)[0]:
                return f"claims of {spec} fail without a fault"
    return ""


def share(verdicts: list[bool | None]) -> tuple[float, str]:
    """How many of those that apply are right."""
    known = [right for right in verdicts if right is not None]
    part = sum(known) / len(known) if known else 1.0
    return part, f"{sum(known)} of {len(known)}"


def main(*words: str) -> int:
    """0 if every fault turned the suite red and its row was named, and enough suspicions were right."""
    quick = "--quick" in words
    word = next((word for word in words if word != "--quick"), "")
    faults = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"))
    chosen = [fault for fault in faults if word in fault["what"]]
    problem = sound(chosen, quick=quick)
    if problem:
        print(problem)
        return 1
    found = []
    with ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(lambda fault: planted(fault, quick=quick), chosen):
            found.append(verdict)
            print(verdict.line, flush=True)
    red, row, cause = (
        share([getattr(verdict, part) for verdict in found])
        for part in ("red", "named", "suspected")
    )
    begun = "" if quick else f"{red[1]} faults turned the suite red; "
    print(
        f"{begun}the first row that differs is right for {row[1]}, "
        f"the suspicion for {cause[1]} ({cause[0]:.0%})"
    )
    return int(not (red[0] == row[0] == 1.0 and cause[0] >= ENOUGH))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
