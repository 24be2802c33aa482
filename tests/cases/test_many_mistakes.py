"""Thousands of mistakes: every format shows the first and says how many more there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archspec.cli.main import main
from archspec.source.diagnostic import MAX_SHOWN

HEAD = "archspec: 1\nname: wrong\ninput: [8, 8, 3]\nrows:\n"


def validate(mistakes: int, form: str) -> Result:
    Path("wrong.yaml").write_text(HEAD + "  - {typ: relu}\n" * mistakes)
    found = CliRunner().invoke(main, ["validate", "wrong.yaml", "--format", form])
    assert found.exit_code == 1
    return found


def shown(found: Result, form: str) -> int:
    match form:
        case "json":
            return len(json.loads(found.stdout))
        case "sarif":
            return len(json.loads(found.stdout)["runs"][0]["results"])
        case "github":
            return found.stdout.count("::error ")
    return found.stderr.count("error[")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_every_format_is_capped(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    every = validate(MAX_SHOWN, form)
    assert (shown(every, form), "more" in every.stderr) == (MAX_SHOWN, False)
    some = validate(3_000, form)
    assert shown(some, form) == MAX_SHOWN
    assert some.stderr.endswith(f"... and {3_000 - MAX_SHOWN:,} more\n")
