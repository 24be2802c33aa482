"""Source that a file carries: layers that a framework lacks, functions of the language."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import field
from functools import cache
from pathlib import Path

from archspec.graph import expr
from archspec.records import dataclass


@dataclass(slots=True)
class File:
    """The pieces of a file, as lines."""

    imports: list[str] = field(default_factory=list)
    constants: list[list[str]] = field(default_factory=list)
    helpers: list[list[str]] = field(default_factory=list)
    definitions: list[list[str]] = field(default_factory=list)


@cache
def _segments(path: Path) -> dict[str, list[str]]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found: dict[str, list[str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[node.name] = lines[first - 1 : node.end_lineno]
    return found


def mentioned(lines: Sequence[str]) -> set[str]:
    """The names that some lines of Python read."""
    tree = ast.parse("\n".join(lines))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def carried(
    paths: Sequence[Path], known: frozenset[str], written: Sequence[str]
) -> list[list[str]]:
    """The definitions of support files that the written lines use."""
    used = mentioned(written) & known
    return [lines for path in paths for name, lines in _segments(path).items() if name in used]


def helper_functions(written: Sequence[str]) -> list[list[str]]:
    """The language's own functions that the written lines use, as archspec itself defines them."""
    if "make_divisible" not in mentioned(written):
        return []
    return [_segments(Path(expr.__file__))["make_divisible"]]
