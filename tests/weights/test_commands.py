"""The commands of `archspec weights`, as people type them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import archspec
from archspec.api import Network
from archspec.cli.main import main
from archspec.lowering.backend import ready
from archspec.weights.files import canonical_file, safetensors_file

SMALL = ["--set", "width=0.25", "--set", "classes=7"]
FRAMEWORKS = {"torch", "keras", "tensorflow", "jinja2", "onnx", "h5py"}


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    """A network whose canonical weights are in w.safetensors of an empty folder."""
    monkeypatch.chdir(tmp_path)
    found = archspec.load("mobilenet_v1", width=0.25, classes=7)
    canonical_file.write(Path("w.safetensors"), found.graph, found.random_weights(1))
    return found


def run(*arguments: str, code: int = 0) -> Result:
    found = CliRunner().invoke(main, ["weights", *arguments])
    assert found.exit_code == code, found.output
    return found


def test_export_and_import(network: Network) -> None:
    for name, layout in (("a.pt", "torch"), ("a.safetensors", "torch"), ("a.weights.h5", "keras")):
        run("export", "w.safetensors", "mobilenet_v1", *SMALL, "--layout", layout, "-o", name)
        found = run(
            "import", name, "mobilenet_v1", *SMALL, "--layout", layout, "-o", "back.safetensors"
        )
        assert "matched 137 tensors" in found.output
        assert "137 equal" in run("diff", "w.safetensors", "back.safetensors").output


def test_exported_state_dicts_load_strictly(network: Network) -> None:
    import torch
    from safetensors.torch import load_file

    run("export", "w.safetensors", "mobilenet_v1", *SMALL, "--layout", "torch", "-o", "a.pt")
    run(
        "export",
        "w.safetensors",
        "mobilenet_v1",
        *SMALL,
        "--layout",
        "torch",
        "-o",
        "a.safetensors",
    )
    chosen = ready("torch")
    printed = network.printed("torch")
    Path("model.py").write_text(printed.text)
    for state in (torch.load("a.pt", weights_only=True), load_file("a.safetensors")):
        for model in (
            network.build("torch"),
            chosen.import_source(Path("model.py"), printed.model, "float32", network.input_shape),
        ):
            model.load_state_dict(state, strict=True)
            dumped = chosen.dump(model, chosen.lower(network.graph))
            expected = network.random_weights(1)
            assert all(np.array_equal(dumped[n], expected[n]) for n in expected)


def test_exported_keras_weights_load_into_both_models(network: Network) -> None:
    run("export", "w.safetensors", "mobilenet_v1", *SMALL, "-o", "a.weights.h5")
    chosen = ready("keras")
    printed = network.printed("keras")
    Path("model.py").write_text(printed.text)
    for model in (
        network.build("keras"),
        chosen.import_source(Path("model.py"), printed.model, "float32", network.input_shape),
    ):
        model.load_weights("a.weights.h5")
        dumped = chosen.dump(model, chosen.lower(network.graph))
        expected = network.random_weights(1)
        assert all(np.array_equal(dumped[n], expected[n]) for n in expected)


def test_the_map_of_an_import(network: Network) -> None:
    run("export", "w.safetensors", "mobilenet_v1", *SMALL, "--layout", "torch", "-o", "a.pt")
    shown = run("import", "a.pt", "mobilenet_v1", *SMALL, "--map").output
    (line,) = (line for line in shown.splitlines() if line.split()[:1] == ["classifier.kernel"])
    assert line.split() == [
        "classifier.kernel",
        "classifier.weight",
        "256",
        "x",
        "7",
        "7",
        "x",
        "256",
    ]
    assert not Path("canonical.safetensors").exists()


def test_like_a_file_of_theirs(network: Network) -> None:
    """The same match run backwards: names, order, types and counters of a file that is not ours."""
    import torch

    run("export", "w.safetensors", "mobilenet_v1", *SMALL, "--layout", "torch", "-o", "own.pt")
    own = torch.load("own.pt", weights_only=True)
    theirs = {f"module.{name}": torch.full_like(value, 3).double() for name, value in own.items()}
    torch.save(theirs, "theirs.pt")
    for target in ("out.pt", "out.safetensors"):
        run(
            "export",
            "w.safetensors",
            "mobilenet_v1",
            *SMALL,
            "--like",
            "theirs.pt",
            "-o",
            target,
            "-l",
            "timm",
        )
    made = torch.load("out.pt", weights_only=True)
    assert list(made) == list(theirs)
    for name, value in own.items():
        other = made[f"module.{name}"]
        assert other.dtype == torch.float64
        assert (other == (3 if name.endswith("tracked") else value)).all()
    assert "0 equal" not in run("diff", "out.pt", "out.safetensors").output


def test_inspect(network: Network) -> None:
    shown = run("inspect", "w.safetensors", "mobilenet_v1", *SMALL).output
    assert "137 tensors, " in shown
    assert "the digest is the network's" in shown
    other = run("inspect", "w.safetensors", "mobilenet_v1", *SMALL, "--input", "96x96x3").output
    assert "the digest is not the network's" in other
    wide = run("inspect", "w.safetensors", "mobilenet_v1", code=1).output
    assert "wrong: classifier.bias: (7,), (1000,) expected by row classifier" in wide
    found = json.loads(run("inspect", "w.safetensors", "--format", "json").output)
    stem = found["tensors"][0]
    array = network.random_weights(1)["stem.kernel"]
    assert (stem["name"], stem["shape"], stem["dtype"]) == ("stem.kernel", [3, 3, 3, 8], "float32")
    assert (stem["least"], stem["greatest"]) == (array.min(), array.max())
    assert stem["mean"] == pytest.approx(array.mean(dtype=np.float64), abs=1e-12)


def test_inspect_counts_what_is_not_a_number(tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32)
    values[[1, 3]], values[4] = np.nan, np.inf
    safetensors_file.write(
        tmp_path / "w.safetensors", {"a": values, "none": np.zeros((0, 3), np.float32)}, {}
    )
    one, none = json.loads(
        run("inspect", str(tmp_path / "w.safetensors"), "--format", "json").output
    )["tensors"]
    assert (one["nan"], one["infinite"], one["least"], one["greatest"]) == (2, 1, 0.0, 5.0)
    assert none["mean"] is None


def test_convert(network: Network) -> None:
    run("convert", "w.safetensors", "w.pt")
    run("convert", "w.pt", "again.safetensors")
    assert "137 equal" in run("diff", "w.safetensors", "again.safetensors").output
    run("convert", "w.safetensors", "half.safetensors", "--dtype", "float16")
    half = canonical_file.read(
        Path("half.safetensors"), network.graph
    )  # still canonical, checksum and all
    assert all(array.dtype == np.float16 for array in half.values())
    found = run("diff", "w.safetensors", "half.safetensors", code=1).output
    assert "float32, float16" in found


def test_versions_of_modules_are_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision's MNASNet, for one, refuses a state dict that does not state its own."""
    import torch

    monkeypatch.chdir(tmp_path)
    state = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).state_dict()
    torch.save(state, "theirs.pt")
    run("convert", "theirs.pt", "ours.pt")
    made = torch.load("ours.pt", weights_only=True)
    versions = {module: facts["version"] for module, facts in made._metadata.items()}
    assert versions == {"": 1, "0": 1, "1": 2}
    vars(state)["_metadata"] = {"": {"version": "one"}, "1": 7, 0: {"version": 1}}
    torch.save(state, "odd.pt")
    run("convert", "odd.pt", "plain.pt")
    assert not hasattr(torch.load("plain.pt", weights_only=True), "_metadata")


