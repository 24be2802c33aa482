"""The examples of the codes: for each a spec that is wrong and the same mended."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

from archspec.source.kinds import FILE, Example
from archspec.source.mistakes import EVERY

__all__ = ["FILE", "Example", "examples"]


def examples() -> dict[str, Example]:
    """An example for every code, by code, its texts as they are saved."""
    return {one.code: _whole(one.example) for one in EVERY if one.example}


def _whole(example: Example) -> Example:
    return replace(
        example,
        wrong=_text(example.wrong),
        right=_text(example.right or example.wrong),
        mended=example.mended or example.command,
        files={name: _text(text) for name, text in example.files.items()},
    )


def _text(indented: str) -> str:
    """A text without the indentation that it has in its definition."""
    return dedent(indented).removeprefix("\n")
