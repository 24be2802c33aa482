"""What is said of a planted mistake: refused or not, where, and whether a hint names what was meant."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import archspec
from archspec.api import network
from archspec.source import Diagnostic, Source, SpecError, place, read_file
from tests.mistakes.anatomy import Anatomy
from tests.mistakes.plant import Mistake

ROOT = Path(__file__).resolve().parents[2]
MOBILENETS = ("specs/mobilenet_v1.yaml", "specs/mobilenet_v2.yaml")
FOLDERS = ("specs", "specs/blocks", "tests/specs", "tests/mistakes")


@dataclass(frozen=True)
class Verdict:
    """What was said of a mistake, and `at` which place: `here`, elsewhere with a `note` that leads here, `elsewhere`;
    or it was `accepted`, or made a `crash`. `first`: the first thing said was already at the place, or led to it."""

    mistake: Mistake
    at: str
    named: bool = False
    first: bool = False
    said: tuple[Diagnostic, ...] = ()
    error: str = ""

    @property
    def refused(self) -> bool:
        return self.at not in ("accepted", "crash")

    @property
    def placed(self) -> bool:
        """Whether the place was found; through a note only where the place is read elsewhere."""
        return self.at == "here" or (self.at == "note" and self.mistake.noted)

    @property
    def hinted(self) -> bool | None:
        """Whether a hint names what was meant; None where nothing was misspelt."""
        return self.named if self.mistake.meant else None

    def __str__(self) -> str:
        mistake = self.mistake
        text, start = mistake.source.text, mistake.places[0][0]
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        said = [f"{place(d.span)} {d.code}: {d.message} [{d.hint}]" for d in self.said[:3]]
        told = self.error or "; ".join(said) or "nothing was said"
        where = f"{mistake.source.name}:{line}:{column}"
        return f"{where}: {mistake.kind}: {mistake.what}: {self.at}: {told}"


def specs() -> list[Source]:
    """The specs of the zoo and of the tests, and block files."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.yaml"))]
    return [read_file(path, str(path.relative_to(ROOT))) for path in paths]


def judged(mistake: Mistake) -> Verdict:
    """Load a spec with a mistake as `archspec validate` does."""
    try:
        _load(mistake.source)
    except SpecError as error:
        said, shown = error.diagnostics, str(error)
        assert shown
        at = _where(mistake, said)
        first = _where(mistake, said[:1]) in ("here", "note")
        return Verdict(mistake, at, _named(mistake, at, said), first, said)
    except Exception as error:  # whatever it is: that there is none is what is measured
        return Verdict(mistake, "crash", error=repr(error))
    return Verdict(mistake, "accepted")


def _load(source: Source) -> None:
    if "rows:" in source.text.split("blocks:")[0] or "blocks/" not in source.name:
        network(source, None, {}).check()
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "planted.yaml").write_text(source.text, encoding="utf-8")
        host = Path(folder, "host.yaml")
        host.write_text(_host(read_file(ROOT / source.name)), encoding="utf-8")
        archspec.load(host).check()


def _host(source: Source) -> str:
    """A spec that uses every block of a file, with what each of them needs."""
    rows = []
    for name, parameters in Anatomy.of(source).blocks.items():
        given = "".join(f", {key}: 8" for key, needed in parameters.items() if needed)
        rows.append(f"  - {{type: {name}, name: the_{name}{given}}}\n")
    head = "archspec: 1\nname: host\nuse: planted.yaml\ninput: [32, 24, 8]\nrows:\n"
    return head + "".join(rows)


def _where(mistake: Mistake, said: Iterable[Diagnostic]) -> str:
    said = tuple(said)
    if any(_at(mistake, d) for d in said):
        return "here"
    notes = (note for d in said for note in d.related)
    return "note" if any(_at(mistake, note) for note in notes) else "elsewhere"


def _at(mistake: Mistake, report: object) -> bool:
    """Whether a report or note begins in a place of the mistake, or underlines it within one line."""
    span = report.span  # type: ignore[attr-defined]
    if span.source.text != mistake.source.text:
        return False
    line = "\n" not in span.text
    return any(
        first <= span.start < last or (line and span.start <= first and last <= span.end)
        for first, last in mistake.places
    )


def _named(mistake: Mistake, at: str, said: Iterable[Diagnostic]) -> bool:
    """Whether a hint names what was meant: at the misspelling the right word, where it is read the misspelt one."""
    name = mistake.meant if at == "here" else mistake.wrong
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    guesses = [d.hint for d in said if d.hint and "did you mean" in d.hint]
    quoted = [text for guess in guesses for text in re.findall(r"`([^`]*)`", guess)]
    return bool(name) and any(word.search(text) for text in quoted)
