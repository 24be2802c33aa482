"""The examples of the codes: for each a spec that is wrong and the same mended. Read where somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping as Known
from dataclasses import field
from pathlib import Path

from archspec.records import dataclass
from archspec.source.nodes import Mapping, Scalar
from archspec.source.reader import read, read_file

FILE = "spec.yaml"


@dataclass(frozen=True, slots=True)
class Example:
    """Texts of `spec.yaml`, wrong and right, what is typed for each, and the files beside it."""

    wrong: str
    right: str
    command: str
    mended: str
    files: Known[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    times: int = 1


def examples() -> dict[str, Example]:
    """An example for every code, by code."""
    root = read(read_file(Path(__file__).with_suffix(".yaml"), "examples.yaml"))
    assert isinstance(root, Mapping)
    return {entry.key.text: _example(entry.value) for entry in root.entries}


def _example(node: object) -> Example:
    assert isinstance(node, Mapping)
    text = {e.key.text: e.value.text for e in node.entries if isinstance(e.value, Scalar)}
    files = node.get("files")
    beside = files.entries if isinstance(files, Mapping) else ()
    command = text.get("command", f"validate {FILE}")
    return Example(
        text["wrong"],
        text.get("right", text["wrong"]),
        command,
        text.get("mended", command),
        {e.key.text: e.value.text for e in beside if isinstance(e.value, Scalar)},
        text.get("encoding", "utf-8"),
        int(text.get("times", "1")),
    )
