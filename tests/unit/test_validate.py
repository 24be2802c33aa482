"""`archspec validate` of many files, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from archspec.cli.main import main
from archspec.source.mistakes import CODES

RIGHT = "archspec: 1\nname: right\ninput: [8, 8, 3]\nrows:\n  - {type: relu, name: act}\n"
WRONG = """archspec: 1
name: wrong
vars: {width: 1.0}
input: [8, 8, 3]
rows:
  - {type: conv, name: stem, doc: "é 𝛼", kernel: 3, filters: int(8 * widht)}
"""
COLUMN = WRONG.splitlines()[-1].index("widht") + 1
BROKEN = "archspec: 1\nrows: [\n"
FORMS = ("text", "json", "github", "sarif")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    for name, text in {"a": RIGHT, "b": WRONG, "c, d": WRONG, "e": BROKEN, "f": RIGHT}.items():
        Path("nets", f"{name}.yaml").write_text(text, encoding="utf-8")
    Path("nets", "large.yml").write_text("#" * (5 << 20))
    Path("nets", "notes.txt").write_text("no spec")
    Path("empty").mkdir()
    return tmp_path


def validate(*arguments: str) -> Result:
    found = CliRunner().invoke(main, ["validate", *arguments])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    assert "Traceback" not in found.output
    return found


ALL = ("nets/a.yaml", "nets/b.yaml", "nets/c, d.yaml", "nets/e.yaml", "nets/f.yaml")


def test_a_broken_file_stops_no_other() -> None:
    found = validate(*ALL, "nets/large.yml")
    assert found.exit_code == 1
    lines = found.output.splitlines()
    assert [line for line in lines if ": ok, " in line] == [
        "nets/a.yaml: ok, 1 row, 0 parameters",
        "nets/f.yaml: ok, 1 row, 0 parameters",
    ]
    for place in (f"nets/b.yaml:6:{COLUMN}: ", f"nets/c, d.yaml:6:{COLUMN}: ", "nets/e.yaml:2:"):
        assert any(line.startswith(place) for line in lines), place
    assert "nets/large.yml:1:1: error[unreadable-file]: the file is larger than 4 MiB" in lines
    assert lines[-1] == "2 ok, 4 wrong"


@pytest.mark.parametrize("spec", ["nets", "nets/*.y*ml", "**/*.y*ml"])
def test_a_folder_and_a_pattern_stand_for_files(spec: str) -> None:
    found = validate(spec)
    assert found.exit_code == 1
    assert found.output.splitlines()[-1] == "2 ok, 4 wrong"
    assert "notes.txt" not in found.output


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("nets/aa.yaml", "archspec: there is no file nets/aa.yaml; did you mean nets/a.yaml?"),
        ("none/*.yaml", "archspec: no file matches none/*.yaml"),
        ("empty", "archspec: empty is a folder; no spec is in it"),
        ("mobilenet_v1000", "archspec: mobilenet_v1000 is neither a file nor a spec of the zoo"),
        ("nets/a.yaml:large", "archspec: nets/a.yaml has no variant large; it has none"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_missing_is_said_and_the_others_are_checked(
    missing: str, said: str, form: str
) -> None:
    found = CliRunner().invoke(main, ["validate", ALL[0], missing, ALL[1], "--format", form])
    assert found.exit_code == 2
    assert said in found.stderr
    assert "unknown-name" in found.output
    if form in ("json", "sarif"):
        json.loads(found.stdout)
    if form == "text":
        assert found.stdout.splitlines()[-1] == "1 ok, 1 wrong, 1 missing"


def test_clean_files_are_clean_in_every_form() -> None:
    for form in FORMS:
        assert validate("nets/a.yaml", "mobilenet_v1", "--format", form).exit_code == 0
    assert json.loads(validate("nets/a.yaml", "--format", "json").output) == []
    assert validate("nets/a.yaml", "--format", "github").output.strip() == ""
    assert sarif("nets/a.yaml")["runs"][0]["results"] == []


def sarif(*specs: str) -> Any:
    return json.loads(validate(*specs, "--format", "sarif").output)


def test_json_names_the_places_that_explain() -> None:
    (found,) = json.loads(validate("nets/b.yaml", "--format", "json").output)
    assert (found["file"], found["line"], found["column"], found["length"]) == (
        "nets/b.yaml",
        6,
        COLUMN,
        5,
    )
    (note,) = found["related"]
    assert note == {
        "file": "nets/b.yaml",
        "line": 3,
        "column": 8,
        "length": 5,
        "message": "`width` is declared here",
    }


def test_github_shows_the_hint_and_the_notes() -> None:
    first, second, third = validate("nets", "--format", "github").output.splitlines()[:3]
    assert first == (
        f"::error file=nets/b.yaml,line=6,col={COLUMN},title=unknown-name::"
        "`widht` is neither a variable here nor a word%0Adid you mean `width`?%0A"
        "nets/b.yaml:3:8: `width` is declared here"
    )
    assert second.startswith("::error file=nets/c%2C d.yaml,line=6")
    assert third.startswith("::error file=nets/e.yaml")


def test_sarif_has_the_structure_of_its_standard() -> None:
    """What SARIF 2.1.0 requires of a log, and what code scanning reads of it."""
    log = sarif("nets")
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "archspec"
    assert driver["version"]
    assert run["columnKind"] == "unicodeCodePoints"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] == CODES[rule["id"]]
    assert len(run["results"]) == 4
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "error"
        assert result["message"]["text"]
        located = [*result["locations"], *result.get("relatedLocations", [])]
        assert len(result["locations"]) == 1
        for location in located:
            check_location(location["physicalLocation"])
        notes = result.get("relatedLocations", [])
        assert [note["id"] for note in notes] == list(range(len(notes)))
        assert all(note["message"]["text"] for note in notes)


def check_location(place: Any) -> None:
    uri, region = place["artifactLocation"]["uri"], place["region"]
    assert " " not in uri
    assert Path(unquote(uri)).exists()
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1
    assert region["charOffset"] >= 0
    assert region["charLength"] >= 0


def test_sarif_columns_are_the_texts() -> None:
    (result,) = sarif("nets/c, d.yaml")["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "nets/c%2C%20d.yaml"
    text = Path("nets/c, d.yaml").read_text(encoding="utf-8")
    start, length = place["region"]["charOffset"], place["region"]["charLength"]
    assert text[start : start + length] == "widht"


def test_variants_and_claims_are_checked() -> None:
    Path("family.yaml").write_text(
        "archspec: 1\nname: family\nvars: {depth: 1}\ninput: [8, 8, 3]\nrows:\n"
        "  - {type: relu, name: act, repeat: 3 - depth}\n"
        "variants:\n  deeper: {vars: {depth: 5}}\n"
    )
    found = validate("family.yaml")
    assert found.exit_code == 1
    assert "family.yaml:6:37: error[out-of-range]: repeat is at least 0, not -2" in found.output
    assert "family.yaml:8:3: note: for the values of `deeper`" in found.output
