"""YAML's flow traps: inside { } a comma ends a value and a colon needs its space."""

from __future__ import annotations

from archspec.source.diagnostic import Diagnostic
from archspec.source.nodes import Mapping, Scalar, Sequence
from archspec.source.span import Span

QUOTE = "quote a value that holds a comma, bracket or brace"


def absent_value(node: Mapping, *, required: bool) -> list[Diagnostic]:
    """Keys of a flow mapping that have no value; under `params` (`required`) a plain name may stand alone."""
    if not node.flow:
        return []
    found: list[Diagnostic] = []
    last = -2
    for number, entry in enumerate(node.entries):
        key, value = entry.key, entry.value
        empty = isinstance(value, Scalar) and value.plain and value.text == ""
        if not empty or (required and key.text.isidentifier()) or _has_colon(key):
            continue
        if last != number - 1:
            end = _run(node, number)
            found.append(_trap(node, number, key, end))
        last = number
    return found


def _has_colon(key: Scalar) -> bool:
    """Whether a colon follows the key: somebody forgot the value, YAML understood."""
    return key.span.source.text[key.span.end :].lstrip()[:1] == ":"


def _run(node: Mapping, number: int) -> int:
    """Where the last of the valueless keys that follow one another ends."""
    end = node.entries[number].key.span.end
    for entry in node.entries[number + 1 :]:
        if not (isinstance(entry.value, Scalar) and entry.value.plain and not entry.value.text):
            break
        end = entry.key.span.end
    return end


def _trap(node: Mapping, number: int, key: Scalar, end: int) -> Diagnostic:
    received = f"the key `{key.text}` without a value"
    name, colon, rest = key.text.partition(":")
    if colon and name.isidentifier() and rest:
        return Diagnostic(
            "flow-trap",
            f"`{key.text}` is one word to YAML",
            key.span,
            expected="a space after the colon",
            received=received,
            hint=f'write "{name}: {rest}"',
        )
    before = node.entries[number - 1] if number else None
    cut = before is not None and isinstance(before.value, Scalar | Sequence)
    if before is not None and cut and before.value.span.end > before.key.span.end:
        span = Span(key.span.source, before.value.span.start, end)
        return Diagnostic(
            "flow-trap",
            "YAML ends this value at its comma",
            span,
            expected=f'{before.key.text}: "{" ".join(span.text.split())}"',
            received=received,
            hint=QUOTE,
        )
    if len(node.entries) == 1 and key.text.isidentifier():
        return Diagnostic(
            "flow-trap",
            f"`{{{key.text}}}` is a mapping to YAML",
            node.span,
            expected=f'"{{{key.text}}}"',
            received=received,
            hint=QUOTE,
        )
    return Diagnostic(
        "flow-trap",
        f"`{key.text}` has no value",
        key.span,
        expected=f"{key.text}: ...",
        received=received,
        hint=QUOTE,
    )
