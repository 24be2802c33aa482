"""Text with positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name under which it is shown: a path, or <text>. `folder` is where its file is."""

    name: str
    text: str = field(repr=False)  # Pydantic writes out what its errors hold
    folder: Path | None = None


class Span(NamedTuple):
    """A part of a source: offsets in code points, the end exclusive. Lines and columns count from 1."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        return self.start - self.source.text.rfind("\n", 0, self.start)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def narrow(self, start: int, end: int) -> Span:
        """A part of this span, by offsets in it."""
        first = min(self.start + start, self.end)
        return Span(self.source, first, max(first, min(self.start + end, self.end)))

    def find(self, word: str) -> Span:
        """The first whole `word` inside, or the span itself."""
        return next(self._each(word), self)

    def sole(self, word: str) -> Span | None:
        """The whole `word` inside, if it is there once."""
        places = [*islice(self._each(word), 2)]
        return places[0] if len(places) == 1 else None

    def _each(self, word: str) -> Iterator[Span]:
        left = r"(?<![\w.])" if word[:1].isalnum() else ""
        right = r"(?!\w)" if word[-1:].isalnum() else ""
        for match in re.finditer(left + re.escape(word) + right, self.text):
            yield self.narrow(*match.span())
