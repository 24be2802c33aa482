"""Statements that templates write on one line, broken as formatters do where they are too long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

WIDTH = 100
INDENT = "    "
TOKEN = re.compile(
    r"""
    \"{3}(?:[^\\]|\\.)*?\"{3} | '{3}(?:[^\\]|\\.)*?'{3}  # strings, which hold no brackets of the code
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
    | \#[^\n]* | [^\W\d]\w* | [-+*/%<>=!@|&^~:]*= | [()\[\]{},\n]
    """,
    re.VERBOSE | re.DOTALL,
)
CALL = re.compile(r"[\w.]+(?:(?:\(\)|\[\])[\w.]*)*(?<=\(\))")  # what is in its brackets left out
IMPORT = re.compile(r"(from \S+ import )(?!\()(.+)")
Span = tuple[int, int]


def fit(text: str) -> str:
    """Python with every statement of one line that is longer than WIDTH broken; the rest as it is."""
    if all(len(line) <= WIDTH for line in text.split("\n")):
        return text
    lines: list[str] = []
    begin = depth = 0
    for token in TOKEN.finditer(text):
        depth += _deeper(token[0])
        if token[0] == "\n" and depth <= 0:
            lines.append(_fitted(text[begin : token.start()]))
            begin = token.end()
    return "\n".join([*lines, _fitted(text[begin:])])


def _deeper(token: str) -> int:
    return (token in ("(", "[", "{")) - (token in (")", "]", "}"))


def _fitted(line: str) -> str:
    """One statement; one of several lines, or with a comment, is somebody's own layout."""
    if len(line) <= WIDTH or "\n" in line:
        return line
    statement = line.lstrip(" ")
    if any(token[0].startswith("#") for token in TOKEN.finditer(statement)):
        return line
    indent = line[: len(line) - len(statement)]
    room = WIDTH - len(indent)
    return "\n".join(indent + part for part in _broken(statement, room))


def _broken(text: str, room: int) -> list[str]:
    """A statement that is too long, at the brackets where people break it."""
    if imported := IMPORT.fullmatch(text):
        head, names = imported.groups()
        return [f"{head}(", *(f"{INDENT}{name}," for name in names.split(", ")), ")"]
    groups = _groups(text)
    if not groups:
        return _assigned(text, _head(text), room)
    if text.startswith(("def ", "class ")):
        return _at(text, groups[0], room)
    if text.startswith("for ") and groups[-1][1] == len(text) - 2:
        return _at(text, groups[-1], room)
    head = _head(text)
    own = [group for group in groups if group[0] >= len(head)]
    if _is_call(text, len(head), own):
        return _call(text, own[-2:], room)
    if own == [(len(head), len(text) - 1)]:
        parts = filter(None, _parts(text[len(head) + 1 : -1]))
        return [text[: len(head) + 1], *(f"{INDENT}{part}," for part in parts), text[-1]]
    return _assigned(text, head, room)


def _head(text: str) -> str:
    """What stands before the value of an assignment or a `return`; empty where there is neither."""
    if text.startswith("return "):
        return "return "
    depth = 0
    for token in TOKEN.finditer(text):
        depth += _deeper(token[0])
        if depth == 0 and token[0] == "=":
            return text[: token.end() + 1]
    return ""


def _is_call(text: str, begin: int, groups: Sequence[Span]) -> bool:
    """Whether a value is one call, or a call of what a call gives, and nothing else."""
    outside = ""
    for first, last in groups:
        outside += text[begin : first + 1]
        begin = last
    return CALL.fullmatch(outside + text[begin:]) is not None


def _call(text: str, groups: Sequence[Span], room: int) -> list[str]:
    """A call. The call of a new layer is broken at its inputs if the rest fits a line."""
    *layer, inputs = groups
    if layer and layer[0][1] + 1 == inputs[0]:
        if inputs[0] < room:
            return [text[: inputs[0] + 1], f"{INDENT}{text[inputs[0] + 1 : inputs[1]]}", ")"]
        return _at(text, layer[0], room)
    return _at(text, inputs, room)


def _at(text: str, group: Span, room: int) -> list[str]:
    """Text broken at a pair of brackets: what is inside on one line, or part by part."""
    head, inside, tail = text[: group[0] + 1], text[group[0] + 1 : group[1]], text[group[1] :]
    if len(text) <= room or not inside:
        return [text]
    if len(INDENT) + len(inside) <= room:
        return [head, INDENT + inside, tail]
    parts = _parts(inside)
    last = "" if len(parts) == 1 else ","
    broken = [line for part in parts for line in _part(part, last, room - len(INDENT))]
    return [head, *(INDENT + line for line in broken), tail]


def _part(value: str, end: str, room: int) -> list[str]:
    """One part and what stands behind it; a call, list or mapping that is too long is broken in its turn."""
    groups = _groups(value)
    if len(value) + 1 <= room or not groups or groups[-1][1] != len(value) - 1:
        return [value + end]
    return _at(value + end, groups[-1], room)


def _assigned(text: str, head: str, room: int) -> list[str]:
    """A value in brackets of its own; one that hangs on a condition in three lines where it is still too long."""
    if not head or head == "return ":
        return [text]
    value = text[len(head) :]
    lines = [value]
    words = [place for place, word in _outer(value) if word in ("if", "else")]
    if len(INDENT) + len(value) > room and len(words) == 2:
        parts = [value[a:b].rstrip() for a, b in pairwise([0, *words, len(value)])]
        lines = [*_part(parts[0], "", room - len(INDENT)), *parts[1:]]
    return [f"{head}(", *(INDENT + line for line in lines), ")"]


def _outer(text: str) -> Iterator[tuple[int, str]]:
    """The tokens of a text outside of all brackets."""
    depth = 0
    for token in TOKEN.finditer(text):
        depth += _deeper(token[0])
        if depth == 0:
            yield token.start(), token[0]


def _groups(text: str) -> list[Span]:
    """Where the outermost brackets of a text open and close."""
    groups, depth, begin = [], 0, 0
    for token in TOKEN.finditer(text):
        deeper = _deeper(token[0])
        if depth == 0 and deeper == 1:
            begin = token.start()
        depth += deeper
        if depth == 0 and deeper == -1:
            groups.append((begin, token.start()))
    return groups


def _parts(text: str) -> list[str]:
    """What commas part; those inside of brackets and strings do not."""
    commas = [place for place, token in _outer(text) if token == ","]
    return [text[first + 1 : last].strip() for first, last in pairwise([-1, *commas, len(text)])]
