"""The generated files, as they are: read the diff of every change. Lint, types and length are part of the record."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main

HERE = Path(__file__).parent
BACKENDS = ("torch", "keras")
# one network of each family, and more of it where other variables stay arguments
FAMILIES = (
    "alexnet",
    "convnext_tiny",
    "convnext_tiny_keras",
    "densenet121",
    "densenet121_keras",
    "efficientnet_b0",
    "efficientnet_b0_keras",
    "efficientnet_lite0",
    "efficientnet_v2_s",
    "efficientnet_v2_b0_keras",
    "googlenet",
    "inception_resnet_v2",
    "inception_v3",
    "inception_v3_keras",
    "mnasnet0_5",
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v2_keras",
    "mobilenet_v3_large",
    "mobilenet_v3_large_keras",
    "nasnet_mobile",
    "regnet_y_400mf",
    "resnet50",
    "resnet50_keras",
    "resnet50_v2",
    "shufflenet_v2_x1_0",
    "squeezenet1_0",
    "vgg11",
    "vgg16_keras",
    "xception",
)
FILES = [
    *((name, "") for name in FAMILIES),
    ("mobilenet_v2", "width"),
    ("resnet50", "depths"),
    ("resnet50", "block_depths_groups_group_width"),
    ("densenet121", "depths"),
    ("efficientnet_lite0", "depth"),
]
KEPT = {"block_depths_groups_group_width": ("block", "depths", "groups", "group_width")}
CASES = [(name, keep, backend) for name, keep in FILES for backend in BACKENDS]


def file_of(name: str, keep: str, backend: str) -> Path:
    return HERE / "_".join(part for part in (name, keep, backend + ".py") if part)


@pytest.mark.parametrize(("name", "keep", "backend"), CASES)
def test_source(name: str, keep: str, backend: str, golden: Callable[[Path, str], None]) -> None:
    network = archspec.load(name)
    kept = ["classes", *(v for v in network.vars if v in KEPT.get(keep, (keep,)))]
    text = network.source(backend, keep=kept if keep else None)
    golden(file_of(name, keep, backend), text)


def test_every_family_has_its_files() -> None:
    networks = CliRunner().invoke(main, ["list", "--format", "json"])
    rows = json.loads(networks.output)
    family = {row["name"]: row["family"] for row in rows}
    assert sorted(family[name] for name in FAMILIES) == sorted({row["family"] for row in rows})


def test_source_is_the_same_in_every_process(in_every_process: Callable[[str], bytes]) -> None:
    in_every_process(
        "import archspec, sys\n"
        "for b in ('torch', 'keras'): sys.stdout.write(archspec.load('mobilenet_v2').source(b))"
    )


def test_torch_source_is_how_people_write_it() -> None:
    text = file_of("mobilenet_v2", "", "torch").read_text()
    tree = ast.parse(text)
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert classes == ["ConvNormAct", "InvertedResidual", "MobileNetV2"]
    assert "for t, c, n, s in " in text
    assert "classes: int = 1000" in text
    assert "[6, 160, 3, 2]" in text or "(6, 160, 3, 2)" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_source_imports_nothing_of_ours(backend: str) -> None:
    for name, keep in FILES:
        tree = ast.parse(file_of(name, keep, backend).read_text())
        imported = {
            alias.name if isinstance(node, ast.Import) else str(node.module)
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        allowed = {"math", "typing", "collections", "torch", "torch.nn", "keras"}
        assert imported <= allowed


def run(*command: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, cwd=HERE, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_files_are_lint_clean() -> None:
    files = [file.name for backend in BACKENDS for file in sorted(HERE.glob(f"*_{backend}.py"))]
    run("ruff", "check", "--isolated", "--select=E,F,I,UP,B", "--line-length=100", *files)
    run("ruff", "format", "--isolated", "--check", "--line-length=100", *files)


def test_torch_files_are_type_clean(tmp_path: Path) -> None:
    files = [file.name for file in sorted(HERE.glob("*_torch.py"))]
    # a layer's call gives Any, and people return it
    options = ("--strict", "--no-warn-return-any", "--config-file=", f"--cache-dir={tmp_path}")
    run("mypy", *options, *files)


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2"])
@pytest.mark.parametrize(("form", "ending"), [("table", "txt"), ("json", "json")])
def test_summary(name: str, form: str, ending: str, golden: Callable[[Path, str], None]) -> None:
    result = CliRunner().invoke(main, ["summary", name, "--format", form])
    assert result.exit_code == 0
    golden(HERE / f"{name}_summary.{ending}", result.output)
