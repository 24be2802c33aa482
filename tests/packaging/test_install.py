"""The wheel and the editable install, in environments of their own: the core alone, one framework, the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
COPIED = ("archspec", "backends", "specs", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
SMALL = ["--set", "width=0.25", "--input", "64x48x3"]


class Environment:
    """A virtual environment; `run` starts its programs in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "env" / "bin"
        self.home = folder / "home"
        self.home.mkdir()
        venv.create(folder / "env", with_pip=True, symlinks=True)

    def install(self, *what: str) -> None:
        flags = ["-q", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
        self.run("python", "-m", "pip", "install", *flags, *what)

    def run(self, program: str, *arguments: str, code: int = 0) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        found = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.home,
            env={**clean, "TF_CPP_MIN_LOG_LEVEL": "2"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == code, found.stdout + found.stderr
        return found.stdout + found.stderr

    def has(self, module: str) -> bool:
        code = f"import importlib.util as u; print(u.find_spec({module!r}) is not None)"
        return self.run("python", "-c", code).strip() == "True"


Make = Callable[[str], Environment]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return lambda name: Environment(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("source")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (found,) = (folder / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="session")
def core(make: Make, wheel: Path) -> Environment:
    made = make("core")
    made.install(str(wheel))
    return made


def test_wheel_holds_the_zoo_and_the_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        told = archive.read(metadata).decode()
    for wanted in (
        "archspec/py.typed",
        "archspec/specs/mobilenet_v1.yaml",
        "archspec/specs/mobilenet_v2.yaml",
        "archspec/specs/archspec.schema.json",
        "archspec/specs/blocks/separable.yaml",
        "archspec_torch/templates/module.py.jinja",
        "archspec_keras/templates/module.py.jinja",
        "archspec_torch/py.typed",
        "archspec_keras/py.typed",
    ):
        assert wanted in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "archspec",
        "archspec_torch",
        "archspec_keras",
    }
    for extra in ("torch", "keras", "onnx", "all", "dev"):
        assert f"Provides-Extra: {extra}" in told
    assert "Requires-Python: >=3.11" in told


def test_core_alone(core: Environment) -> None:
    """No framework: everything but `build` works, and `build` names the extra."""
    assert not core.has("torch")
    assert not core.has("keras")
    assert "mobilenet_v2" in core.run("archspec", "list")
    assert "4,253,864" in core.run("archspec-nn", "summary", "mobilenet_v1")
    assert json.loads(core.run("archspec", "summary", "mobilenet_v2", "--format", "json"))["macs"]
    assert ": ok" in core.run("python", "-m", "archspec", "validate", "mobilenet_v1")
    told = core.run("archspec", "doctor")
    assert "not installed" in told
    for backend in ("torch", "keras"):
        core.run("archspec", "generate", "mobilenet_v2", "-b", backend, "-o", f"{backend}.py")
        golden = (GOLDEN / f"mobilenet_v2_{backend}.py").read_text()
        assert (core.home / f"{backend}.py").read_text() == golden
        missing = core.run("archspec", "build", "mobilenet_v1", "--backend", backend, code=2)
        assert f"archspec-nn[{backend}]" in missing
        assert "Traceback" not in missing


RUNS = {
    "torch": (
        "import torch, mobilenet_v{n}_torch as m\n"
        "model = m.MobileNetV{n}(classes=7).eval()\n"
        "print(tuple(model(torch.zeros(2, 3, 75, 97)).shape))\n"
    ),
    "keras": (
        "import numpy as np, mobilenet_v{n}_keras as m\n"
        "model = m.mobilenet_v{n}((75, 97, 3), classes=7)\n"
        "print(tuple(model(np.zeros((2, 75, 97, 3), 'float32')).shape))\n"
    ),
}
FRAMEWORKS = {"torch": ["torch", "numpy"], "keras": ["keras", "tensorflow-cpu"]}


@pytest.mark.parametrize(("backend", "other"), [("torch", "keras"), ("keras", "torch")])
def test_one_framework(make: Make, wheel: Path, backend: str, other: str) -> None:
    """Generated files run where archspec is not; then archspec works with the framework that is there."""
    made = make(backend)
    made.install(*FRAMEWORKS[backend])
    assert not made.has("archspec")
    assert not made.has(other)
    for number in (1, 2):
        shutil.copy(GOLDEN / f"mobilenet_v{number}_{backend}.py", made.home)
        shown = made.run("python", "-c", RUNS[backend].format(n=number))
        assert "(2, 7)" in shown
    made.install(str(wheel))
    told = made.run("archspec", "build", "mobilenet_v2", "-b", backend, *SMALL, "--prove")
    assert "wrote" in told
    assert (made.home / "build" / f"mobilenet_v2_{backend}.py").exists()
    missing = made.run("archspec", "build", "mobilenet_v2", "-b", other, *SMALL, code=2)
    assert f"archspec-nn[{other}]" in missing
    made.run("archspec", "generate", "mobilenet_v2", "-b", other, "-o", "other.py")


def test_editable_install_finds_the_zoo(make: Make, tmp_path: Path) -> None:
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    made = make("editable")
    made.install("-e", str(tmp_path))
    assert "mobilenet_v2" in made.run("archspec", "list")
    spec = tmp_path / "specs" / "mobilenet_v1.yaml"
    spec.write_text(spec.read_text().replace("classes: 1000", "classes: 10"))
    assert "3,239,114" in made.run("archspec", "summary", "mobilenet_v1")
