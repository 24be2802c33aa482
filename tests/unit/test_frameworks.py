"""Frameworks know themselves: archspec names none of them but in its docs and in what it says to people."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2] / "archspec"
NAMES = re.compile(r"torch|keras|tensorflow|\bjax\b|\btimm\b|\bnn\.|\blayers\.", re.IGNORECASE)
SAID = {  # what people read: an example to follow, or a rule and where it comes from
    "model.pt2, model.keras or weights.safetensors.": "help of --save: endings",
    " --backend torch": "the next command, after `archspec new`",
    'the name of a framework: "torch"': "what a key of pyproject.toml takes",
    "Size / stride cells come out, rounded up; the extra cell is at the end (TensorFlow, "
    "ONNX's SAME_UPPER).": "the padding `same`, in docs and editors",
    "kernel // 2 cells on each side, as PyTorch code pads.": "the padding `symmetric`",
    "`same` (TensorFlow's: the extra cell at the end), `symmetric` (kernel // 2 on each side), "
    "`valid`, cells, or [height, width], each a number or [before, after].": "the key `padding`",
    "torchvision, timm, torch, keras or onnx": "help of --from: layouts",
    " names no `reference`: --reference torchvision.models.NAME": "a mistake",
    "generate spec.yaml --backend keras --output net.py": "the example of a mistake",
}
IDENTIFIERS = ("id", "attr", "name", "arg", "asname", "module", "names")


def named(file: Path) -> Iterator[tuple[int, str]]:
    """Strings and identifiers of a module that name a framework, with their lines; no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        texts = [getattr(node, key, None) for key in IDENTIFIERS]
        if isinstance(node, ast.Constant) and id(node) not in docs:
            texts.append(node.value)
        for text in texts:
            if isinstance(text, str) and NAMES.search(text):
                yield getattr(node, "lineno", 0), text


@cache
def everything() -> dict[str, list[tuple[int, str]]]:
    files = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.py"))}
    return {name: list(named(path)) for name, path in files.items()}


def test_no_framework_is_named() -> None:
    found = [
        f"archspec/{name}:{line}: {text!r}"
        for name, places in everything().items()
        for line, text in places
        if text not in SAID
    ]
    assert not found, "\n".join(found)


def test_what_is_said_is_said_somewhere() -> None:
    """A message that is gone leaves the list."""
    texts = {text for places in everything().values() for _, text in places}
    assert SAID.keys() <= texts
