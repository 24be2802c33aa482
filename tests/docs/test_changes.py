"""docs/changing-archspec.md: each diff is applied to a copy of archspec, and its command run there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_pages import Block, blocks, elided, replaced

ROOT = Path(__file__).parents[2]
PAGE = "docs/changing-archspec.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
MOST = {
    "An operation": 3,
    "A command": 2,
    "The style of generated source": 1,
    "An error code": 2,
    "A row of a backend": 1,
}
BLOCKS = [*enumerate(blocks(PAGE))]


def change(heading: str) -> tuple[Block, int, Block]:
    """The diff of a section, and its command with the command's number among the blocks of the page."""
    start = TEXT.index(f"\n## {heading}\n")
    found = [(k, block) for k, block in BLOCKS if block.span[0] > start]
    diff = next(block for _, block in found if block.kind == "diff")
    number, console = next((k, block) for k, block in found if block.kind == "console")
    return diff, number, console


def test_every_section_is_a_change() -> None:
    assert re.findall(r"^## (.*)$", TEXT, re.M) == [*MOST]


@pytest.mark.parametrize("heading", MOST)
def test_change(heading: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    diff, number, console = change(heading)
    assert len(set(re.findall(r"^\+\+\+ b/(.*)$", diff.text, re.M))) <= MOST[heading]
    for folder in ("archspec", "backends", "specs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    apply = ["git", "apply", "-"]
    subprocess.run(apply, input=diff.text, text=True, check=True, cwd=tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    for _, block in BLOCKS:
        if block.kind == "yaml":
            named = re.findall(r"^name: (\w+)", block.text, re.M)
            (work / f"{named[0]}.yaml").write_text(block.text, encoding="utf-8")
    command, _, expected = console.text.partition("\n")
    arguments = shlex.split(command.removeprefix("$ archspec "))
    paths = os.pathsep.join([str(tmp_path), str(tmp_path / "backends")])
    done = subprocess.run(
        [sys.executable, "-m", "archspec", *arguments],
        capture_output=True,
        text=True,
        cwd=work,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    printed = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())
    printed = elided(printed, expected.rstrip()) + "\n"
    if pytestconfig.getoption("--update-golden"):
        replaced(PAGE, number, f"{command}\n{printed}")
        return
    assert printed == expected
