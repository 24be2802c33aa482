"""Generated files on disk: stale ones are shown, edited ones are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archspec
from archspec.cli.main import main
from archspec.printing.seal import untouched

SPEC = (Path(__file__).parents[2] / "specs" / "mobilenet_v1.yaml").read_text()


@pytest.fixture(autouse=True)
def fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(SPEC)


def generate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["generate", "mine.yaml", "-b", "torch", *arguments])


def test_check_is_clean_after_generate_and_stale_after_a_change_of_the_network() -> None:
    assert generate("-o", "net.py").exit_code == 0
    clean = generate("-o", "net.py", "--check")
    assert (clean.exit_code, clean.output) == (0, "")
    Path("mine.yaml").write_text("# a comment\n" + SPEC)
    assert generate("-o", "net.py", "--check").exit_code == 0
    for old, new in (("resolution: 224", "resolution: 225"), ("repeat: 5", "repeat: 4")):
        Path("mine.yaml").write_text(SPEC.replace(old, new))
        stale = generate("-o", "net.py", "--check")
        assert stale.exit_code == 1
        assert "--- net.py" in stale.output
        assert "+++ net.py (generated)" in stale.output


def test_check_of_a_missing_file_is_stale() -> None:
    assert generate("-o", "net.py", "--check").exit_code == 1
    assert not Path("net.py").exists()


def test_diff_shows_and_writes_nothing() -> None:
    generate("-o", "net.py")
    before = Path("net.py").read_text()
    shown = generate("-o", "net.py", "--diff", "--set", "classes=7")
    assert shown.exit_code == 0
    assert "-    def __init__(self, classes: int = 1000) -> None:" in shown.output
    assert Path("net.py").read_text() == before


def test_a_generated_file_is_written_over() -> None:
    generate("-o", "net.py")
    assert untouched(Path("net.py").read_text())
    assert generate("-o", "net.py", "--set", "classes=7").exit_code == 0
    assert "classes: int = 7" in Path("net.py").read_text()


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("self.block13", "self.last"),
        lambda text: text.replace("Howard et al.", "me"),
        lambda text: text + "\n# mine\n",
        lambda text: "# mine\n",
    ],
)
def test_an_edited_file_is_kept_without_force(edit: object) -> None:
    assert callable(edit)
    generate("-o", "net.py")
    mine = edit(Path("net.py").read_text())
    Path("net.py").write_text(mine)
    refused = generate("-o", "net.py", "--set", "classes=7")
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert Path("net.py").read_text() == mine
    assert generate("-o", "net.py", "--set", "classes=7", "--force").exit_code == 0
    assert untouched(Path("net.py").read_text())


def test_other_line_ends_are_no_edit() -> None:
    text = archspec.load("mobilenet_v1").source("keras")
    assert untouched(text)
    assert untouched(text.replace("\n", "\r\n"))
    assert not untouched(text.replace("separable", "other"))


def test_build_keeps_an_edited_file() -> None:
    small = ["--set", "width=0.25", "--input", "32x32x3"]
    command = ["build", "mine.yaml", "-b", "torch", "-o", "net.py", *small]
    assert CliRunner().invoke(main, command).exit_code == 0
    Path("net.py").write_text(Path("net.py").read_text() + "# mine\n")
    refused = CliRunner().invoke(main, [*command, "--set", "classes=7"])
    assert refused.exit_code == 2
    assert "has been edited" in refused.output
    forced = CliRunner().invoke(main, [*command, "--set", "classes=7", "--force"])
    assert forced.exit_code == 0


def test_check_needs_a_file() -> None:
    assert generate("--check").exit_code == 2
