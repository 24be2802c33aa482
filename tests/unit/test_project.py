"""`generate` without arguments: what pyproject.toml lists, all of it or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archspec
from archspec.cli.main import main

SPECS = Path(__file__).parents[2] / "specs"
PROJECT = """\
[project]
name = "mine"

[[tool.archspec.generate]]
spec = "mobilenet_v1"
backend = "torch"
output = "models/half.py"
keep = ["classes", "width"]
set = {width = 0.5, act = "relu6"}

[[tool.archspec.generate]]
spec = "specs/own.yaml:mnasnet0_5"
backend = "keras"
output = "models/own.py"
input = [75, 61, 3]
fix = ["dropout"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(PROJECT)
    Path("specs/deep").mkdir(parents=True)
    Path("specs/own.yaml").write_text((SPECS / "mnasnet.yaml").read_text())
    return tmp_path


def generate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["generate", *arguments])


def change(old: str, new: str) -> None:
    text = Path("pyproject.toml").read_text()
    assert old in text
    Path("pyproject.toml").write_text(text.replace(old, new))


def test_each_file_is_what_the_command_writes_with_these_options(folder: Path) -> None:
    found = generate()
    assert found.exit_code == 0, found.output
    assert "wrote models/half.py\nwrote models/own.py\n" in found.output
    one = archspec.load("mobilenet_v1", width=0.5, act="relu6")
    assert Path("models/half.py").read_text() == one.source("torch", keep=("classes", "width"))
    other = archspec.load("specs/own.yaml:mnasnet0_5", input=(75, 61, 3))
    assert Path("models/own.py").read_text() == other.source("keras", fix=("dropout",))


def test_from_a_folder_below(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate()
    texts = {path: path.read_bytes() for path in folder.glob("models/*.py")}
    os.utime("models/own.py", (1, 1))
    monkeypatch.chdir("specs/deep")
    found = generate()
    assert (found.exit_code, found.output) == (0, "up to date: 2 of 2 files\n")
    assert generate("--check").exit_code == 0
    assert texts == {path: path.read_bytes() for path in folder.glob("models/*.py")}
    assert (folder / "models/own.py").stat().st_mtime == 1


def test_check_and_diff_show_every_stale_file() -> None:
    assert generate("--check").exit_code == 1
    generate()
    assert generate("--check").output == ""
    change("width = 0.5", "width = 0.25")
    change("[75, 61, 3]", "[61, 75, 3]")
    before = {path: path.read_bytes() for path in Path("models").iterdir()}
    for option, code in (("--check", 1), ("--diff", 0)):
        found = generate(option)
        assert found.exit_code == code
        assert "+++ models/half.py (generated)" in found.output
        assert "+++ models/own.py (generated)" in found.output
    assert before == {path: path.read_bytes() for path in Path("models").iterdir()}


def test_a_file_edited_by_hand_keeps_all_as_they_are() -> None:
    generate()
    edited = Path("models/own.py").read_text() + "# mine\n"
    Path("models/own.py").write_text(edited)
    change("width = 0.5", "width = 0.25")
    half = Path("models/half.py").read_text()
    found = generate()
    assert found.exit_code == 2
    assert "models/own.py has been edited" in found.output
    assert (Path("models/half.py").read_text(), Path("models/own.py").read_text()) == (half, edited)
    assert generate("--force").exit_code == 0
    assert Path("models/half.py").read_text() != half
    assert "# mine" not in Path("models/own.py").read_text()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("output = ", "outputt = ", "generate[0] has the unknown key `outputt`; did you mean `out"),
        ('backend = "torch"', "", "generate[0] has no backend; expected the name of a framework"),
        ("[75, 61, 3]", "75", "generate[1].input is 75; expected the sizes of the input"),
        ("[75, 61, 3]", "[75, true, 3]", "generate[1].input is [75, True, 3]"),
        ("keep = [", "keep = [1, ", "generate[0].keep is [1, 'classes', 'width']; expected names"),
        ("models/own.py", "models/half.py", "models/half.py is the output of two tables"),
        ("archspec.generate", "archspec.generat", "unknown key `generat`; did you mean `generate`"),
        ("archspec.generate", "archspeck.generate", "no SPEC, and no pyproject.toml here or above"),
        ("[project]", "[project", "pyproject.toml: Expected ']' at the end of a table"),
    ],
)
def test_mistakes_of_the_table(old: str, new: str, told: str) -> None:
    change(old, new)
    found = generate()
    assert found.exit_code == 2
    assert told in found.output
    assert not Path("models").exists()


def test_mistakes_of_specs_are_told_together() -> None:
    change("width = 0.5", "widht = 0.5")
    Path("specs/own.yaml").write_text(
        (SPECS / "mnasnet.yaml").read_text().replace("kernel: 1", "kernl: 1", 1)
    )
    found = generate()
    assert found.exit_code == 1
    assert "pyproject.toml: generate[0].set:1:1: error[bad-option]" in found.output
    assert "did you mean `width`?" in found.output
    assert "specs/own.yaml" in found.output
    assert "did you mean `kernel`?" in found.output
    assert not Path("models").exists()


def test_options_of_one_file_need_a_spec() -> None:
    for option, value in (
        ("--backend", "torch"),
        ("--set", "width=1"),
        ("--input", "32x32x3"),
        ("--output", "a.py"),
    ):
        found = generate(option, value)
        assert found.exit_code == 2
        assert f"SPEC is missing, which {option} is for" in found.output
    found = generate("mobilenet_v1")
    assert found.exit_code == 2
    assert "Missing option '--backend'" in found.output
