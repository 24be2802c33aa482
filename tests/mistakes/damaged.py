"""Damage specs at random and load them: `python -m tests.mistakes.damaged [--count N] [--seed S]`.

Each text is a spec of the zoo, of the tests or a random network with one to four changes: tokens swapped, dropped,
doubled or taken from another spec, values replaced by odd ones, lines moved in or out, anchors, tags, tabs, bytes.
Listed is every text that is neither a network nor refused as it should be: each mistake at a line, with a hint.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from archspec.api import network
from archspec.source import Diagnostic, Source, SpecError, from_data
from tests.mistakes.judge import specs
from tests.networks.specs import spec, trimmed

LARGEST, RANDOM = (
    4_000,
    100,
)  # characters of a text that is damaged; random networks beside the others
TOKEN = re.compile(r"[\w.]+|[^\w\s]|[ ]+|\n")
ODD = (
    "0",
    "-1",
    "1.5",
    "1e400",
    ".nan",
    ".inf",
    "-.inf",
    "9" * 39,
    "9" * 60,
    "9 ** 9 ** 9",
    "2 ** 255",
    "1 / 0",
    "true",
    "false",
    "null",
    "~",
    "''",
    '"\\0"',
    '"\\u2028"',
    '"\\ud800"',
    "é",
    "\U0001f600",
    "a b",
    "\t",
    "[]",
    "{}",
    "[[]]",
    "[[1]]",
    "{a: 1}",
    "[" * 30 + "1" + "]" * 30,
    "[" * 70 + "]" * 70,
    "(" * 30 + "1" + ")" * 30,
    "&a 1",
    "*a",
    "!!python/x 1",
    "!x",
    "|",
    ">",
    "? a",
    "- a",
    "%YAML 1.2",
    "---",
    "...",
    "#",
    "\x00",
    "\x07",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "'",
    '"',
    "`",
    "@",
    "0x10",
    "010",
    "0o10",
    "1_000",
    "1,000",
    "yes",
    "no",
    "on",
    "1:30",
    "2001-01-01",
    "i",
    "row",
    "x" * 300,
    "in",
    "len(1)",
    "max()",
    "before(a)",
    "total()",
    "f(f(f(1)))",
    "a if b else c",
    "not 1",
    "[1, 2][5]",
    "stem.height",
    "0.1",
    "100000000",
    "repeat",
    "rows",
    "relu",
    "conv",
    "add",
    "concat",
    "split",
    "same",
    "__class__",
    "name.0",
    "<<",
)
Change = Callable[[random.Random, list[str], list[str]], None]


def dropped(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    del tokens[draw.randrange(len(tokens))]


def doubled(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    at = draw.randrange(len(tokens))
    tokens.insert(at, tokens[at])


def swapped(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    a, b = draw.randrange(len(tokens)), draw.randrange(len(tokens))
    tokens[a], tokens[b] = tokens[b], tokens[a]


def odd(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    tokens[_word(draw, tokens)] = draw.choice(ODD)


def inserted(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    tokens.insert(draw.randrange(len(tokens)), draw.choice(ODD))


def borrowed(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    tokens[_word(draw, tokens)] = other[_word(draw, other)]


def renamed(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    """A word is another word of the same text."""
    tokens[_word(draw, tokens)] = tokens[_word(draw, tokens)]


def misspelt(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    at = _word(draw, tokens)
    word = list(tokens[at])
    word[draw.randrange(len(word))] = draw.choice("aeiou_019.")
    tokens[at] = "".join(word)


def indented(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    ends = [k for k, token in enumerate(tokens) if token == "\n"]
    if ends:
        tokens.insert(draw.choice(ends) + 1, draw.choice((" ", "  ", "\t", "    ")))


def line_dropped(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    start, end = _line(draw, tokens)
    del tokens[start:end]


def line_moved(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    start, end = _line(draw, tokens)
    line = tokens[start:end]
    del tokens[start:end]
    at, _ = _line(draw, tokens) if tokens else (0, 0)
    tokens[at:at] = line


def line_borrowed(draw: random.Random, tokens: list[str], other: list[str]) -> None:
    start, end = _line(draw, other)
    at, _ = _line(draw, tokens)
    tokens[at:at] = other[start:end]


CHANGES: tuple[Change, ...] = (
    dropped, doubled, swapped, odd, odd, inserted, borrowed, borrowed, renamed, renamed, misspelt, indented,
    line_dropped, line_moved, line_borrowed,
)  # fmt: skip


def _word(draw: random.Random, tokens: list[str]) -> int:
    """Where a word or number stands; of none, any token."""
    words = [k for k, token in enumerate(tokens) if token[0].isalnum()]
    return draw.choice(words) if words else draw.randrange(len(tokens))


def _line(draw: random.Random, tokens: list[str]) -> tuple[int, int]:
    ends = [-1, *(k for k, token in enumerate(tokens) if token == "\n"), len(tokens) - 1]
    at = draw.randrange(len(ends) - 1)
    return ends[at] + 1, ends[at + 1] + 1


@cache
def whole() -> tuple[tuple[str, ...], ...]:
    """The tokens of specs that are right."""
    sources = [source.text for source in specs()]
    drawn = [from_data(trimmed(spec(random.Random(seed)))).text for seed in range(RANDOM)]
    texts = (text for text in (*sources, *drawn) if len(text) <= LARGEST)
    return tuple(tuple(TOKEN.findall(text)) for text in texts)


def damaged(count: int, seed: int) -> Iterator[str]:
    """Texts with a few changes each; the same of the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        tokens, other = list(draw.choice(whole())), list(draw.choice(whole()))
        for _ in range(draw.choice((1, 1, 1, 2, 3, 4))):
            if tokens:
                draw.choice(CHANGES)(draw, tokens, other)
        yield "".join(tokens)


