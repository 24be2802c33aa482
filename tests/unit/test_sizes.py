"""Files and functions stay of a size that a person reads in one go."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "archspec").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
LINES, FUNCTION = 400, 60
# the middle of printing, which is to be redrawn
EXEMPT = ("archspec/printing/draft/",)


def test_files() -> None:
    sizes = {_name(file): len(file.read_text().splitlines()) for file in FILES}
    large = {name for name, size in sizes.items() if size > LINES and not name.startswith(EXEMPT)}
    assert not large


def test_functions() -> None:
    long = [
        f"{_name(file)}: {node.name}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION
    ]
    assert [one for one in long if not one.startswith(EXEMPT)] == []


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
