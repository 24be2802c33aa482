"""Prose of a spec - titles, descriptions, names of files - and the forms in which a file may hold it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from archspec.graph.spelling import literal
from archspec.printing.emit.fit import INDENT, WIDTH
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Text that anybody may have written. It becomes text of a file through `docstring`, `comment` or `quoted` alone,
    so that it can only ever be text; `str` of it raises TypeError. `columns` keeps its layout."""

    text: str
    columns: bool = False

    def __str__(self) -> str:
        raise TypeError(
            "prose of a spec is written with `| docstring`, `| comment` or `| quoted`, never as it is"
        )

    def __format__(self, spec: str) -> str:
        return str(self)

    def __add__(self, other: Words | str) -> Words:
        return Words(self.text + _text(other), self.columns)

    def __radd__(self, other: str) -> Words:
        return Words(other + self.text, self.columns)


Prose = Words | str


def _text(prose: Prose) -> str:
    if not isinstance(prose, Words | str):
        raise TypeError(f"prose was expected, not {type(prose).__name__}")
    return prose.text if isinstance(prose, Words) else prose


def docstring(prose: Prose | Sequence[Prose], depth: int = 0) -> str:
    """A docstring of one paragraph or several, at a depth of indentation; text is escaped."""
    lines: list[str] = []
    for paragraph in [prose] if isinstance(prose, Prose) else prose:
        text = _text(paragraph)
        if isinstance(paragraph, Words) and paragraph.columns:
            lines += ["", *(f"{INDENT}{safe(line)}" for line in text.splitlines())]
            continue
        clean = " ".join(text.split()) if "\n" not in text.strip() else text.strip()
        lines += [""] if lines else []
        for line in clean.splitlines():
            lines += _wrapped(safe(line), WIDTH - 3 - len(INDENT) * depth)
    if len(lines) < 2:
        return f'"""{"".join(lines)}"""'
    return "\n".join([f'"""{lines[0]}', *(line.rstrip() for line in lines[1:]), '"""'])


def comment(prose: Prose, depth: int = 0) -> str:
    """Lines of comment."""
    lines = _wrapped(" ".join(plain(_text(prose)).split()), WIDTH - 2 - len(INDENT) * depth)
    return "\n".join(f"# {line}".rstrip() for line in lines)


def quoted(prose: Prose) -> str:
    """A string of Python."""
    return literal(_text(prose))


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, max(width, 20), break_long_words=True) or [""]


def plain(text: str) -> str:
    """Text without control characters."""
    return "".join(char if char.isprintable() else " " for char in text)


def safe(text: str) -> str:
    """Text that cannot end a docstring or begin an escape, without control characters."""
    return plain(text).replace("\\", "\\\\").replace('"', "'").strip()
