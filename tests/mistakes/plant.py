"""Mistakes in a spec that is right: each a text with one change, and the place of it.

Nothing here asks the checker: what makes a spec wrong is decided by the grammar. A misspelling that is another word of
the language or of the file is not planted, nor a new name for what nobody reads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from archspec.source import Scalar, Sequence, Source
from tests.mistakes.anatomy import Anatomy, Held, Key, Word
from tests.mistakes.grammar import vocabulary

KINDS = (
    "key misspelt",
    "key duplicated",
    "word misspelt",
    "name misspelt",
    "reference misspelt",
    "definition misspelt",
    "value of a wrong type",
    "value of a wrong type, read elsewhere",
    "required key removed",
)
LIST, MAPPING, TEXT, NUMBER, FRACTION = "[8, 8, 8]", "{wrong: 1}", "wrongly", "3", "1.5"
ANY_SCALAR = (NUMBER, "true", "null", TEXT)
WRONG = {
    "count": (LIST, MAPPING, "true", TEXT, "null", FRACTION),
    "pair": (LIST, MAPPING, "true", TEXT, "null", FRACTION),
    "number": (LIST, MAPPING, "true", TEXT, "null"),
    "numbers": (MAPPING, "true", TEXT, "null"),
    "flag": (LIST, MAPPING, NUMBER, TEXT, "null"),
    "word": (LIST, MAPPING, NUMBER, "true", "null", TEXT),
    "padding": (LIST, MAPPING, "true", TEXT, "null", FRACTION),
    "list": (MAPPING, *ANY_SCALAR),
    "mapping": (LIST, *ANY_SCALAR),
    "text": (LIST, MAPPING, "null"),
    "label": (LIST, MAPPING, "null", "true", FRACTION),
    "reference": (LIST, MAPPING, "null", "true", NUMBER),
    "references": (MAPPING, "null", "true", NUMBER),
    "figure": (LIST, MAPPING, "true", TEXT, "null"),
    "version": (LIST, MAPPING, "true", TEXT, "null", FRACTION),
}
SAME = {  # kinds that take the same values
    **dict.fromkeys(("companion", "init", "kind", "type"), "word"),
    **dict.fromkeys(("rows", "claims", "edits", "sizes", "choices", "lines", "line"), "list"),
    **dict.fromkeys(("column", "columns"), "list"),
    **dict.fromkeys(("variables", "settings", "lets", "defaults", "blocks"), "mapping"),
    **dict.fromkeys(
        ("parameters", "variants", "changes", "table", "branches", "inputs"), "mapping"
    ),
    **dict.fromkeys(("names", "outputs"), "list"),
    **dict.fromkeys(("counter",), "label"),
    **dict.fromkeys(("file",), "reference"),
    **dict.fromkeys(("files",), "references"),
}
FREE = ("literal", "default", "argument", "entry", "derived", "body", "choice", "setting")
ZOO = {path.stem for path in (Path(__file__).parents[2] / "specs").rglob("*.yaml")}
KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True)
class Mistake:
    """A spec with one mistake at `places`: a report begins in one of these ranges, or holds one of them.

    `meant` is the word that was misspelt, `wrong` what it became. `noted`: the place is read elsewhere, where the
    report may stand with a note that leads back here.
    """

    kind: str
    what: str
    source: Source
    places: tuple[tuple[int, int], ...]
    meant: str = ""
    wrong: str = ""
    noted: bool = False


def planted(source: Source, rounds: int = 1) -> Iterator[Mistake]:
    """Every mistake that can be planted in a spec; each word is misspelt in four ways, `rounds` times."""
    found = Anatomy.of(source)
    known = vocabulary(source.text)
    for key in found.keys:
        yield from _key_misspelt(found, key, known, rounds)
        yield _duplicated(source, key)
        if key.needed:
            yield _removed(source, key)
    for word in found.words:
        yield from _word_misspelt(found, word, known, rounds)
    for held in found.values:
        for text in _wrong(found, held):
            yield _replaced(source, held, text)


# misspellings


def misspellings(word: str, known: set[str], seed: str, rounds: int) -> dict[str, str]:
    """A word with a letter dropped, doubled, swapped with its neighbour, hit beside the key: none that is `known`.

    By the misspelling, how it came about.
    """
    random_ = random.Random(f"{seed} {word}")
    makers = (_dropped, _doubled, _swapped, _beside) * rounds
    found = {maker(word, random_): maker.__name__[1:] for maker in makers}
    right = re.compile(r"[A-Za-z_][\w.]*\Z")
    return {wrong: how for wrong, how in found.items() if right.match(wrong) and wrong not in known}


def _dropped(word: str, random_: random.Random) -> str:
    at = random_.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _doubled(word: str, random_: random.Random) -> str:
    at = random_.randrange(len(word))
    return word[: at + 1] + word[at:]


def _swapped(word: str, random_: random.Random) -> str:
    pairs = [k for k in range(len(word) - 1) if word[k] != word[k + 1]]
    if not pairs:
        return ""
    at = random_.choice(pairs)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _beside(word: str, random_: random.Random) -> str:
    spots = [k for k in range(len(word)) if word[k].lower().isalnum()]
    at = random_.choice(spots)
    row = next(row for row in KEYBOARD if word[at].lower() in row)
    place = row.index(word[at].lower())
    near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    return word[:at] + random_.choice(near) + word[at + 1 :]


def _respelt(
    found: Anatomy,
    kind: str,
    start: int,
    word: str,
    known: set[str],
    rounds: int,
    *,
    noted: bool = False,
) -> Iterator[Mistake]:
    text = found.source.text
    spelt = misspellings(word, known, f"{found.source.name} {start}", rounds)
    for wrong, how in spelt.items():
        changed = text[:start] + wrong + text[start + len(word) :]
        yield Mistake(
            kind,
            f"{word} -> {wrong} ({how})",
            replace(found.source, text=changed),
            ((start, start + len(wrong)),),
            word,
            wrong,
            noted,
        )


def _key_misspelt(found: Anatomy, key: Key, known: set[str], rounds: int) -> Iterator[Mistake]:
    scalar = key.entry.key
    start, name = scalar.span.start, scalar.text.partition("(")[0]
    if key.role in ("variant", "label") or not scalar.plain:
        return
    if key.role != "definition":
        yield from _respelt(found, "key misspelt", start, name, known, rounds)
    elif found.reads(name) and not (name in found.outer and name in found.local()):
        kind = "definition misspelt"
        yield from _respelt(found, kind, start, name, known, rounds, noted=True)


def _word_misspelt(found: Anatomy, word: Word, known: set[str], rounds: int) -> Iterator[Mistake]:
    kinds = {
        **dict.fromkeys(("word", "type"), "word misspelt"),
        **dict.fromkeys(("name", "function", "keyword", "axis"), "name misspelt"),
        **dict.fromkeys(("label", "file"), "reference misspelt"),
    }
    if word.role == "file":
        known = known | ZOO
    noted = word.role not in kinds
    kind = kinds.get(word.role, "definition misspelt")
    if word.role == "definition" and (not found.reads(word.text) or word.text in found.outer):
        return
    if word.role == "label definition" and not found.refers(word.text):
        return
    if word.role == "choice" and not _chosen(found, word):
        return
    yield from _respelt(found, kind, word.start, word.text, known, rounds, noted=noted)


def _chosen(found: Anatomy, choice: Word) -> bool:
    """Whether something asks for a word that a variable may be: its value, a comparison, a key that takes words."""
    said = {(w.text, w.owner) for w in found.words if w.role == "word"}
    compared = rf"\b{choice.owner}\s*[=!]=\s*{choice.text}\b"
    slots = found.slots.get(choice.owner, set()) & {"word", "padding"}
    asked = re.search(compared, found.source.text) is not None
    return (choice.text, choice.owner) in said or asked or bool(slots)


# keys


def _duplicated(source: Source, key: Key) -> Mistake:
    text, entry = source.text, key.entry
    written = text[entry.key.span.start : entry.value.span.end]
    at, between = entry.value.span.end, ", "
    if not key.mapping.flow:
        line = text.find("\n", at)
        at = len(text) if line < 0 else line
        between = "\n" + " " * (entry.key.span.column - 1)
    changed = text[:at] + between + written + text[at:]
    start = at + len(between)
    place = (start, start + len(entry.key.text))
    return Mistake("key duplicated", entry.key.text, replace(source, text=changed), (place,))


def _removed(source: Source, key: Key) -> Mistake:
    """Without the entry. The place is the head of its mapping - its first key - or what its type says."""
    text, entries = source.text, key.mapping.entries
    at = entries.index(key.entry)
    start, end = key.entry.key.span.start, key.entry.value.span.end
    rest = [entry for entry in entries if entry is not key.entry]
    filled = ""
    if at + 1 < len(entries):
        end = entries[at + 1].key.span.start
    elif at:
        start = entries[at - 1].value.span.end
    elif not key.mapping.flow:
        filled = "{}"
    changed = text[:start] + filled + text[end:]
    shift = end - start - len(filled)

    def moved(place: int) -> int:
        return place - shift if place >= end else place

    heads = [key.mapping.span.start]
    heads += [moved(entry.key.span.start) for entry in rest[:1]]
    heads += [moved(entry.value.span.start) for entry in rest if entry.key.text == "type"]
    places = tuple((head, head + 1) for head in heads)
    return Mistake(
        "required key removed", key.entry.key.text, replace(source, text=changed), places
    )


# values


def _wrong(found: Anatomy, held: Held) -> tuple[str, ...]:
    """What stands for a value of another type than its place takes."""
    if held.kind == "unknown":
        return ()
    wrong = ANY_SCALAR if held.kind == "columns" else _of_kind(found, held)
    alone = re.search(r":\s*\Z", found.source.text[: held.node.span.start])
    return (*wrong, "") if alone and "null" in wrong else wrong


def _of_kind(found: Anatomy, held: Held) -> tuple[str, ...]:
    if held.kind not in FREE:
        return WRONG[SAME.get(held.kind, held.kind)]
    sort = _sort(found, held)
    wrong = WRONG[sort]
    if sort == "number" and found.slots.get(held.name, set()) & {"count", "pair"}:
        wrong = WRONG["count"]
    if held.kind == "choice":
        return tuple(text for text in wrong if text != TEXT)
    if held.kind in ("setting", "argument") or (held.kind != "default" and found.reads(held.name)):
        return wrong
    relied = any(held.name not in keys for keys in found.rows.get(held.owner, ()))
    if held.kind == "default" and relied:
        return tuple(text for text in wrong if text != "null")
    return (MAPPING,)


def _sort(found: Anatomy, held: Held) -> str:
    """What a value of a name is: a number, a word, true or false, a list."""
    node = held.node
    slots = found.slots.get(held.name, set())
    if isinstance(node, Sequence):
        return "list"
    if held.kind == "choice":
        return "word"
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return "flag"
    if isinstance(node, Scalar) and re.match(r"[\d.-]", node.text):
        return "number"
    if re.search(r"[=!<>]=|[<>]|\b(and|or|not|in)\b", node.span.text.partition(" if ")[0]):
        return "flag"  # it says whether something holds
    if "padding" in slots:
        return "padding"
    if slots & {"word", "companion", "init"}:
        return "word"
    if slots & {"flag"}:
        return "flag"
    literal = held.kind in ("literal", "setting", "choice")
    return "word" if literal else "number"


def _replaced(source: Source, held: Held, wrong: str) -> Mistake:
    text, span = source.text, held.node.span
    read_elsewhere = held.kind in FREE and held.kind != "choice"
    kind = KINDS[7] if read_elsewhere else KINDS[6]
    changed = text[: span.start] + wrong + text[span.end :]
    place = (span.start, span.start + len(wrong))
    if not wrong:
        place = (text.rindex(":", 0, span.start), span.start + 1)
    what = f"{' '.join(span.text.split())[:40]} -> {wrong or 'nothing'} ({held.kind})"
    return Mistake(kind, what, replace(source, text=changed), (place,), noted=read_elsewhere)
