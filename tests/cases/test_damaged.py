"""Specs that somebody damaged, and large files of anything: refused with places and hints, in little work.

`python -m tests.mistakes.damaged` and `python -m tests.mistakes.large` try many more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import archspec
from archspec.source import SpecError
from tests.cases.test_budgets import HEAD, calls
from tests.mistakes.damaged import Finding, damaged, found
from tests.mistakes.large import M, content

COUNT, MOST = 400, 9_000_000
SHAPES = (
    "random bytes", "one long line", "one long value", "open brackets", "anchors", "laughs", "keys", "documents",
    "flow list", "comments", "nul", "tags", "deep indent", "bad rows", "let fns", "variants", "edits",
)  # fmt: skip


def test_damaged_specs_are_refused_as_they_should_be() -> None:
    findings = [found(text) for text in damaged(COUNT, 7)]
    assert [f"{f.kind}: {f.said}\n{f.text}" for f in findings if isinstance(f, Finding)] == []
    assert COUNT / 2 < findings.count("refused") < COUNT  # some changes are none


@pytest.mark.parametrize("name", SHAPES)
def test_a_mebibyte_of_anything_is_refused_in_little_work(name: str, tmp_path: Path) -> None:
    archspec.load(
        f"{HEAD}rows: [{{type: relu}}]\n"
    )  # what is imported and built once is not counted
    data = content(name)
    assert name == "deep indent" or len(data) > M / 3
    path = tmp_path / "large.yaml"
    path.write_bytes(data)

    def load() -> None:
        with pytest.raises(SpecError) as caught:
            archspec.load(path).check()
        assert all(d.hint for d in caught.value.diagnostics)
        assert str(caught.value)

    assert calls(load) < MOST
