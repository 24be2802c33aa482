"""Mistakes planted in every spec are refused where they were made, with a hint; `make mistakes` plants all of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from archspec.cli.main import main
from tests.mistakes.judge import MOBILENETS, judged, specs
from tests.mistakes.plant import KINDS, Mistake, planted
from tests.mistakes.run import HINTED, PLACED, missed, table

EACH = {name: 25 for name in MOBILENETS}  # mistakes of each kind; of other specs fewer
FEW = 3


def sample() -> list[Mistake]:
    """A seeded choice: every kind of mistake in every spec."""
    found: list[Mistake] = []
    for source in specs():
        mistakes = list(planted(source))
        for kind in KINDS:
            of_kind = [mistake for mistake in mistakes if mistake.kind == kind]
            random.Random(f"{source.name} {kind}").shuffle(of_kind)
            found += of_kind[: EACH.get(source.name, FEW)]
    return found


def test_planted_mistakes() -> None:
    verdicts = [judged(mistake) for mistake in sample()]
    counts = Counter(verdict.mistake.kind for verdict in verdicts)
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 40
    said = "\n".join([*missed(verdicts), table("sample", verdicts)])
    assert not [verdict for verdict in verdicts if verdict.at == "crash"], said
    assert sum(v.placed for v in verdicts) >= PLACED * len(verdicts), said
    hints = [v.hinted for v in verdicts if v.hinted is not None]
    assert sum(hints) >= HINTED * len(hints), said


def test_specs_without_a_mistake_are_right() -> None:
    """What a planted mistake is held against: the specs as they are, which nothing is said of."""
    for source in specs():
        assert judged(Mistake("none", "", source, ((0, 1),))).at == "accepted", source.name


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_says_so(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sources = [source for source in specs() if source.name in MOBILENETS]
    mistakes = [m for source in sources for m in planted(source) if m.kind == kind]
    for mistake in random.Random(kind).sample(mistakes, 2):
        Path("planted.yaml").write_text(mistake.source.text, encoding="utf-8")
        found = CliRunner().invoke(main, ["validate", "planted.yaml"])
        assert found.exit_code == 1, mistake
        assert isinstance(found.exception, SystemExit)
        assert found.output.startswith("planted.yaml:")
        assert "Traceback" not in found.output


def test_the_measure_can_fail() -> None:
    """A report at another place, a hint of another word and an accepted spec are seen as what they are."""
    (source, *_) = (source for source in specs() if source.name == MOBILENETS[0])
    mistake = next(m for m in planted(source) if m.kind == "name misspelt")
    assert judged(mistake).placed
    ((start, end),) = mistake.places
    elsewhere = judged(replace(mistake, places=((start - 9, end - 9),)))
    assert (elsewhere.at, elsewhere.placed) == ("elsewhere", False)
    assert judged(replace(mistake, meant="another")).hinted is False
    accepted = judged(replace(mistake, source=source))
    assert (accepted.at, accepted.refused, accepted.placed) == ("accepted", False, False)
