"""What shells fill in: by click's interface, and by the scripts that bash sources."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem
from click.testing import CliRunner

from archspec import shelf
from archspec.cli.completion.shells import SHELLS, Bash
from archspec.cli.main import main
from archspec.lowering.backend import registered
from archspec.source.mistakes import CODES

KNOBS = """
archspec: 1
name: knobs
vars:
  width: {value: 1.0, doc: "a factor, of widths"}
  depths: [1, 2]
  act: {value: relu, one_of: [relu, relu6]}
  deep: true
input: [8, 8, 3]
rows:
  - {type: conv, name: stem, kernel: 1, filters: 4, activation: act}
variants:
  wide: {vars: {width: 2.0}}
  thin: {vars: {width: 0.5}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("knobs.yaml").write_text(KNOBS)
    Path("broken.yaml").write_text("archspec: [")
    Path("notes.txt").write_text("")
    for name in ("nets", "empty", ".hidden"):
        Path(name).mkdir()
    Path("nets/deep.yml").write_text(KNOBS)
    return tmp_path


def items(line: str) -> list[CompletionItem[str]]:
    """What click has for a line; the last word is being typed."""
    *words, last = line.split(" ")
    return Bash(main, {}, "archspec", "_ARCHSPEC_COMPLETE").get_completions(words, last)


def values(line: str) -> list[str]:
    return [item.value for item in items(line)]


def test_commands_and_their_options() -> None:
    assert values("su") == ["summary"]
    assert "completion" in values("")
    assert values("summary --fo") == ["--format"]
    assert values("summary mobilenet_v1 --format ") == ["table", "json", "csv", "markdown"]
    assert values("summary mobilenet_v1 --by ") == ["row", "block", "type"]


def test_specs_are_files_folders_and_the_zoo() -> None:
    here = ["broken.yaml", "knobs.yaml", "nets/"]
    for command in ("summary ", "build ", "generate ", "new x --from ", "new x --copy ", "show "):
        assert values(command) == [*here, *shelf.names()]
    assert values("verify mobilenet_v1 mobilenet_v1_s") == ["mobilenet_v1_shallow"]
    assert values("validate knobs.yaml kn") == ["knobs.yaml"]
    assert values("summary em") == ["empty/"]
    assert values("summary nets/") == ["nets/deep.yml"]
    assert values("summary nowhere/") == []


def test_variants_of_a_file() -> None:
    assert values("summary knobs.yaml:") == ["knobs.yaml:wide", "knobs.yaml:thin"]
    assert values("summary knobs.yaml:t") == ["knobs.yaml:thin"]
    assert values("summary nowhere.yaml:") == []


@pytest.mark.parametrize("command", ["summary knobs.yaml", "validate knobs.yaml:wide"])
def test_variables_and_their_values(command: str) -> None:
    found = items(f"{command} --set ")
    assert [item.value for item in found] == ["width=", "depths=", "act=", "deep="]
    assert found[0].help == "a factor, of widths"
    assert values(f"{command} --set act=") == ["act=relu", "act=relu6"]
    assert values(f"{command} --set width=1 --set deep=f") == ["deep=false"]
    assert values(f"{command} --set depths=") == ["depths=[1,2]"]
    assert values(f"{command} --set nothing=") == []


def test_variables_of_what_cannot_be_read_are_none() -> None:
    for spec in ("broken.yaml", "nowhere.yaml", "mobilenet_v9", ""):
        assert values(f"summary {spec} --set ") == []


def test_backends_codes_families_and_what_is_kept() -> None:
    assert values("build mobilenet_v1 --backend ") == list(registered())
    assert values("generate mobilenet_v1 -b t") == ["torch"]
    assert values("generate mobilenet_v1 -b torch --keep wi") == ["width"]
    assert values("generate mobilenet_v1 -b torch --keep width --fix cl") == ["classes"]
    assert values("build mobilenet_v1 -b torch --fix cl") == ["classes"]
    assert values("explain ") == list(CODES)
    assert "mobilenet_v2" in values("list --family ")
    assert values("completion ") == list(SHELLS)


def test_files_are_left_to_the_shell() -> None:
    for line in ("generate mobilenet_v1 -o ", "build mobilenet_v1 --save ", "new x -o "):
        assert [item.type for item in items(line)] == ["file"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_says_where_it_goes(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell], prog_name="archspec").output
    assert f"archspec completion {shell}" in script
    assert f"_ARCHSPEC_COMPLETE={shell}_complete" in script
    assert "%(" not in script


def test_a_shell_that_is_none() -> None:
    wrong = CliRunner().invoke(main, ["completion", "bsh"])
    assert wrong.exit_code == 2
    assert "Did you mean 'bash'?" in wrong.output


LINES = {
    "archspec su": "summary",
    "archspec summary ": "broken.yaml knobs.yaml nets/ " + " ".join(shelf.names()),
    "archspec summary ne": "nets/",
    # bash breaks words at = and :, and replaces only what stands behind them
    "archspec summary knobs.yaml:": "wide thin",
    "archspec summary knobs.yaml:t": "thin",
    "archspec summary knobs.yaml --set ": "width= depths= act= deep=",
    "archspec summary knobs.yaml --set act=": "relu relu6",
    "archspec summary knobs.yaml --set depths=": "[1,2]",
    "archspec summary knobs.yaml --set=deep=t": "true",
    "archspec generate mobilenet_v1 --backend=t": "torch",
    "archspec explain flow": "flow-trap",
}
ASK = """
compopt() { echo "compopt $*"; }
source <(archspec completion bash)
complete -p archspec
while IFS= read -r COMP_LINE; do
    COMP_POINT=${#COMP_LINE} COMPREPLY=()
    _archspec_completion archspec
    echo "> ${COMPREPLY[*]}"
done
"""


def test_bash_for_real(folder: Path) -> None:
    """The script, sourced by bash, asked for each line as readline asks."""
    program = folder / "archspec"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archspec "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    asked = subprocess.run(
        ["bash", "--norc", "-c", ASK],
        input="".join(f"{line}\n" for line in LINES),
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    program.unlink()
    assert asked.stderr == ""
    first, *lines = asked.stdout.splitlines()
    assert first == "complete -F _archspec_completion archspec"
    told = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
    assert dict(zip(LINES, told, strict=True)) == LINES
    opened = [line for line in lines if line == "compopt -o nospace"]
    assert len(opened) == 1 + 1 + 4  # nets/, nets/, and four times NAME=


@pytest.mark.parametrize(
    ("line", "value", "shown"),
    [
        ("archspec summary --set a=b", "a=bc", "plain,bc"),
        ("archspec summary --set=a=b", "a=bc", "plain,bc"),
        ("archspec summary --set a", "ab=", "open,ab="),
        ("archspec build --backend=to", "torch", "plain,torch"),
        ("archspec summary f.yaml:", "f.yaml:v", "plain,v"),
        ("archspec summary x ", "y", "plain,y"),
    ],
)
def test_bash_gets_what_it_will_replace(
    line: str, value: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.delenv("COMP_WORDBREAKS", raising=False)
    bash = Bash(main, {}, "archspec", "_ARCHSPEC_COMPLETE")
    assert bash.format_completion(CompletionItem(value)) == shown
    monkeypatch.setenv("COMP_WORDBREAKS", " ")
    whole = bash.format_completion(CompletionItem(value))
    assert whole.partition(",")[2] == value
