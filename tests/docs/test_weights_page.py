"""docs/weights.md says what the commands do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.commands.weights import command
from archspec.cli.main import main
from archspec.weights.files import canonical_file
from archspec.weights.matching import name_map
from tests.docs.test_docs import compared

PAGE = Path(__file__).parents[2] / "docs" / "weights.md"
TEXT = PAGE.read_text()


def block(marker: str) -> str:
    (found,) = re.findall(rf"<!-- {marker} -->\n```\w+\n(.*?)```", TEXT, re.S)
    return str(found)


def test_every_command_and_option_is_there() -> None:
    named = re.findall(r"`weights (\w+) ([^`]*)`", TEXT)
    assert {name for name, _ in named} == set(command.commands)
    for name, rest in named:
        options = {opt for parameter in command.commands[name].params for opt in parameter.opts}
        assert set(re.findall(r"--?\w+", rest)) <= options, name


def test_the_map_of_names(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(block("map"))
    found = name_map.of_file(tmp_path / "m.yaml", "torchvision")
    assert (dict(found.words), dict(found.rows)) == (
        {"shortcut": "downsample"},
        {"classifier": "fc"},
    )


def test_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(tmp_path)
    small = archspec.load("mobilenet_v1", width=0.25, classes=7)
    canonical_file.write(Path("w.safetensors"), small.graph, small.init_weights(0))
    command = ["weights", "export", "w.safetensors", "mobilenet_v1", "--set", "width=0.25"]
    shown = CliRunner().invoke(main, [*command, "-l", "torch", "-o", "x.pt"]).output
    compared(PAGE, "error", shown, bool(pytestconfig.getoption("--update-golden")))
