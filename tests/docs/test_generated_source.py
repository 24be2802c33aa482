"""docs/generated-source.md, run in a fresh folder: what is exported and loaded gives the logits of the models."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main
from archspec.lowering.backend import ready
from archspec.weights.files import canonical_file

PAGE = Path(__file__).parents[2] / "docs/generated-source.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ archspec ").split()
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.S)
    for line in block.splitlines()
    if line.startswith("$ ")
]
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.S)
SHOW = {  # what a program leaves, for the test to look at
    "safe_open": {
        "torch": (
            "import numpy as np, torch\n"
            "model.double().eval()\n"
            "x = torch.from_numpy(np.load('x.npy')).permute(0, 3, 1, 2)\n"
            "np.save('torch.npy', model(x).detach().numpy())\n"
        ),
        "keras": "import numpy as np\nnp.save('keras.npy', model(np.load('x.npy'), training=False))\n",
    },
    ".onnx": {
        "torch": (
            "import numpy as np\n"
            "x = torch.from_numpy(np.load('x.npy')).float().permute(0, 3, 1, 2)\n"
            "np.save('torch_onnx.npy', model(x).detach().numpy())\n"
        ),
        "keras": (
            "import numpy as np\n"
            "x = np.load('x.npy').astype('float32')\n"
            "np.save('keras_onnx.npy', model(x, training=False))\n"
        ),
    },
}


def framework_of(text: str) -> str:
    return "keras" if "keras" in text else "torch"


def program(text: str) -> str:
    """A block of the page, with lines that keep what it made."""
    backend = framework_of(text)
    first = (
        "import keras\nkeras.config.set_dtype_policy('float64')\n" if "safetensors" in text else ""
    )
    shown = next((lines[backend] for sign, lines in SHOW.items() if sign in text), "")
    return (first if backend == "keras" else "") + text + shown


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every block of the page was run, in its order."""
    place = tmp_path_factory.mktemp("in_use")
    (place / "pyproject.toml").write_text(re.findall(r"```toml\n(.*?)```", TEXT, re.S)[0])
    network = archspec.load("mobilenet_v2", width=0.35, input=(96, 96, 3))
    canonical_file.write(place / "canonical.safetensors", network.graph, network.random_weights(0))
    images = np.random.default_rng(0).normal(size=(2, 96, 96, 3))
    np.save(
        place / "x.npy", images.astype("float32").astype("float64")
    )  # an Input of Keras is float32
    before = Path.cwd()
    os.chdir(place)
    try:
        for command in COMMANDS:
            found = CliRunner().invoke(main, command)
            assert found.exit_code == 0, (command, found.output)
    finally:
        os.chdir(before)
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(place)}
    for framework in ("torch", "keras"):
        texts = [text for text in PROGRAMS if framework_of(text) == framework]
        scripts = [place / f"{framework}_{number}.py" for number in range(len(texts))]
        for file, text in zip(scripts, texts, strict=True):
            file.write_text(program(text))
        run = "import runpy, sys\nfor file in sys.argv[1:]: runpy.run_path(file)"
        ran = subprocess.run(
            [sys.executable, "-c", run, *map(str, scripts)],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
    return place


def test_both_frameworks_are_shown() -> None:
    assert sorted(map(framework_of, PROGRAMS)) == ["keras"] * 3 + ["torch"] * 6


def test_the_project_is_written(folder: Path) -> None:
    one = archspec.load("mobilenet_v2", width=0.35, input=(96, 96, 3))
    text = (folder / "models/mobilenet.py").read_text()
    assert text == one.source("torch", keep=("classes", "dropout"))
    assert (folder / "models/mobilenet_keras.py").is_file()


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_canonical_weights_without_archspec(folder: Path, backend: str) -> None:
    """The ten lines import nothing of archspec, and give the logits of archspec's own model in float64."""
    (text,) = (p for p in PROGRAMS if "safetensors" in p and f"mobilenet_{backend}" in p)
    assert "archspec" not in text
    body = text.partition("import Mob" if backend == "torch" else "import mob")[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 10
    network = archspec.load("mobilenet_v2", width=0.35, input=(96, 96, 3))
    model = network.build(backend, weights=network.random_weights(0), dtype="float64")
    expected = ready(backend).run(model, np.load(folder / "x.npy"))
    found = np.load(folder / f"{backend}.npy")
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_exported_graphs_give_the_model_s_logits(folder: Path, backend: str) -> None:
    import onnx
    from onnx.reference import ReferenceEvaluator

    graph = onnx.load(folder / f"mobilenet_{backend}.onnx")
    onnx.checker.check_model(graph)
    x = np.load(folder / "x.npy").astype("float32")
    given = x.transpose(0, 3, 1, 2) if backend == "torch" else x
    (found,) = ReferenceEvaluator(graph).run(None, {graph.graph.input[0].name: given})
    expected = np.load(folder / f"{backend}_onnx.npy")
    assert np.ptp(expected) > 1e-2
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
