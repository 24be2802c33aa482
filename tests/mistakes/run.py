"""Plant mistakes wherever they make a spec wrong, and count what is said of them: `make mistakes`.

`python -m tests.mistakes.run [--rounds N] [WORD...]` takes the specs whose path holds one of the words. Listed is every
mistake that was not refused, not where it was made, or without a hint that names what was meant.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.mistakes.judge import MOBILENETS, Verdict, judged, specs
from tests.mistakes.plant import KINDS, planted

PLACED, HINTED = 0.98, 0.95


def share(part: int, whole: int) -> str:
    """A count and what it is of a whole."""
    return f"{part:6,} {100 * part / whole:6.2f} %" if whole else f"{'':15}"


def table(title: str, verdicts: Sequence[Verdict]) -> str:
    """Counts, a line for each kind of mistake."""
    heads = ("cases", "refused", "placed", "by a note", "hinted", "at once")
    lines = [f"{title:<38} {heads[0]:>7} " + " ".join(f"{head:>15}" for head in heads[1:])]
    for kind in (*KINDS, "all"):
        found = [v for v in verdicts if kind in (v.mistake.kind, "all")]
        if found:
            lines.append(f"{kind:<38} {len(found):7,} {_counts(found)}")
    return "\n".join(lines)


def _counts(found: Sequence[Verdict]) -> str:
    hints = [v.hinted for v in found if v.hinted is not None]
    counts = (
        (sum(v.refused for v in found), len(found)),
        (sum(v.placed for v in found), len(found)),
        (sum(v.placed and v.at == "note" for v in found), len(found)),
        (sum(hints), len(hints)),
        (sum(v.first for v in found), len(found)),
    )
    return " ".join(share(*count) for count in counts)


def missed(verdicts: Iterable[Verdict]) -> list[str]:
    """The mistakes that were not placed, and those without a hint, a line each."""
    return [
        f"{'hint ' if v.placed else 'place'}  {v}"
        for v in verdicts
        if not v.placed or v.hinted is False
    ]


def enough(verdicts: Sequence[Verdict]) -> bool:
    """Whether so many mistakes are placed and hinted as the project promises."""
    hints = [v.hinted for v in verdicts if v.hinted is not None]
    placed = sum(v.placed for v in verdicts) >= PLACED * len(verdicts)
    return (
        placed and sum(hints) >= HINTED * len(hints) and not any(v.at == "crash" for v in verdicts)
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--rounds", type=int, default=1, help="how often each word is misspelt")
    given = parser.parse_args(arguments)
    chosen = [s for s in specs() if not given.words or any(w in s.name for w in given.words)]
    verdicts = [judged(mistake) for s in chosen for mistake in planted(s, given.rounds)]
    print(*missed(verdicts), sep="\n")
    for name in MOBILENETS:
        found = [v for v in verdicts if v.mistake.source.name == name]
        if found:
            print(f"\n{table(name, found)}")
    names = Counter(v.mistake.source.name for v in verdicts)
    print(f"\n{table(f'{len(names)} specs', verdicts)}")
    return 0 if enough(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
