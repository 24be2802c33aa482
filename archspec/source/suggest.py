"""Did you mean: the words that a slip of the fingers turns into the one that was typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

MOST = 3  # words that a hint names, where they are equally near
LONGEST, SHOWN = 40, 60  # letters that are compared, words that a list shows
FAR = 99.0
KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def closest(word: str, candidates: Iterable[str], limit: int = 1) -> tuple[str, ...]:
    """The candidates most like `word`, best first; none where nothing is near."""
    return tuple(name for _, name in _near(word, candidates)[:limit])


def guesses(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidate that is nearest, or the few that are equally near."""
    near = _near(word, candidates)
    return tuple(name for slips, name in near[:MOST] if int(slips) == int(near[0][0]))


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
    letters = set(typed)
    allowed = min(3, max(1, (len(typed) + 1) // 3))
    near: list[tuple[float, str]] = []
    for name in dict.fromkeys(candidates):
        meant = name.lower()
        if (
            abs(len(meant) - len(typed)) <= allowed
            and len(letters.symmetric_difference(meant)) <= 2 * allowed
        ):
            slips = _slips(typed, meant, allowed)
            if slips < allowed + 1:
                near.append((slips, name))
        elif len(meant) > 3 and typed.startswith(meant) and "." not in typed:
            near.append((allowed, name))
    return sorted(near, key=lambda pair: pair[0])


def _slips(typed: str, meant: str, most: int) -> float:
    """How many letters were dropped, added, changed, or swapped with their neighbour (optimal string alignment).

    More than `most` may be any larger number. The hundredths say which slip is likelier; they never add up to one.
    """
    typed, meant = _apart(typed, meant)
    before: list[float] = []
    row = [1.05 * k for k in range(len(meant) + 1)]
    for i, a in enumerate(typed):
        last, row = row, [FAR] * (len(meant) + 1)
        row[0] = 1.05 * (i + 1)
        for j in range(max(0, i - most), min(len(meant), i + most + 1)):
            b = meant[j]
            changed = 0.0 if a == b else 1.01 if _beside(a, b) else 1.1
            best = min(last[j + 1] + 1.05, row[j] + 1.05, last[j] + changed)
            if i and j and (a, typed[i - 1]) == (meant[j - 1], b) and a != b:
                best = min(best, before[j - 1] + 1.0)
            row[j + 1] = best
        if min(row) > most + 1:
            return FAR
        before = last
    return row[-1]


def _apart(typed: str, meant: str) -> tuple[str, str]:
    """Two words without the letters that they begin and end with alike."""
    short = min(len(typed), len(meant))
    start = next((k for k in range(short) if typed[k] != meant[k]), short)
    typed, meant = typed[start:], meant[start:]
    short -= start
    end = next((k for k in range(short) if typed[-1 - k] != meant[-1 - k]), short)
    return typed[: len(typed) - end], meant[: len(meant) - end]


def _beside(a: str, b: str) -> bool:
    """Whether two keys are neighbours in a row of the keyboard."""
    return any(a + b in row or b + a in row for row in KEYBOARD)
