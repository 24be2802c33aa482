"""Every sentence of docs/language.md has an example that runs: on the page, or in rules.yaml under its identifier."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner
from safetensors.numpy import load_file

import archspec
from archspec.api import Network
from archspec.cli.main import main
from archspec.graph.ops import operations
from archspec.lowering.backend import ready
from archspec.weights.files import canonical_file
from tests.docs.test_language_page import codes, table
from tests.docs.test_pages import ROOT, blocks, said

PAGE = "docs/language.md"
WRITTEN_RULES = (Path(__file__).parent / "rules.yaml").read_text(encoding="utf-8")
RULES: dict[str, dict[str, Any]] = yaml.safe_load(WRITTEN_RULES)
HEAD = "archspec: 1\nname: example\n"


def paragraphs() -> Iterator[tuple[list[str], list[str]]]:
    """The sentences of each paragraph and their identifiers; tables and the index have tests of their own."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    head, body = page.split("\n## ", 1)
    prose = re.sub(r"^- .*", "", head, flags=re.S | re.M) + re.sub(
        r"^```.*?^```$", "", "\n\n## " + body, flags=re.S | re.M
    )
    for paragraph in re.split(r"\n\s*\n|\n(?=#|- |\|)", prose):
        text, _, rules = " ".join(paragraph.split()).partition("<!-- rules:")
        if text.strip() and not text.startswith(("#", "|", "<!--")):
            yield re.split(r"(?<=[.])\s+(?=[A-Z`*\"])", text.strip()), rules[: -len("-->")].split()


def test_every_sentence_has_an_identifier() -> None:
    for sentences, rules in paragraphs():
        assert len(sentences) == len(rules), (sentences, rules)


def test_every_identifier_has_an_entry() -> None:
    used = [rule for _, rules in paragraphs() for rule in rules]
    listed = re.findall(r"^([^\s#].*):$", WRITTEN_RULES, re.M)
    assert sorted(used) == sorted(set(used))
    assert sorted(listed) == sorted(used)
    assert len(re.findall("<!-- rules:", (ROOT / PAGE).read_text())) == len(list(paragraphs()))


def test_every_entry_has_something_to_show() -> None:
    for rule, entry in RULES.items():
        assert entry.keys() <= {"told", "page", "shown"}, rule
        assert ("told" in entry) != bool(entry.get("page") or entry.get("shown")), rule


EXAMPLES = [block.text for block in blocks(PAGE) if block.kind != "sh"]
SHOWN = [rule for rule, entry in RULES.items() if "page" in entry]
CASES = [(rule, case) for rule, entry in RULES.items() for case in entry.get("shown", ())]


@pytest.mark.parametrize("rule", SHOWN)
def test_the_page_shows_it(rule: str) -> None:
    for lines in RULES[rule]["page"]:
        assert any(lines in text for text in EXAMPLES), lines


def load(text: str) -> Network:
    return archspec.load(HEAD + text)


def refused(text: str, name: str = "") -> list[str]:
    """The codes of what is wrong with a spec, given as text or written into a file."""
    if name:
        Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(archspec.SpecError) as caught:
        archspec.load(name or text)
    return sorted({diagnostic.code for diagnostic in caught.value.diagnostics})


NAMES = {
    "archspec": archspec,
    "CliRunner": CliRunner,
    "files": canonical_file,
    "json": json,
    "load": load,
    "load_file": load_file,
    "main": main,
    "np": np,
    "Path": Path,
    "pytest": pytest,
    "ready": ready,
    "refused": refused,
    "said": said,
    "torch": torch,
}


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[rule for rule, _ in CASES])
def test_an_example_shows_it(
    rule: str, case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if "python" in case:
        exec(case["python"], dict(NAMES))
        return
    if "error" in case:
        assert refused(HEAD + case["spec"]) == [case["error"]]
        return
    network = load(case["spec"])
    found = {
        "params": network.params.total,
        "shape": list(network.output_shape),
        "rows": [row.name for row in network.table()],
        "weights": list(network.init_weights()),
    }
    expected = {key: value for key, value in case.items() if key != "spec"}
    assert {key: found[key] for key in expected} == expected
    assert all(network.printed(backend).text for backend in ("torch", "keras"))


TABLES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "tables.yaml").read_text())
WRITTEN = "\n".join([*EXAMPLES, *(entry["spec"] for entry in TABLES)])
OF_KEYS = [
    "The file",
    "Variables",
    "Rows",
    "Tables",
    "Blocks",
    "Block files",
    "Variants",
    "Files that extend others",
    "Edits",
    "Claims",
]


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry["shows"])
def test_what_the_tables_list(entry: dict[str, Any]) -> None:
    network = load(entry["spec"])
    assert all(verdict.status == "pass" for verdict in network.verify())
    for one in (network, *map(network.variant, network.variants)):
        for backend in ("torch", "keras"):
            assert f"{one.graph.class_name}(nn.Module)" in one.source("torch")
            assert one.printed(backend).text


@pytest.mark.parametrize("heading", OF_KEYS)
def test_every_key_stands_in_an_example(heading: str) -> None:
    keys = {key for row in table(heading) for key in codes(row[0])}
    assert {key for key in keys if not re.search(rf"\b{key}: ?", WRITTEN)} == set()


def test_every_first_value_stands_in_an_example() -> None:
    words = {word for row in table("Initial values") for word in codes(row[0])}
    assert {
        word for word in words if not re.search(rf"init: ({{type: )?{word}\b", WRITTEN)
    } == set()


@pytest.mark.parametrize("row", table("Operations"), ids=lambda row: row[0])
def test_every_operation_stands_in_an_example(row: list[str]) -> None:
    """With each key that it may have."""
    (name,) = codes(row[0])
    assert re.search(rf"type: {name}\b", WRITTEN)
    for key in codes(row[1] + row[2]):
        assert re.search(rf"type: {name}\b[^}}]*\b{key}:", WRITTEN), key


def alone(operation: str) -> tuple[str, str]:
    """The row of an operation in the first of the specs, and a spec for a row of it."""
    (row,) = re.findall(rf"- ({{type: {operation}, [^}}]*}})", TABLES[0]["spec"])[:1]
    before = "{type: flatten}, " if operation == "dense" else ""
    after = ", {type: add, name: sum}" if operation == "split" else ""
    spec = f"vars: {{slope: 0.1}}\ninput: [16, 16, 16]\nrows: [{before}%s{after}]"
    return re.sub(r"from: \[.*?\]", "from: [input, input]", row), spec


UNSAID = [(key, codes(row[1])[0]) for row in table("Default values") for key in codes(row[0])]


@pytest.mark.parametrize(("key", "value"), UNSAID)
def test_a_key_that_is_not_said_is_as_if_it_were(key: str, value: str) -> None:
    having = [n for n, op in operations().items() if key in op.attributes]
    for name in (n for n in having if operations()[n].attributes[key].unless_said):
        row, spec = alone(name)
        unsaid = re.sub(rf",\s+{key}: (\[.*?\]|[^,}}]*)", "", row)
        assert unsaid != row, name
        said_ = unsaid.replace(", name", f", {key}: {value}, name", 1)
        assert load(spec % unsaid).digest == load(spec % said_).digest, name
