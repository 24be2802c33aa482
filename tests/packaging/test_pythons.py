"""Generated files are the same bytes whichever Python writes them, and whatever the seed of its hashes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.packaging.environment import ROOT, Environment
from tests.zoo.subjects import families

PROGRAM = ROOT / "tests" / "zoo" / "digests.py"
MINORS = (11, 12, 13, 14)
# where version managers keep interpreters that are not on the path
KEPT = (
    (".pyenv/versions", "*/bin/python3"),
    (".local/share/uv/python", "*/bin/python3"),
    (".asdf/installs/python", "*/bin/python3"),
)


def interpreters() -> Iterator[Path]:
    """Every Python 3 that this machine may have."""
    for minor in MINORS:
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
    for folder, pattern in KEPT:
        yield from sorted((Path.home() / folder).glob(pattern), reverse=True)


@cache
def pythons() -> dict[int, Path]:
    """Interpreters by minor version; those that do not start are none."""
    found: dict[int, Path] = {}
    for path in interpreters():
        command = [path, "-c", "import sys; print(*sys.version_info[:2])"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        major, _, minor = said.stdout.strip().partition(" ")
        if said.returncode == 0 and major == "3":
            found.setdefault(int(minor), path)
    return found


def digests(environment: Environment, seed: str) -> str:
    """What the program says in one environment: a line for each file, its sum."""
    names = () if "ARCHSPEC_ZOO" in os.environ else families()
    return environment.run("python", str(PROGRAM), *names, seed=seed)


@pytest.fixture(scope="session")
def own(core: Environment) -> str:
    """The sums in the Python that runs the tests: of one network of each family, of all with `make zoo`."""
    found = digests(core, "0")
    assert len(found.splitlines()) >= 2 * len(families())
    return found


def test_every_network_with_other_hashes(core: Environment, own: str) -> None:
    assert digests(core, "4711") == own


@pytest.mark.parametrize("minor", [minor for minor in MINORS if minor != sys.version_info.minor])
def test_every_network_in_another_python(minor: int, own: str, wheel: Path, tmp_path: Path) -> None:
    if minor not in pythons():
        pytest.skip(f"Python 3.{minor} is not on this machine")
    other = Environment(tmp_path, pythons()[minor])
    other.install(str(wheel))
    assert digests(other, "1") == own
