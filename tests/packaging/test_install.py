"""The wheel and the editable install, in environments of their own: the core alone, one framework, the other."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import Make
from tests.packaging.environment import COPIED, ROOT, Environment

GOLDEN = ROOT / "tests" / "golden"
ALONE = ROOT / "tests" / "packaging" / "golden_alone.py"
SMALL = ["--set", "width=0.25", "--input", "64x48x3"]


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
        "archspec/printing/templates/python.jinja",
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


FRAMEWORKS = {"torch": ["torch", "numpy"], "keras": ["keras", "tensorflow-cpu"]}


@pytest.mark.parametrize(("backend", "other"), [("torch", "keras"), ("keras", "torch")])
def test_one_framework(make: Make, wheel: Path, backend: str, other: str) -> None:
    """Generated files run where archspec is not; then archspec works with the framework that is there."""
    made = make(backend)
    made.install(*FRAMEWORKS[backend])
    assert not made.has("archspec")
    assert not made.has(other)
    for file in (ALONE, *GOLDEN.glob("*_torch.py"), *GOLDEN.glob("*_keras.py")):
        shutil.copy(file, made.home)
    files = sorted(file.name for file in GOLDEN.glob(f"*_{backend}.py"))
    shown = made.run("python", ALONE.name, *files)
    assert files
    for file in files:
        assert f"{file} 2x" in shown
    assert f"mobilenet_v1_{backend}.py 2x7\n" in shown
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
