"""YAML's flow traps: inside { } a comma ends a value and a colon needs its space."""

from __future__ import annotations

import re

from archspec.source.diagnostic import Diagnostic
from archspec.source.mistakes import flow_trap
from archspec.source.nodes import Mapping, Scalar, Sequence
from archspec.source.span import Span

QUOTE = "quote a value that holds a comma, bracket or brace"
_COLON = re.compile(r"\s*:")


def absent_value(node: Mapping, *, required: bool) -> list[Diagnostic]:
    """Keys of a flow mapping that have no value; under `params` (`required`) a plain name may stand alone."""
    if not node.flow:
        return []
    problems: list[Diagnostic] = []
    last = -2
    for number, entry in enumerate(node.entries):
        key, value = entry.key, entry.value
        empty = isinstance(value, Scalar) and value.plain and value.text == ""
        if not empty or (required and key.text.isidentifier()) or _has_colon(key):
            continue
        if last != number - 1:
            end = _run(node, number)
            problems.append(_trap(node, number, key, end))
        last = number
    return problems


def _has_colon(key: Scalar) -> bool:
    """Whether a colon follows the key: somebody forgot the value, YAML understood."""
    return _COLON.match(key.span.source.text, key.span.end) is not None


def _run(node: Mapping, number: int) -> int:
    """Where the last of the valueless keys that follow one another ends."""
    end = node.entries[number].key.span.end
    for position in range(number + 1, len(node.entries)):  # a slice would copy the rest for each
        entry = node.entries[position]
        if not (isinstance(entry.value, Scalar) and entry.value.plain and not entry.value.text):
            break
        end = entry.key.span.end
    return end


def _trap(node: Mapping, number: int, key: Scalar, end: int) -> Diagnostic:
    received = f"the key `{key.text}` without a value"
    name, colon, rest = key.text.partition(":")
    if colon and name.isidentifier() and rest:
        message, expected = f"`{key.text}` is one word to YAML", "a space after the colon"
        return flow_trap(key, message, expected, received, f'write "{name}: {rest}"')
    before = node.entries[number - 1] if number else None
    cut = before is not None and isinstance(before.value, Scalar | Sequence)
    if before is not None and cut and before.value.span.end > before.key.span.end:
        span = Span(key.span.source, before.value.span.start, end)
        expected = f'{before.key.text}: "{" ".join(span.text.split())}"'
        return flow_trap(span, "YAML ends this value at its comma", expected, received, QUOTE)
    if len(node.entries) == 1 and key.text.isidentifier():
        message, expected = f"`{{{key.text}}}` is a mapping to YAML", f'"{{{key.text}}}"'
        return flow_trap(node.span, message, expected, received, QUOTE)
    return flow_trap(key, f"`{key.text}` has no value", f"{key.text}: ...", received, QUOTE)
