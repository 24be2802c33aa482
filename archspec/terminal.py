"""Text as a terminal shows it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

Paint = Callable[[str, str], str]
"""From a role - `error`, `caret`, `head`, `pass` - and a text to the text as it is shown."""


def unpainted(role: str, text: str) -> str:
    """Every role as it is."""
    return text


def printable(text: str) -> str:
    """Text that is safe in a terminal and on one line, character for character."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def breadth(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.isascii() else sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text filled up with blanks; `right` puts it at the end."""
    blanks = " " * (width - breadth(text))
    return f"{blanks}{text}" if right else f"{text}{blanks}"


def wrapped(text: str, width: int) -> list[str]:
    """The words of a text in lines of at most `width` columns; a longer word is broken, none is lost."""
    if breadth(text) <= width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if breadth(joined) <= width:
            lines[-1] = joined
            continue
        *whole, rest = _chopped(word, width)
        lines += [*whole, rest]
    return [line for line in lines if line] or [""]


def _chopped(word: str, width: int) -> list[str]:
    pieces = [""]
    for char in word:
        if breadth(pieces[-1] + char) > width and pieces[-1]:
            pieces.append("")
        pieces[-1] += char
    return pieces
