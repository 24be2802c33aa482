"""Did you mean."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str], limit: int = 1) -> tuple[str, ...]:
    """The candidates most like `word`, best first; none where nothing is near."""
    import difflib

    known = {candidate.lower(): candidate for candidate in candidates}
    cutoff = 0.75 if len(word) <= 3 else 0.6
    found = difflib.get_close_matches(word.lower(), known, limit, cutoff)
    return tuple(known[name] for name in found)


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """A hint that names the closest candidate, if one is near."""
    found = closest(word, candidates)
    return f"did you mean `{found[0]}`?" if found else None
