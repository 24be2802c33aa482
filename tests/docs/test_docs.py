"""The pages show what the code is: excerpts are compared, links followed. `make golden` writes excerpts anew."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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


README = {
    "spec": lambda: excerpt("specs/mobilenet_v2.yaml", "blocks:", "      - {type: add"),
    "code": lambda: excerpt(
        "tests/golden/mobilenet_v2_torch.py", "class InvertedResidual", "    def forward"
    ),
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
def test_readme(marker: str, pytestconfig: pytest.Config) -> None:
    update = bool(pytestconfig.getoption("--update-golden"))
    compared(ROOT / "README.md", marker, README[marker](), update)


EXTRA = "tests/plugin/extra"
TABLE = '[project.entry-points."archspec.operations"]'
EXCERPTS = {  # page: (file, first line, line behind the last or nothing for the end of a definition)
    "adding-an-operation": [
        ("archspec/graph/ops/pool.py", "class AvgPool", ""),
        ("backends/archspec_torch/table.py", "def avg_pool", ""),
        ("backends/archspec_keras/table.py", "def avg_pool", ""),
        (f"{EXTRA}/pyproject.toml", TABLE, '[project.entry-points."archspec.backends"]'),
        (f"{EXTRA}/src/archspec_extra/leaky_relu.py", "class LeakyRelu", ""),
        (f"{EXTRA}/src/archspec_extra/leaky_relu.py", "def in_torch", ""),
    ],
    "adding-a-backend": [(f"{EXTRA}/src/archspec_extra/arrays/table.py", "def _window", "")],
}


@pytest.mark.parametrize(
    ("name", "path", "first", "last"),
    [(name, *excerpt) for name, excerpts in EXCERPTS.items() for excerpt in excerpts],
)
def test_pages_for_those_who_add(
    name: str, path: str, first: str, last: str, pytestconfig: pytest.Config
) -> None:
    update = bool(pytestconfig.getoption("--update-golden"))
    page = ROOT / f"docs/{name}.md"
    compared(page, f"{path}: {first}", excerpt(path, first, last), update)


def test_operations_page_is_made_from_the_code() -> None:
    spec = importlib.util.spec_from_file_location("page", ROOT / "docs/operations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert text == module.page(), "docs/operations.md is old: make docs"


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), (page.name, link)
