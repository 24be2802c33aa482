"""Whether a generated file is as it was generated: it carries the sum of its own text."""

from __future__ import annotations

import hashlib
import re

BLANK = "0" * 12
_SEAL = re.compile(r"\btext\s+([0-9a-f]{12})\b")  # the docstring is wrapped


def sealed(text: str) -> str:
    """A file with its sum in place of the blank that stands behind `text` in its header."""
    seal = _seal(text)
    if seal is None or seal[1] != BLANK:
        raise ValueError("the file has no blank for its sum")
    return _with(text, seal, _sum(text))


def untouched(text: str) -> bool:
    """Whether a file was generated and nobody has changed it since; line ends do not count."""
    seal = _seal(text)
    return seal is not None and seal[1] == _sum(_with(text, seal, BLANK))


def _seal(text: str) -> re.Match[str] | None:
    """The last sum in the docstring or in the comments above it; the title and the name of the file come before it."""
    end = text.find('"""', text.find('"""') + 3)
    seals = list(_SEAL.finditer(text, 0, end if end > 0 else len(text)))
    return seals[-1] if seals else None


def _with(text: str, seal: re.Match[str], value: str) -> str:
    return f"{text[: seal.start(1)]}{value}{text[seal.end(1) :]}"


def _sum(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()[:12]
