"""Did you mean: the words that a slip of the fingers turns into the one that was typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

MOST = 3  # words that a hint names, where they are equally near
LONGEST, SHOWN = 40, 60  # letters that are compared, words that a list shows
KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def closest(word: str, candidates: Iterable[str], limit: int = 1) -> tuple[str, ...]:
    """The candidates most like `word`, best first; none where nothing is near."""
    return tuple(name for _, name in _near(word, candidates)[:limit])


def guesses(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidate that is nearest, or the few that are equally near."""
    found = _near(word, candidates)
    return tuple(name for slips, name in found[:MOST] if int(slips) == int(found[0][0]))


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """A hint that names what is nearest, if anything is near."""
    return asked(guesses(word, candidates))


def asked(near: Sequence[str]) -> str | None:
    """A hint that names these words, if there are any."""
    if not near:
        return None
    *first, last = (f"`{name}`" for name in near)
    return f"did you mean {', '.join(first)} or {last}?" if first else f"did you mean {last}?"


def one_of(names: Collection[str], otherwise: str = "none at all") -> str:
    """`one of a, b, c`: what might stand at a place, cut where nobody would read on."""
    more = f", ... ({len(names) - SHOWN} more)" if len(names) > SHOWN else ""
    return f"one of {', '.join(islice(names, SHOWN)) or otherwise}{more}"


def _near(word: str, candidates: Iterable[str]) -> list[tuple[float, str]]:
    """The candidates that few slips lead away from, with their number, the fewest first.

    One slip in words of up to four letters, one more for every three; a word that goes on after a candidate is near.
    """
    typed = word.lower()[:LONGEST]
    allowed = min(3, max(1, (len(typed) + 1) // 3))
    found: list[tuple[float, str]] = []
    for name in dict.fromkeys(candidates):
        meant = name.lower()
        if abs(len(meant) - len(typed)) <= allowed and len(set(meant) ^ set(typed)) <= 2 * allowed:
            slips = _slips(typed, meant)
            if slips < allowed + 1:
                found.append((slips, name))
        elif len(meant) > 3 and typed.startswith(meant) and "." not in typed:
            found.append((allowed, name))
    return sorted(found, key=lambda pair: pair[0])


def _slips(typed: str, meant: str) -> float:
    """How many letters were dropped, added, changed, or swapped with their neighbour (optimal string alignment).

    The hundredths say which kind of slip is the likelier one; they never add up to a whole.
    """
    before: list[float] = []
    row = [1.05 * k for k in range(len(meant) + 1)]
    for i, a in enumerate(typed):
        last, row = row, [1.05 * (i + 1)]
        for j, b in enumerate(meant):
            changed = 0.0 if a == b else 1.01 if _beside(a, b) else 1.1
            best = min(last[j + 1] + 1.05, row[j] + 1.05, last[j] + changed)
            if i and j and (a, typed[i - 1]) == (meant[j - 1], b) and a != b:
                best = min(best, before[j - 1] + 1.0)
            row.append(best)
        before = last
    return row[-1]


def _beside(a: str, b: str) -> bool:
    """Whether two keys are neighbours in a row of the keyboard."""
    return any(a + b in row or b + a in row for row in KEYBOARD)
