"""The commands, as people type them: right and wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import archspec
from archspec.cli.commands import doctor
from archspec.cli.main import main
from archspec.lowering.backend import ready

BACKENDS = ("torch", "keras")
SMALL = ["--set", "width=0.25", "--set", "classes=7", "--input", "100x90x3"]


@pytest.fixture(autouse=True)
def fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("spec", ["mobilenet_v1", "mobilenet_v2"])
def test_build(spec: str, backend: str) -> None:
    found = run("build", spec, "--backend", backend, *SMALL)
    assert found.exit_code == 0, found.output
    written = Path("build") / f"{spec}_{backend}.py"
    assert written.exists()
    assert str(written) in found.output
    for word in ("shapes", "parameters", "calls"):
        assert word in found.output
    network = archspec.load(spec, width=0.25, classes=7, input=(100, 90, 3))
    assert f"{network.params.total:,}" in found.output


@pytest.mark.parametrize("backend", BACKENDS)
def test_build_proves(backend: str) -> None:
    found = run("build", "mobilenet_v2", "-b", backend, *SMALL, "--prove", "--dtype", "float64")
    assert found.exit_code == 0, found.output
    assert "difference" in found.output


@pytest.mark.parametrize(("backend", "ending"), [("torch", "pt2"), ("keras", "keras")])
def test_build_saves_what_loads_back(backend: str, ending: str) -> None:
    """The artefact takes any batch and gives the built model's outputs."""
    found = run("build", "mobilenet_v2", "-b", backend, *SMALL, "--save", f"m.{ending}")
    assert found.exit_code == 0, found.output
    chosen = ready(backend)
    network = archspec.load("mobilenet_v2", width=0.25, classes=7, input=(100, 90, 3))
    model = network.build(backend, weights=network.init_weights(0))
    inputs = np.random.default_rng(0).standard_normal((5, 100, 90, 3), dtype=np.float32)
    restored: Any = chosen.restore(Path(f"m.{ending}"))
    assert np.abs(chosen.run(restored, inputs) - chosen.run(model, inputs)).max() <= 1e-5


def test_build_saves_weights() -> None:
    found = run(
        "build", "mobilenet_v1", "-b", "torch", *SMALL, "--save", "w.safetensors", "--seed", "3"
    )
    assert found.exit_code == 0, found.output
    from archspec.weights.files import canonical_file

    network = archspec.load("mobilenet_v1", width=0.25, classes=7)
    saved, drawn = (
        canonical_file.read(Path("w.safetensors"), network.graph),
        network.init_weights(3),
    )
    assert all(np.array_equal(saved[name], drawn[name]) for name in drawn)


def test_generate_writes_or_prints() -> None:
    printed = run("generate", "mobilenet_v1", "--backend", "keras", "-o", "-")
    assert printed.exit_code == 0
    assert run("generate", "mobilenet_v1", "-b", "keras", "-o", "there.py").exit_code == 0
    assert Path("there.py").read_text() == printed.output
    assert run("generate", "mobilenet_v1", "-b", "keras", "-o", "no/such/there.py").exit_code in (
        0,
        2,
    )


def test_fix_makes_literals() -> None:
    given = ("generate", "mobilenet_v2", "-b", "torch")
    assert "dropout: float = 0.2" in run(*given).output
    found = run(*given, "--fix", "dropout", "--fix", "classes").output
    assert "def __init__(self) -> None:" in found
    assert "nn.Dropout(0.2)" in found


def test_what_is_no_argument_is_said() -> None:
    found = run("generate", "mobilenet_v1", "-b", "torch", "--keep", "resolution", "-o", "any.py")
    assert found.exit_code == 0
    assert "resolution is no argument: nothing in the file hangs on it\n" in found.output
    found = run("generate", "mobilenet_v1", "-b", "keras", "--keep", "resolution", "-o", "some.py")
    assert "no argument" not in found.output
    assert "resolution: int = 224" in Path("some.py").read_text()


def test_keep_makes_arguments() -> None:
    found = run(
        "generate", "mobilenet_v1", "-b", "torch", "--keep", "width", "--keep", "classes", "-o", "-"
    )
    assert "width: float = 1.0" in found.output
    assert (
        run("generate", "mobilenet_v1", "-b", "torch", "--keep", "widht", "-o", "-").exit_code == 1
    )


def test_summary_json_is_the_contract() -> None:
    found = json.loads(run("summary", "mobilenet_v1", "--format", "json").output)
    assert {"name", "vars", "input", "output", "params", "macs", "rows"} <= set(found)
    assert found["params"] == {
        "total": 4_253_864,
        "trainable": 4_231_976,
        "non_trainable": 21_888,
    }
    assert found["macs"] == 568_740_352
    assert found["input"] == [224, 224, 3]
    assert found["output"] == [1000]
    assert all({"name", "type", "output", "params", "macs"} <= set(row) for row in found["rows"])
    assert sum(row["params"] for row in found["rows"]) == 4_253_864


