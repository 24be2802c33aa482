"""Ways to a network: a name, a path, a text, a dictionary; values of its variables from Python and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archspec
from archspec import NoSuchSpec, SpecError
from archspec.api import Network
from archspec.cli.main import main

KNOBS = """
archspec: 1
name: knobs
vars:
  width: {value: 1.0, min: 0.25, max: 2}
  depths: [1, 2]
  act: {value: relu, one_of: [relu, relu6]}
  deep: true
  grid: {value: [2, 2], one_of: [[2, 2], [4, 4]]}
input: [8, 8, 3]
rows:
  - name: stages
    table:
      columns: {n: depths}
      each:
        - {type: conv, name: layers, kernel: 1, filters: int(8 * width), activation: act, repeat: n}
  - {type: relu, name: last, when: deep}
  - {type: max_pool, name: pool, kernel: grid}
variants:
  wide: {vars: {width: 2.0, depths: [3]}}
"""
DATA: dict[str, Any] = {
    "archspec": 1,
    "name": "knobs",
    "vars": {"width": 1.0, "depths": [1, 2], "deep": True},
    "input": [8, 8, 3],
    "rows": [
        {
            "name": "stages",
            "repeat": "depths[1]",
            "rows": [{"type": "conv", "kernel": 1, "filters": "int(8 * width)", "when": "deep"}],
        }
    ],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("knobs.yaml").write_text(KNOBS)
    return tmp_path


def types(network: Network) -> list[str]:
    return [row.type for row in network.table()]


def test_a_path_a_text_and_a_name_are_the_same_network(folder: Path) -> None:
    ways = [
        "knobs.yaml",
        Path("knobs.yaml"),
        folder / "knobs.yaml",
        str(folder / "knobs.yaml"),
        KNOBS,
    ]
    assert len({archspec.load(way).digest for way in ways}) == 1
    assert archspec.load("mobilenet_v1").name == "mobilenet_v1"


def test_a_dictionary() -> None:
    network = archspec.load(DATA, width=2.0)
    assert network.output_shape == (8, 8, 16)
    assert types(network) == ["conv", "conv"]
    assert DATA["vars"]["width"] == 1.0
    with pytest.raises(SpecError) as found:
        archspec.load({**DATA, "inptus": [1]})
    assert found.value.diagnostics[0].code == "unknown-key"


def test_a_variant_of_a_file(folder: Path) -> None:
    for way in ("knobs.yaml:wide", f"{folder}/knobs.yaml:wide"):
        network = archspec.load(way)
        assert network.name == "wide"
        assert network.output_shape == (4, 4, 16)
        assert types(network).count("conv") == 3
    assert archspec.load("knobs.yaml").variants == ("wide",)
    assert archspec.load("knobs.yaml").variant("wide").digest == archspec.load(way).digest
    assert archspec.load(way, width=0.5).vars["depths"] == (3,)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("knobs.yaml:wdie", "did you mean wide?"),
        ("knob.yaml", "there is no file knob.yaml"),
        ("mobilnet_v1", "did you mean mobilenet_v1?"),
        (".", ". is a folder; name a spec in it"),
        ("", "neither a file nor a spec"),
    ],
)
def test_what_is_not_there(spec: str, message: str) -> None:
    with pytest.raises(NoSuchSpec) as found:
        archspec.load(spec)
    assert message in str(found.value)


def test_with_vars_keeps_the_rest() -> None:
    network = archspec.load("knobs.yaml", input=(16, 12, 5), depths=[2], act="relu6")
    other = network.with_vars(width=0.5)
    assert other.vars == {**network.vars, "width": 0.5}
    assert other.vars["depths"] == (2,)
    assert other.input_shape == (16, 12, 5)
    assert other.output_shape == (8, 6, 4)
    assert network.output_shape == (8, 6, 8)
    assert archspec.load("knobs.yaml:wide").with_vars(deep=False).name == "wide"
    assert other.with_vars(width=1.0).digest == network.digest


def shown(*settings: str, status: int = 0) -> str:
    options = [part for setting in settings for part in ("--set", setting)]
    found = CliRunner().invoke(main, ["summary", "knobs.yaml", *options, "--format", "json"])
    assert found.exit_code == status, found.output
    return found.output


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        (["depths=[1,2,3]"], {"depths": [1, 2, 3]}),
        (["depths=[1, 2, 3]"], {"depths": [1, 2, 3]}),
        (["depths=[]"], {"depths": []}),
        (["act=relu6"], {"act": "relu6"}),
        (["act='relu6'"], {"act": "relu6"}),
        (["deep=false"], {"deep": False}),
        (["width=2"], {"width": 2}),
        (["width=5e-1", "deep=false"], {"width": 0.5, "deep": False}),
        (["grid=[4,4]"], {"grid": [4, 4]}),
        (["width=0.5", "width=2.0"], {"width": 2.0}),
    ],
    ids=str,
)
def test_set_is_what_load_takes(settings: list[str], variables: dict[str, Any]) -> None:
    found = json.loads(shown(*settings))
    network = archspec.load("knobs.yaml", **variables)
    assert found["vars"] == json.loads(json.dumps(network.vars))
    assert found["vars"].items() >= variables.items()
    assert len(found["rows"]) == len(network.table())
    assert found["params"]["total"] == network.params.total


OF_A_LIST = "each item of depths is a number, not"


@pytest.mark.parametrize(
    ("setting", "code", "column", "message"),
    [
        ("widht=1", "bad-option", 1, "did you mean `width`?"),
        ("width=wide", "wrong-type", 7, "width is a number, not the word `wide`"),
        ("width=true", "wrong-type", 7, "width is a number, not true"),
        ("width=3", "out-of-range", 7, "at least 0.25 and at most 2"),
        ("width=0,5", "bad-option", 7, "a number, a word, true or false, or a list of these"),
        ("width=1/2", "bad-option", 7, "a variable's value is a literal"),
        ("width=~", "bad-option", 7, "there is no value here"),
        ("deep=no", "wrong-type", 6, "deep is true or false, not the word `no`"),
        ("deep=1", "wrong-type", 6, "deep is true or false, not 1"),
        ("act=relu7", "out-of-range", 5, "did you mean `relu"),
        ("act=[relu]", "out-of-range", 5, "one of relu, relu6"),
        ("depths=3", "wrong-type", 8, "depths is a list, not 3"),
        ("depths=[1,a]", "wrong-type", 11, f"{OF_A_LIST} the word `a`"),
        ("depths=[1, [2]]", "wrong-type", 12, f"{OF_A_LIST} a list of 1"),
        ("depths=[1,true]", "wrong-type", 11, f"{OF_A_LIST} true"),
        ("depths=[1,2", "bad-option", 8, "[1,2 is no value"),
        ("depths={a: 1}", "bad-option", 8, "--set 'depths=[1, 2, 3]'"),
        ("grid=[4,5]", "out-of-range", 6, "[2, 2], [4, 4]"),
    ],
)
def test_a_wrong_value_is_shown_where_it_is(
    setting: str, code: str, column: int, message: str
) -> None:
    told = shown(setting, status=1)
    assert told.startswith(f"--set:1:{column}: error[{code}]: ")
    assert message in told
    assert "\n  = expected: " in told


@pytest.mark.parametrize("setting", ["width", "=1", "width="])
def test_a_setting_without_name_or_value(setting: str) -> None:
    told = shown(setting, status=2)
    assert f"--set {setting}: NAME=VALUE was expected" in told


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"widht": 1}, "did you mean `width`?"),
        ({"width": {"a": 1}}, "width cannot be {'a': 1}"),
        ({"depths": [1, "a"]}, f"{OF_A_LIST} the word `a`"),
        ({"act": "relu7"}, "act cannot be the word `relu7`"),
        ({"width": None}, "width cannot be None"),
    ],
    ids=str,
)
def test_a_wrong_argument_of_load(variables: dict[str, Any], message: str) -> None:
    for load in (
        lambda: archspec.load("knobs.yaml", **variables),
        lambda: archspec.load("knobs.yaml").with_vars(**variables),
    ):
        with pytest.raises(SpecError) as found:
            load()
        assert str(found.value).startswith("<arguments>:1:")
        assert message in str(found.value)
