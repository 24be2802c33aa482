"""Text to nodes: YAML 1.2's core schema, under both of PyYAML's parsers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import archspec
from archspec.source import Source, SpecError, read, read_file, reader
from archspec.source.nodes import Mapping, Scalar, Sequence

HERE = Path(__file__).parent
SPECS = [*(HERE.parent / "specs").glob("*.yaml"), *(HERE.parents[1] / "specs").glob("*.yaml")]
PARSERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(reader, "PARSER", request.param)
    return request.param


def data(node: Any) -> Any:
    """Nodes as plain data, with the place of each scalar."""
    if isinstance(node, Mapping):
        return {entry.key.text: data(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.text, node.plain, node.span.line, node.span.column


def test_both_parsers_are_tested() -> None:
    assert len(PARSERS) == 2, "PyYAML lacks its C parser here: half of these tests are missing"


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_both_parsers_read_the_same(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for parser in PARSERS:
        monkeypatch.setattr(reader, "PARSER", parser)
        found.append(data(read(read_file(spec))))
    assert all(one == found[0] for one in found)


def test_words_are_words(parser: Any) -> None:
    """YAML 1.1's `no`, `1e-3`, `010`, `1:30` and dates are plain text to us, numbers by their digits."""
    text = "rows: [no, yes, on, 1e-3, 010, 1:30, 2020-01-01, 0x10, ~, null, .5]"
    assert [scalar[0] for scalar in data(read(Source("t", text)))["rows"]] == [
        "no", "yes", "on", "1e-3", "010", "1:30", "2020-01-01", "0x10", "~", "null", ".5",
    ]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends(parser: Any, newline: str) -> None:
    node = read(Source("t", newline.join(["a: 1", "b: 2", ""])))
    assert data(node) == {"a": ("1", True, 1, 4), "b": ("2", True, 2, 4)}


def test_places_count_characters(parser: Any) -> None:
    node = data(read(Source("t", "doc: 'é入力😀'\nlist: ['é', x]\n")))
    assert node["list"][1] == ("x", True, 2, 13)


def test_byte_order_mark(parser: Any, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_bytes(b"\xef\xbb\xbf" + (HERE.parents[1] / "specs/mobilenet_v1.yaml").read_bytes())
    assert archspec.load(spec).params.total == 4_253_864


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        archspec.load(text + "\n")
    except SpecError as error:
        assert str(error)


PIECES = st.sampled_from(
    [
        *("archspec: 1", "name: x", "rows:", "input: [8, 8, 3]", "  - {type: conv", ", kernel: 3"),
        *(
            ", filters: 8",
            "}",
            "]",
            "[",
            "{",
            "&a",
            "*a",
            ": ",
            "- ",
            "\n",
            "\n  ",
            "'",
            '"',
            "!!x",
        ),
        *("<<", "? ", "%", "@", "#", "---\n", "repeat: 3", "table:", "blocks:", "when: ", "prev."),
        *("9**9", "vars: {a: 1}"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_pieces_of_specs_are_read_or_refused(text: str) -> None:
    try:
        archspec.load(text + "\n")
    except SpecError as error:
        assert all(d.span.line >= 1 and d.span.column >= 1 for d in error.diagnostics)


def test_a_dictionary_reads_as_its_text() -> None:
    spec = {
        "archspec": 1,
        "name": "small",
        "vars": {"wide": True, "rate": 0.5},
        "input": [9, 8, 3],
        "rows": [
            {"type": "conv", "name": "a", "kernel": [3, 1], "filters": "8 if wide else 4"},
            {"type": "dropout", "name": "b", "rate": "rate"},
        ],
    }
    text = yaml.safe_dump(spec, sort_keys=False)
    assert archspec.load(spec).digest == archspec.load(text).digest
    assert archspec.load(spec, wide=False).params.total == 4 * 9 + 4


def test_a_wrong_dictionary_is_explained() -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load({"archspec": 1, "name": "x", "input": [8, 8, 3], "rows": [{"typ": "relu"}]})
    assert "did you mean `type`?" in str(caught.value)