@pytest.mark.parametrize(
    ("top", "word"), [("softmax", "probabilities"), ("logits", "logits"), ("none", "features")]
)
def test_summary_says_what_comes_out(top: str, word: str) -> None:
    assert word in run("summary", "mobilenet_v1", "--set", f"top={top}").output


def test_validate_takes_several() -> None:
    found = run("validate", "mobilenet_v1", "mobilenet_v2")
    assert found.exit_code == 0
    assert found.output.count(": ok") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summary", "mobilenet_v3000"], "mobilenet"),
        (["summary", "nowhere.yaml"], "nowhere.yaml"),
        (["summary", "mobilenet_v1", "--set", "width"], "NAME=VALUE"),
        (["summary", "mobilenet_v1", "--input", "100x"], "100x90x3"),
        (["build", "mobilenet_v1", "--backend", "jax"], "torch"),
        (["build", "mobilenet_v1"], "keras and torch are installed: say which with --backend"),
        (["build", "mobilenet_v1", "-b", "torch", "--save", "m.keras"], "pt2"),
        (["nonsense"], "No such command 'nonsense'."),
        (["bild"], "Did you mean 'build'?"),
        (["sumary", "mobilenet_v1"], "Did you mean 'summary'?"),
        (["--hlep"], "--help"),
        (["summary", "mobilenet_v1", "--fromat", "csv"], "Did you mean '--format'?"),
        (["summary", "mobilenet_v1", "--format", "jsn"], "Did you mean 'json'?"),
        (["summary", "mobilenet_v1", "--by", "bolck"], "Did you mean 'block'?"),
        (["validate", "mobilenet_v1", "--format", "serif"], "Did you mean 'sarif'?"),
        (["build", "mobilenet_v1", "--backend", "pytorch"], "did you mean `torch`?"),
        (["generate", "mobilenet_v1", "-b", "kears"], "did you mean `keras`?"),
        (["list", "--family", "mobilnet_v1"], "did you mean `mobilenet_v1`?"),
        (["list", "nothing_like_it"], "`archspec list` shows all of it"),
        (["new", "mine", "--from", "mobilnet_v1"], "did you mean mobilenet_v1?"),
    ],
)
def test_wrong_usage_leaves_with_2(arguments: list[str], message: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2
    assert message in found.output
    assert "Traceback" not in found.output


def test_a_missing_framework_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec.lowering import backend

    monkeypatch.setattr(backend, "missing", lambda chosen: ("torch",))
    found = run("build", "mobilenet_v1", "--backend", "torch")
    assert found.exit_code == 2
    assert "archspec-nn[torch]" in found.output


def test_build_takes_the_framework_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec.lowering import backend

    for name, ending in (("torch", "_torch.py"), ("keras", "_keras.py")):
        monkeypatch.setattr(
            backend, "missing", lambda chosen, name=name: () if chosen.name == name else ("it",)
        )
        assert run("build", "mobilenet_v1", *SMALL).exit_code == 0
        assert Path(f"build/mobilenet_v1{ending}").exists()
    monkeypatch.setattr(backend, "missing", lambda chosen: ("it",))
    found = run("build", "mobilenet_v1", *SMALL)
    assert found.exit_code == 2
    assert "no framework is installed" in found.output
    for name in ("torch", "keras"):
        assert f"archspec-nn[{name}]" in found.output


def test_a_claim_that_is_repeated_is_said_once() -> None:
    """Values that are the spec's own are not another network."""
    Path("claims.yaml").write_text(CLAIMS)
    verdicts = json.loads(run("verify", "claims.yaml", "--format", "json").output)
    assert [(one["with"], one["claimed"]) for one in verdicts] == [
        ({}, "112"),
        ({"width": 2}, "224"),
        ({}, "0.1K"),
    ]


CLAIMS = """
archspec: 1
name: claims
vars: {width: 1}
input: [8, 8, 3]
rows:
  - {type: conv, name: stem, kernel: 3, filters: 4 * width}
expect:
  - {params: 112}
  - {with: {width: 1}, params: 112}
  - {with: {width: 2}, params: 224}
  - {params: 0.1K}
"""


def test_doctor_tells_of_the_other_archspec(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "torch" in run("doctor").output
    real = doctor.version
    monkeypatch.setattr(
        doctor, "version", lambda name: "0.2.5" if name == "archspec" else real(name)
    )
    found = run("doctor")
    assert "`archspec` 0.2.5 (CPU detection)" in found.output


@pytest.mark.parametrize("module", [["-m", "archspec"]])
def test_the_module_runs(module: list[str]) -> None:
    found = subprocess.run(
        [sys.executable, *module, "--version"], capture_output=True, text=True, check=True
    )
    assert archspec.__version__ in found.stdout


def test_a_failing_write_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    assert run("generate", "mobilenet_v2", "-b", "torch", "-o", "kept.py").exit_code == 0
    before = Path("kept.py").read_text()

    def broken(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", broken)
    found = run("generate", "mobilenet_v1", "-b", "torch", "-o", "kept.py")
    assert found.exit_code == 2
    assert "the disk is full" in found.output
    assert Path("kept.py").read_text() == before
    assert sorted(path.name for path in Path().iterdir()) == ["kept.py"]


def test_help_says_of_each_command_what_it_does() -> None:
    """In 80 columns no sentence is cut."""
    _, listed = run("--help").output.split("Commands:\n")
    lines = listed.splitlines()
    assert len(lines) >= 10
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_explain() -> None:
    from archspec.source.mistakes import CODES, HINTS

    listed = run("explain").output
    for code in CODES:
        found = run("explain", code)
        assert found.exit_code == 0
        assert CODES[code] in found.output
        assert code in listed
    wrong = run("explain", "flow-trop")
    assert wrong.exit_code == 2
    assert "did you mean `flow-trap`?" in wrong.output
    assert set(HINTS) <= set(CODES)


def test_every_code_is_raised_somewhere() -> None:
    """A code that nothing raises explains nothing."""
    from archspec.source.mistakes import CODES

    root = Path(__file__).parents[2]
    files = [*(root / "archspec").rglob("*.py"), *(root / "backends").rglob("*.py")]
    text = "".join(file.read_text() for file in files if file.parent.name != "mistakes")
    said = {*re.findall(r'"([\w-]+)"', text), *re.findall(r"\b[a-z]\w+\b(?=[(.,)])", text)}
    assert [code for code in CODES if not {code, code.replace("-", "_")} & said] == []


WRONG = (
    "archspec: 1\nname: wrong\ninput: [8, 8, 3]\nrows:\n"
    "  - {type: conv, name: a, kernl: 3, filters: 8}\n  - {type: relu7}\n"
)


def test_validate_for_machines() -> None:
    Path("wrong, 1.yaml").write_text(WRONG)
    command = ("validate", "mobilenet_v1", "wrong, 1.yaml", "--format")
    listed = run(*command, "json")
    assert listed.exit_code == 1
    found = json.loads(listed.output)
    assert [(d["line"], d["column"], d["code"]) for d in found] == [
        (5, 27, "unknown-key"),
        (6, 12, "unknown-type"),
    ]
    assert found[0]["hint"] == "did you mean `kernel`?"
    github = run(*command, "github").output.splitlines()
    assert github[0].startswith("::error file=wrong%2C 1.yaml,line=5,col=27,title=unknown-key::")
    assert "%0Adid you mean" in github[0]
    assert len(github) == 2
    sarif = json.loads(run(*command, "sarif").output)
    (result, _) = sarif["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["charLength"]) == (5, 27, 5)
    rules = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == "unknown-key"
    clean = run("validate", "mobilenet_v1", "--format", "json")
    assert (clean.exit_code, json.loads(clean.output)) == (0, [])


@pytest.mark.parametrize("command", [["summary", "mobilenet_v2"], ["verify"], ["list"]])
def test_tables_for_other_programs(command: list[str]) -> None:
    import csv

    table = run(*command)
    rows = list(csv.reader(run(*command, "--format", "csv").output.splitlines()))
    assert len({len(row) for row in rows}) == 1
    marked = run(*command, "--format", "markdown").output.splitlines()
    lines = [line for line in marked if line.startswith("|")]
    assert len(lines) == len(rows) + 1
    assert table.exit_code == 0
    for row in rows[1:]:
        assert row[0] in table.output


def test_csv_holds_numbers() -> None:
    import csv

    text = run("summary", "mobilenet_v1", "--format", "csv").output
    rows = list(csv.DictReader(text.splitlines()))
    assert sum(int(row["MACs"] or 0) for row in rows) == 568_740_352
    assert sum(int(row["Params"] or 0) for row in rows) == 4_253_864


def test_a_piped_table_is_as_wide_as_it_needs(tmp_path: Path) -> None:
    name = "a" * 200
    spec = tmp_path / "wide.yaml"
    spec.write_text(
        f"archspec: 1\nname: wide\ninput: [8, 8, 3]\nrows:\n  - {{type: relu, name: {name}}}\n"
    )
    assert name in run("summary", str(spec)).output