def test_diff(network: Network) -> None:
    weights = network.random_weights(1)
    weights["stem.kernel"][0, 0, 0, 0] += 0.5
    weights["more"] = np.zeros(3, np.float32)
    weights["classifier.bias"] = np.zeros(8, np.float32)
    del weights["stem.norm.beta"]
    weights["stem.norm.mean"][2] = np.nan
    safetensors_file.write(Path("other.safetensors"), weights, {})
    found = json.loads(
        run("diff", "w.safetensors", "other.safetensors", "--format", "json", code=1).output
    )
    told = {one["name"]: one for one in found}
    assert {name: one["status"] for name, one in told.items()} == {
        "stem.kernel": "differs",
        "stem.norm.mean": "differs",
        "stem.norm.beta": "missing",
        "classifier.bias": "shape",
        "more": "extra",
    }
    assert told["stem.kernel"]["worst"] == pytest.approx(0.5, abs=1e-6)
    every = json.loads(
        run(
            "diff", "w.safetensors", "other.safetensors", "--format", "json", "--all", code=1
        ).output
    )
    assert len(every) == 138
    assert "137 equal" in run("diff", "w.safetensors", "w.safetensors").output


def test_build_takes_weights(network: Network) -> None:
    arguments = ["build", "mobilenet_v1", "-b", "torch", *SMALL, "--input", "64x64x3"]
    found = CliRunner().invoke(
        main, [*arguments, "--weights", "w.safetensors", "--save", "saved.safetensors"]
    )
    assert found.exit_code == 0, found.output
    assert "137 equal" in run("diff", "w.safetensors", "saved.safetensors").output
    wrong = CliRunner().invoke(
        main, ["build", "mobilenet_v1", "-b", "torch", *SMALL[:2], "--weights", "w.safetensors"]
    )
    assert wrong.exit_code == 1
    assert "classifier.bias: (7,), (1000,) expected by row classifier" in wrong.output


