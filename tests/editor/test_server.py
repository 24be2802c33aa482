"""What a person sees in an editor: the YAML language server reads a spec's modeline, and the schema that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ZOO = ROOT / "specs"
SPECS = sorted([*ZOO.rglob("*.yaml"), *(ROOT / "tests" / "specs").glob("*.yaml")])
HEAD = """# yaml-language-server: $schema=archspec.schema.json
archspec: 1
name: edited
input: [8, 8, 3]
"""
Server = Any


def at(text: str) -> tuple[str, int, int]:
    """A spec with these lines, and the line and the column where the text has its `|`."""
    before, _, after = (HEAD + text).partition("|")
    return before + after, before.count("\n"), len(before) - before.rfind("\n") - 1


def told(item: dict[str, Any]) -> str:
    """The documentation of a completion."""
    found = item.get("documentation", "")
    return found["value"] if isinstance(found, dict) else found


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_have_no_squiggles(server: Server, path: Path) -> None:
    assert server.diagnostics(path.parent, path.read_text(encoding="utf-8")) == []


def test_hover_on_stride(server: Server) -> None:
    place = at("rows:\n  - {type: conv, name: stem, kernel: 3, str|ide: 2, filters: 8}\n")
    found = server.hover(ZOO, *place)
    assert "Step of the window." in found
    assert "unless said, `1`" in found
    assert "Allowed Values" not in found


def test_hover_on_a_value_tells_its_words(server: Server) -> None:
    found = server.hover(
        ZOO, *at("rows:\n  - {type: conv, padd|ing: same, kernel: 3, filters: 8}\n")
    )
    assert "* `same`: Size / stride cells come out, rounded up" in found
    number = server.hover(ZOO, *at("rows:\n  - {type: conv, padd|ing: 1, kernel: 3, filters: 8}\n"))
    assert "kernel // 2 on each side" in number
    assert "||" not in number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rows:\n  - {type: co|nv, kernel: 3, filters: 8}\n", "`conv`: 2-D convolution"),
        ("rows:\n  - {type: relu, na|me: act}\n", "Its label"),
        ("va|rs: {width: 1.0}\n", "Knobs with their defaults"),
        ("defaults: {con|v: {bias: false}}\n", "2-D convolution"),
        ("rows:\n  - {type: conv, norm: {type: batch_norm, dec|ay: 0.9}}\n", "running statistic"),
        ("rows:\n  - {type: conv, init: {type: normal, st|d: 0.1}}\n", "unless said, `0.05`"),
        ("rows:\n  - table:\n      colu|mns: [a]\n", "names of the columns"),
        ("expect:\n  - {ma|cs: 5M}\n", "Multiply-adds"),
    ],
)
def test_hover(server: Server, text: str, expected: str) -> None:
    assert expected in server.hover(ZOO, *at(text))


@pytest.mark.parametrize("row", ["- type: |", "- {type: |}", "- {type: co|}", "- {type: conv|}"])
def test_completion_of_type(server: Server, row: str) -> None:
    found = server.completion(ZOO, *at(f"rows:\n  {row}\n"))
    assert {"conv", "depthwise", "dense", "add", "max_pool"} <= set(found)
    assert "2-D convolution" in told(found["conv"])
    assert "each channel by itself" in told(found["depthwise"])


@pytest.mark.parametrize("row", ["- type: conv\n    |", "- {type: conv, f|}", "- {f|, type: conv}"])
def test_completion_of_keys(server: Server, row: str) -> None:
    found = server.completion(ZOO, *at(f"rows:\n  {row}\n"))
    assert {"filters", "kernel", "stride", "when"} <= set(found)
    assert not {"units", "rate", "columns", "rows", "type"} & set(found)
    assert "Channels of the output." in told(found["filters"])
    assert found["stride"]["insertText"] == "stride: ${1:1}"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("rows:\n  - {type: conv, padding: |}\n", {"same", "symmetric", "valid"}),
        ("rows:\n  - {type: conv, activation: |}\n", {"none", "relu", "relu6"}),
        ("rows:\n  - {type: conv, bias: |}\n", {"true", "false"}),
        ("rows:\n  - {type: conv, init: {type: |}}\n", {"he_normal", "zeros"}),
        ("rows:\n  - {type: conv, init: {type: normal, s|}}\n", {"std"}),
        ("rows:\n  - {type: flatten, order: |}\n", {"hwc", "chw"}),
        ("rows:\n  - |\n", {"type", "table", "conv row", "table row", "residual row", "group row"}),
        ("blocks:\n  |\n", {"new block"}),
        ("variants:\n  |\n", {"new variant"}),
        ("expect:\n  - |\n", {"params", "macs", "claim"}),
        ("defaults:\n  conv:\n    |\n", {"padding", "norm"}),
        ("|\n", {"vars", "rows", "extends"}),
    ],
)
def test_completion(server: Server, text: str, offered: set[str]) -> None:
    assert offered <= set(server.completion(ZOO, *at(text)))


def test_snippets_are_rows(server: Server) -> None:
    """A row to begin with has the keys that its operation needs, each a place to fill in."""
    found = server.completion(ZOO, *at("rows:\n  - |\n"))
    conv = found["conv row"]["insertText"].split("\n")
    assert [line.strip() for line in conv] == [
        "type: conv",
        "name: ${1:conv}",
        "filters: ${2:32}",
        "kernel: ${3:3}",
    ]
    inside = server.completion(ZOO, *at("rows:\n  - type: conv\n    |\n"))
    assert not [label for label in inside if label.endswith(" row")]


def test_completion_in_an_edit(server: Server) -> None:
    head = (
        "# yaml-language-server: $schema=archspec.schema.json\narchspec: 1\nextends: mobilenet_v1\n"
    )
    text = f"{head}name: mine\nedit:\n  - "
    found = server.completion(ZOO, text, 5, 4)
    assert {"at", "remove", "change a row", "insert below", "remove a row"} <= set(found)


def squiggles(server: Server, text: str) -> list[tuple[str, str]]:
    """What is underlined, with what is said about it."""
    lines = (HEAD + text).splitlines()
    found = []
    for one in server.diagnostics(ZOO, HEAD + text):
        start, end = one["range"]["start"], one["range"]["end"]
        assert start["line"] == end["line"]
        under = lines[start["line"]][start["character"] : end["character"]]
        found.append((under, one["message"]))
    return found


def test_a_squiggle_under_a_misspelt_key(server: Server) -> None:
    text = "rows:\n  - {type: conv, name: stem, kernel: 3, filters: 8, strid: 2}\n"
    (found,) = server.diagnostics(ZOO, HEAD + text)
    column = text.splitlines()[1].index("strid")
    assert found["range"] == {
        "start": {"line": 5, "character": column},
        "end": {"line": 5, "character": column + len("strid")},
    }
    assert found["message"].startswith("`conv` takes type, filters, kernel, stride, padding")
    assert "units" not in found["message"]


@pytest.mark.parametrize(
    ("text", "under", "said"),
    [
        ("rows: [{type: relu7}]\n", "relu7", "the operations are abs, adaptive_avg_pool, add"),
        (
            "rows: [{type: conv, kernel: 3, filters: 8, init: {type: he_norml}}]\n",
            "he_norml",
            "he_normal",
        ),
        ("rows: [{type: conv, kernel: 0, filters: 8}]\n", "0", "minimum of 1"),
        ("rows: [{type: conv, kernel: 3, filters: {a: 3}}]\n", "{a: 3}", "a whole number"),
        ("rows: [{type: conv, kernel: [3], filters: 8}]\n", "[3]", "Expected 2 or more"),
        ("rows: [{type: conv, kernel: 3, filters: 8, bias: 1}]\n", "1", "true or false"),
        ("rows: [{type: conv, kernel: 3}]\n", "{", "`conv` needs the key `filters`"),
        ("rows: [{type: conv, kernel: 3, filters: 8, rows: []}]\n", "rows", "`conv` takes"),
        ("rows: [{name: act}]\n", "{", "a row is exactly one of type, rows, table"),
        ("rows: [{type: relu, when: 1}]\n", "1", "true or false"),
        ("rows: [{type: relu, name: 1st}]\n", "1st", "no digit first"),
        ("rows: [{type: relu, when: a ; b}]\n", "a ; b", "true or false, or an expression"),
        ("rows: [{repeat: 3, rows: [{type: relu}]}]\n", "{", "needs a name"),
        ("rows: []\nvars: {a: b + c}\n", "b + c", "a literal"),
        ("rows: []\ndefaults: {cnv: {}}\n", "cnv", "`defaults` takes abs, adaptive_avg_pool"),
        ("rows: []\nexpect: [{note: a}]\n", "{", "a claim has a figure"),
        ("rows: []\nrow: 3\n", "row", "a spec takes archspec, name"),
        (
            "rows: [{table: {columns: [a, b], rows: [[1, 2], [1]], each: []}}]\n",
            "[1]",
            "Expected 2 or more",
        ),
        ("rows: []\nblocks: {conv: {rows: []}}\n", "conv", "another name than"),
    ],
)
def test_squiggles(server: Server, text: str, under: str, said: str) -> None:
    ((found, message),) = squiggles(server, text)
    assert found == under
    assert said in message


def test_rows_of_blocks_are_left_alone(server: Server) -> None:
    """The keys of a block stand elsewhere: its row is checked for those of every row."""
    assert (
        squiggles(server, "use: separable\nrows: [{type: separable, filters: 8, whatever: 1}]\n")
        == []
    )
    text = "use: separable\nrows: [{type: separable, filters: 8, when: 3}]\n"
    assert [under for under, _ in squiggles(server, text)] == ["3"]


def test_a_block_file_needs_no_rows(server: Server) -> None:
    head = "# yaml-language-server: $schema=archspec.schema.json\narchspec: 1\n"
    block = (
        "blocks: {one: {params: {filters}, rows: [{type: conv, kernel: 1, filters: filters}]}}\n"
    )
    assert server.diagnostics(ZOO, head + block) == []
    assert len(server.diagnostics(ZOO, head + block.replace("kernel: 1, ", ""))) == 1


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((Path(__file__).parent / "package-lock.json").read_text())
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in one for name, one in lock["packages"].items() if name)
