"""Colours: where a person reads, or asks for them. https://no-color.org"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

import click

from archspec.terminal import Paint, printable, unpainted

STYLES: Mapping[str, Mapping[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "caret": {"fg": "red", "bold": True},
    "place": {"bold": True},
    "note": {"fg": "cyan", "bold": True},
    "hint": {"fg": "green", "bold": True},
    "title": {"bold": True},
    "head": {"bold": True},
    "pass": {"fg": "green"},
    "fail": {"fg": "red", "bold": True},
    "noted": {"fg": "yellow"},
}


def coloured(stream: Any) -> bool:
    """Whether a stream gets colours: NO_COLOR says no, then FORCE_COLOR yes, then a terminal that knows them."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def paint(stream: Any) -> Paint:
    """How the roles of a text look on a stream."""
    return _painted if coloured(stream) else unpainted


def _painted(role: str, text: str) -> str:
    return click.style(text, **STYLES[role]) if text and role in STYLES else text


_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def harmless(text: str) -> str:
    """Lines that move no cursor and set no title: of all that a terminal obeys, colours and line breaks alone."""
    parts = _COLOUR.split(text)
    parts[::2] = ["\n".join(map(printable, part.split("\n"))) for part in parts[::2]]
    return "".join(parts)


def say(text: str) -> None:
    """A line on the standard output, its colours kept if it has any."""
    click.echo(harmless(text), color=coloured(sys.stdout))


def complain(text: str) -> None:
    """A line on the standard error, its colours kept if it has any."""
    click.echo(harmless(text), err=True, color=coloured(sys.stderr))