@dataclass(frozen=True)
class Finding:
    """What is wrong with how a text was refused."""

    kind: str
    text: str
    said: str


def found(text: str) -> Finding | str:
    """What is wrong with how a text is taken; else `accepted` or `refused`."""
    try:
        network(Source("damaged.yaml", text), None, {}).check()
    except SpecError as error:
        assert str(error)
        wrong = [why for d in error.diagnostics if (why := _wrong(d))]
        return Finding("diagnostic", text, "; ".join(wrong)) if wrong else "refused"
    except Exception as error:  # whatever it is: that there is none is what is looked for
        return Finding("crash", text, f"{type(error).__name__}: {error}"[:300])
    return "accepted"


def _wrong(diagnostic: Diagnostic) -> str:
    """What a diagnostic lacks, in words."""
    span = diagnostic.span
    lacks = "" if diagnostic.hint else "no hint"
    placed = 0 <= span.start <= span.end <= len(span.source.text) + 1
    known = span.source.name.endswith(".yaml") or span.source.name == "<text>"
    lacks = lacks if placed and known and span.line >= 1 else f"no place {span.start}"
    return f"{diagnostic.code}: {diagnostic.message}: {lacks}" if lacks else ""


def main(arguments: Sequence[str]) -> int:
    """Damage and load; the exit code is 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--slow", type=float, default=1.0, help="seconds above which a text is listed"
    )
    given = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    slowest = 0.0
    for text in damaged(given.count, given.seed):
        start = time.process_time()
        finding = found(text)
        took = time.process_time() - start
        slowest = max(slowest, took)
        if took > given.slow and not isinstance(finding, Finding):
            finding = Finding("slow", text, f"{took:.1f} s")
        counts[finding.kind if isinstance(finding, Finding) else finding] += 1
        if isinstance(finding, Finding):
            print(f"==== {finding.kind}: {finding.said}\n{finding.text}\n", flush=True)
    print(dict(counts), f"slowest {slowest:.2f} s")
    return int(bool(set(counts) - {"accepted", "refused"}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
