"""The pages say what the code does: examples are loaded, excerpts are compared. `make golden` writes excerpts anew."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main

ROOT = Path(__file__).parents[2]
LANGUAGE = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/language.md").read_text(), re.S)


@pytest.mark.parametrize("text", LANGUAGE, ids=lambda text: text.split("name: ")[1].split()[0])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_examples_of_the_language(text: str, backend: str) -> None:
    network = archspec.load(text)
    assert network.table()
    assert all(verdict.status != "fail" for verdict in network.verify())
    assert network.printed(backend).calls > 0


def excerpt(path: str, first: str, last: str = "") -> str:
    """Lines of a file from the one that holds `first` to the one before `last` or to the end of the block."""
    lines = (ROOT / path).read_text().splitlines()
    start = next(k for k, line in enumerate(lines) if first in line)
    if last:
        end = next(k for k in range(start + 1, len(lines)) if last in lines[k])
    else:
        name = lines[start].split()[1].split("(")[0].rstrip(":")
        (node,) = (n for n in ast.parse("\n".join(lines)).body if getattr(n, "name", "") == name)
        end = node.end_lineno or start
    return "\n".join(lines[start:end]).rstrip() + "\n"


def command(*arguments: str) -> str:
    return CliRunner().invoke(main, list(arguments)).output


def summary() -> str:
    """The head and the foot of the table."""
    lines = command("summary", "mobilenet_v1", "--set", "width=0.5", "--input", "160x160x3")
    found = [line.rstrip() for line in lines.splitlines()]
    return "\n".join([*found[:8], "  ...", *found[-7:]]) + "\n"


def build() -> str:
    program = [sys.executable, "-m", "archspec", "build", "mobilenet_v1", "--backend", "torch"]
    found = subprocess.run(program, capture_output=True, text=True, check=True, cwd=WORK["folder"])
    return found.stdout


WORK: dict[str, Path] = {}
README = {
    "spec": lambda: excerpt("specs/mobilenet_v2.yaml", "blocks:", "      - {type: add"),
    "code": lambda: excerpt(
        "tests/golden/mobilenet_v2_torch.py", "class InvertedResidual", "    def forward"
    ),
    "summary": summary,
    "build": build,
    "error": lambda: (ROOT / "tests/errors/fractional_count.txt").read_text(),
}


def compared(page: Path, marker: str, text: str, update: bool) -> None:
    """The fenced block behind `<!-- marker -->` is this text."""
    pattern = re.compile(rf"(<!-- {re.escape(marker)} -->\n```\w+\n)(.*?)(```\n)", re.S)
    before = page.read_text()
    found = pattern.search(before)
    assert found, f"{page.name} has no excerpt {marker}"
    if update:
        page.write_text(pattern.sub(lambda m: m[1] + text + m[3], before))
        return
    assert found[2] == text, f"{page.name}: {marker} is old: make golden"


@pytest.mark.parametrize("marker", README)
def test_readme(marker: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    WORK["folder"] = tmp_path
    update = bool(pytestconfig.getoption("--update-golden"))
    compared(ROOT / "README.md", marker, README[marker](), update)


def test_readme_figures() -> None:
    network = archspec.load("mobilenet_v1", width=0.5, resolution=160)
    assert f"# {network.params.total}, {network.macs}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("archspec/graph/ops/pool.py", "class AvgPool"),
        ("backends/archspec_torch/table.py", "def avg_pool"),
        ("backends/archspec_keras/table.py", "def avg_pool"),
    ],
)
def test_adding_an_operation(path: str, first: str, pytestconfig: pytest.Config) -> None:
    update = bool(pytestconfig.getoption("--update-golden"))
    page = ROOT / "docs/adding-an-operation.md"
    compared(page, f"{path}: {first}", excerpt(path, first), update)


@pytest.mark.parametrize("name", ["operations", "errors"])
def test_pages_are_made_from_the_code(name: str) -> None:
    spec = importlib.util.spec_from_file_location("page", ROOT / f"docs/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert text == module.page(), f"docs/{name}.md is old: make docs"


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), (page.name, link)