def test_building_from_a_file_in_python(network: Network) -> None:
    for name in ("torch", "keras"):
        chosen = ready(name)
        model: Any = network.build(name, weights="w.safetensors")
        dumped = chosen.dump(model, chosen.lower(network.graph))
        expected = network.random_weights(1)
        assert all(np.array_equal(dumped[n], expected[n]) for n in expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "nothing.pt", "mobilenet_v1"], "File 'nothing.pt' does not exist"),
        (["import", "w.safetensors", "mobilenet_v1000"], "neither a file nor a spec"),
        (
            ["export", "w.safetensors", "mobilenet_v1", *SMALL, "-l", "torch"],
            "Missing option '--output'",
        ),
        (
            [
                "export",
                "w.safetensors",
                "mobilenet_v1",
                *SMALL,
                "--like",
                "w.safetensors",
                "--dtype",
                "float16",
                "-l",
                "torch",
                "-o",
                "x.pt",
            ],
            "types of its own",
        ),
        (["convert", "w.safetensors", "x.pt", "--dtype", "int8"], "is not one of"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_usage_leaves_with_2(network: Network, arguments: list[str], message: str) -> None:
    assert message in run(*arguments, code=2).output


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "w.safetensors"],
        ["inspect", "w.safetensors", "mobilenet_v1", *SMALL],
        ["diff", "w.safetensors", "w.safetensors"],
        ["convert", "w.safetensors", "x.safetensors"],
        [
            "export",
            "w.safetensors",
            "mobilenet_v1",
            *SMALL,
            "--layout",
            "torch",
            "-o",
            "t.safetensors",
        ],
        [
            "import",
            "own.safetensors",
            "mobilenet_v1",
            *SMALL,
            "--layout",
            "torchvision",
            "-o",
            "y.safetensors",
        ],
        [
            "transfer",
            "mobilenet_v1",
            "mobilenet_v1",
            "--set-old",
            "width=0.25",
            "--set-old",
            "classes=7",
            "--weights",
            "w.safetensors",
            "-o",
            "z.safetensors",
        ],
        ["--help"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_safetensors_need_no_framework(network: Network, arguments: list[str]) -> None:
    from archspec.lowering.backend import backend
    from archspec.lowering.layouts import native

    safetensors_file.write(
        Path("own.safetensors"),
        native(backend("torch").lower(network.graph), network.random_weights(1)),
        {},
    )
    program = (
        "import sys\nfrom archspec.cli.main import main\n"
        f"try: main({['weights', *arguments]!r})\nexcept SystemExit as left: code = left.code\n"
        "print('\\nmodules', code, *sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    _, code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stdout + done.stderr
    assert not set(modules) & FRAMEWORKS
