"""Maps of names beside a spec: `specs/resnet.weights.yaml` for `specs/resnet.yaml`.

    weights: 1
    torchvision:
      words: {shortcut: downsample}     # a word in names of rows, and what the source calls it
      rows: {classifier: fc}            # a row, and its layer

For networks whose rows stand side by side with weights of the same shapes; most need none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from archspec.source import (
    Diagnostic,
    Mapping,
    Scalar,
    SpecError,
    YamlNode,
    did_you_mean,
    read,
    read_file,
)
from archspec.weights.matching.layers import LAYOUTS
from archspec.weights.matching.match import Names

ENDING = ".weights.yaml"
VERSION = "weights"
KEYS = ("rows", "words")
NONE = Names()


def of_file(path: Path, layout: str) -> Names:
    """The map of names in a file for a layout; raises SpecError."""
    root = read(read_file(path))
    if not isinstance(root, Mapping):
        raise SpecError(
            [_wrong("wrong-form", "a map of names is a mapping", root, "weights: 1 and layouts")]
        )
    problems = list(_problems(root))
    if problems:
        raise SpecError(problems)
    chosen = root.get(layout)
    parts = {key: _pairs(chosen.get(key)) for key in KEYS} if isinstance(chosen, Mapping) else {}
    return Names(parts.get("rows", {}), parts.get("words", {}), str(path))


def _pairs(node: YamlNode | None) -> dict[str, str]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return {e.key.text: e.value.text for e in entries if isinstance(e.value, Scalar)}


def _problems(root: Mapping) -> Iterator[Diagnostic]:
    version = root.get(VERSION)
    if not isinstance(version, Scalar) or version.text != "1":
        yield _wrong(
            "missing-key", "a map of names says its version", version or root, "weights: 1"
        )
    for entry in root.entries:
        if entry.key.text == VERSION:
            continue
        if entry.key.text not in LAYOUTS:
            yield _unknown(entry.key, LAYOUTS)
        elif not isinstance(entry.value, Mapping):
            yield _wrong("wrong-form", "a layout has rows and words", entry.value, "a mapping")
        else:
            yield from _inside(entry.value)


def _inside(layout: Mapping) -> Iterator[Diagnostic]:
    for entry in layout.entries:
        if entry.key.text not in KEYS:
            yield _unknown(entry.key, KEYS)
            continue
        pairs = entry.value.entries if isinstance(entry.value, Mapping) else None
        if pairs is None:
            yield _wrong("wrong-form", "pairs of names were expected", entry.value, "a mapping")
        for pair in pairs or ():
            if not isinstance(pair.value, Scalar) or not pair.value.text:
                yield _wrong("wrong-form", "a name was expected", pair.value, "a name")


def _wrong(code: str, message: str, node: YamlNode, expected: str) -> Diagnostic:
    return Diagnostic(code, message, node.span, expected=expected)


def _unknown(key: Scalar, known: Iterable[str]) -> Diagnostic:
    names = tuple(known)
    return Diagnostic(
        "unknown-key",
        f"`{key.text}` is none of the keys here",
        key.span,
        expected="one of " + ", ".join(names),
        received=key.text,
        hint=did_you_mean(key.text, names),
    )
