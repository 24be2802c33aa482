"""The generated files, as they are: read the diff of every change. Lint, types and length are part of the record."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main
from archspec.studies.building import code_lines

HERE = Path(__file__).parent
BACKENDS = ("torch", "keras")
# most code lines: no docstrings, comments, blank lines
FILES = {
    # name, variables that stay arguments besides `classes`
    ("efficientnet_lite0", ""): 120,
    ("mobilenet_v1", ""): 80,
    ("mobilenet_v2", ""): 90,
    ("mobilenet_v2", "width"): 100,
    ("resnet50", "depths"): 90,
    ("resnet50", "block_depths_groups_group_width"): 130,
    ("densenet121", "depths"): 90,
    ("efficientnet_lite0", "depth"): 140,
}
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
    assert code_lines(text) <= FILES[name, keep]


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
    files = [file.name for file in sorted(HERE.glob("*.py")) if file != Path(__file__)]
    run("ruff", "check", "--isolated", "--select=E,F,I,UP,B", "--line-length=100", *files)
    run("ruff", "format", "--isolated", "--check", "--line-length=100", *files)


def test_torch_files_are_type_clean(tmp_path: Path) -> None:
    for file in sorted(HERE.glob("*_torch.py")):
        run("mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", file.name)


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2"])
@pytest.mark.parametrize(("form", "ending"), [("table", "txt"), ("json", "json")])
def test_summary(name: str, form: str, ending: str, golden: Callable[[Path, str], None]) -> None:
    result = CliRunner().invoke(main, ["summary", name, "--format", form])
    assert result.exit_code == 0
    golden(HERE / f"{name}_summary.{ending}", result.output)
