"""The pages show what the code is: excerpts are compared, links followed. `make golden` writes excerpts anew."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import archspec

ROOT = Path(__file__).parents[2]
REAL_PICTURES = (ROOT / "docs/real-pictures.md").read_text(encoding="utf-8")


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
        ("backends/archspec_torch/tables/pool.py", "def avg_pool", ""),
        ("backends/archspec_keras/tables/pool.py", "def avg_pool", ""),
        (f"{EXTRA}/pyproject.toml", TABLE, '[project.entry-points."archspec.backends"]'),
        (f"{EXTRA}/src/archspec_extra/sloped_relu.py", "class SlopedRelu", ""),
        (f"{EXTRA}/src/archspec_extra/sloped_relu.py", "def in_torch", ""),
    ],
    "side-by-side": [
        ("tests/golden/mobilenet_v2_torch.py", "class InvertedResidual", ""),
        ("tests/golden/resnet50_torch.py", "class BottleneckBlock", ""),
        ("tests/golden/xception_keras.py", "def middle_block", ""),
        ("tests/golden/xception_keras.py", "def xception", ""),
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


@pytest.mark.parametrize("name", ["operations", "errors"])
def test_pages_are_made_from_the_code(name: str, page_maker: Callable[[str], Any]) -> None:
    text = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert text == page_maker(name).page(), f"docs/{name}.md is old: make docs"


def test_real_pictures_page_is_what_the_models_see(page_maker: Callable[[str], Any]) -> None:
    maker = page_maker("real_pictures")
    assert maker.page() == REAL_PICTURES, "docs/real-pictures.md is old: make docs"
    for name in maker.PICTURES:
        shown = np.asarray(Image.open(ROOT / "docs/images" / f"{name}.png")).astype(int)
        assert np.abs(shown - maker.image(name)).max() <= 1, f"docs/images/{name}.png: make docs"


def test_real_pictures_python_runs_as_it_stands(tmp_path: Path) -> None:
    """Both blocks, one behind the other: the second makes a model of the generated file, and it sees the same."""
    blocks = re.findall(r"```python\n(.*?)```", REAL_PICTURES, re.S)
    (tmp_path / "lite0.py").write_text(archspec.load("efficientnet_lite0").source("torch"))
    agree = (
        "print(torch.allclose(model(batch).softmax(1)[0, found.indices], found.values, atol=1e-6))"
    )
    (tmp_path / "page.py").write_text("\n".join([*blocks, agree]))
    program = [sys.executable, "page.py"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run(
        program, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    ).stdout.split("\n")
    rows = re.findall(r"\((\d+)\) \| ([\d.]+)", REAL_PICTURES)
    assert printed == [*(f"{k} {p}" for k, p in [*rows[::2], *rows[1::2]]), "True", ""]


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), (page.name, link)
