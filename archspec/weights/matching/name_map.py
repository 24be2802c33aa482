"""Maps of names beside a spec: `specs/resnet.weights.yaml` for `specs/resnet.yaml`.

    weights: 1
    torchvision:
      words: {shortcut: downsample}     # a word in names of rows, and what the source calls it
      rows: {classifier: fc}            # a row, and its layer

For networks whose rows stand side by side with weights of the same shapes; most need none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Mapping as Map
from dataclasses import field
from pathlib import Path

from archspec.records import dataclass
from archspec.source import Diagnostic, Mapping, Scalar, SpecError, YamlNode, read, read_file
from archspec.source.mistakes import missing_key, unknown_key, wrong_form
from archspec.weights.checkpoints import layouts

ENDING = ".weights.yaml"
VERSION = "weights"
KEYS = ("rows", "words")


@dataclass(frozen=True, slots=True)
class NameMap:
    """Rows whose layer is stated, and words that mean the same on both sides; `source` is the file of the map."""

    rows: Map[str, str] = field(default_factory=dict)
    words: Map[str, str] = field(default_factory=dict)
    source: str = ""


NONE = NameMap()


def of_file(path: Path, layout: str) -> NameMap:
    """The map of names in a file for a layout; raises SpecError."""
    root = read(read_file(path))
    if not isinstance(root, Mapping):
        message = "a map of names is a mapping"
        raise SpecError([wrong_form(root.span, message, "weights: 1 and layouts")])
    problems = list(_problems(root))
    if problems:
        raise SpecError(problems)
    chosen = root.get(layout)
    parts = {key: _pairs(chosen.get(key)) for key in KEYS} if isinstance(chosen, Mapping) else {}
    return NameMap(parts.get("rows", {}), parts.get("words", {}), str(path))


def _pairs(node: YamlNode | None) -> dict[str, str]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return {e.key.text: e.value.text for e in entries if isinstance(e.value, Scalar)}


def _problems(root: Mapping) -> Iterator[Diagnostic]:
    version, known = root.get(VERSION), layouts()
    if not isinstance(version, Scalar) or version.text != "1":
        place = (version or root).span
        yield missing_key(place, "a map of names says its version", "weights: 1")
    for entry in root.entries:
        if entry.key.text == VERSION:
            continue
        if entry.key.text not in known:
            yield _unknown(entry.key, known)
        elif not isinstance(entry.value, Mapping):
            yield wrong_form(entry.value.span, "a layout has rows and words", "a mapping")
        else:
            yield from _inside(entry.value)


def _inside(layout: Mapping) -> Iterator[Diagnostic]:
    for entry in layout.entries:
        if entry.key.text not in KEYS:
            yield _unknown(entry.key, KEYS)
            continue
        pairs = entry.value.entries if isinstance(entry.value, Mapping) else None
        if pairs is None:
            yield wrong_form(entry.value.span, "pairs of names were expected", "a mapping")
        for pair in pairs or ():
            if not isinstance(pair.value, Scalar) or not pair.value.text:
                yield wrong_form(pair.value.span, "a name was expected", "a name")


def _unknown(key: Scalar, known: Collection[str]) -> Diagnostic:
    return unknown_key(key, f"`{key.text}` is none of the keys here", known)
