"""Whether a generated file is as it was generated: it carries the sum of its own text."""

from __future__ import annotations

import hashlib
import re

BLANK = "0" * 12
_SEAL = re.compile(r"\btext ([0-9a-f]{12})\b")


def sealed(text: str) -> str:
    """A file with its sum in place of the blank that stands behind `text` in its header."""
    return text.replace(f"text {BLANK}", f"text {_sum(text)}", 1)


def untouched(text: str) -> bool:
    """Whether a file was generated and nobody has changed it since; line ends do not count."""
    found = _SEAL.search(text)
    if found is None:
        return False
    blank = f"{text[: found.start(1)]}{BLANK}{text[found.end(1) :]}"
    return found[1] == _sum(blank)


def _sum(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()[:12]
