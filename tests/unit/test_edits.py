"""Edits by label: the extended file changes below them without breaking them, or the error says which label is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

import archspec
from archspec.api import Network
from archspec.source import Diagnostic, SpecError

BASE = """archspec: 1
name: base
vars: {width: 1.0}
input: [32, 32, 3]
blocks:
  pair:
    params: {filters, stride: 1}
    rows:
      - {type: depthwise, name: depthwise, kernel: 3, padding: same, stride: stride}
      - {type: conv, name: pointwise, kernel: 1, filters: filters}
rows:
  - {type: conv, name: stem, kernel: 3, filters: int(16 * width)}
  - {type: pair, name: middle, filters: 16, repeat: 2}
  - name: tail
    rows:
      - {type: conv, name: narrow, kernel: 1, filters: 8}
      - {type: relu, name: act}
  - {type: max_pool, name: pool, kernel: 2}
  - {type: global_avg_pool, name: mean}
  - {type: dense, name: classifier, units: 10}
"""
MINE = """archspec: 1
extends: base.yaml
name: mine
edit:
  - {at: stem, set: {kernel: 5}}
  - {at: blocks.pair.pointwise, set: {bias: false}}
  - {at: tail.narrow, set: {filters: 12}}
  - {before: classifier, insert: [{type: dense, name: hidden, units: 20}]}
  - {after: tail.act, insert: [{type: batch_norm, name: norm}]}
  - {remove: pool}
"""
EDITED = [
    "stem",
    "middle.0.depthwise",
    "middle.0.pointwise",
    "middle.1.depthwise",
    "middle.1.pointwise",
    "tail.narrow",
    "tail.act",
    "tail.norm",
    "mean",
    "hidden",
    "classifier",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def mine(base: str, extension: str = MINE) -> Network:
    Path("base.yaml").write_text(base, encoding="utf-8")
    Path("mine.yaml").write_text(extension, encoding="utf-8")
    return archspec.load("mine.yaml")


def names(network: Network) -> list[str]:
    return [row.name for row in network.table()]


def shown(network: Network) -> None:
    """The six edits are all in effect."""
    rows = {row.name: row for row in network.table()}
    weights = network.init_weights()
    assert weights["stem.kernel"].shape[:2] == (5, 5)
    assert "middle.0.pointwise.bias" not in weights
    assert rows["tail.narrow"].output[-1] == 12
    assert rows["hidden"].output == (20,)
    assert "tail.norm.gamma" in weights
    assert "pool" not in rows


def changed(*changes: tuple[str, str]) -> str:
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_edits_change_what_they_name() -> None:
    network = mine(BASE)
    assert names(network) == EDITED
    shown(network)


FIRST = "  - {type: conv, name: stem"
CHANGES = {
    "a row is inserted at the top": [(FIRST, "  - {type: relu, name: first}\n" + FIRST)],
    "an unnamed row is inserted": [(FIRST, "  - {type: conv, kernel: 1, filters: 3}\n" + FIRST)],
    "a row is inserted into the group": [
        (
            "      - {type: relu, name: act}\n",
            "      - {type: relu6}\n      - {type: relu, name: act}\n",
        )
    ],
    "a row is inserted into the block": [
        ("      - {type: depthwise", "      - {type: relu, name: pre}\n      - {type: depthwise")
    ],
    "rows change places": [
        ("  - {type: max_pool, name: pool, kernel: 2}\n", ""),
        (FIRST, "  - {type: max_pool, name: pool, kernel: 2}\n" + FIRST),
    ],
    "values change": [("int(16 * width)", "int(24 * width)"), ("repeat: 2", "repeat: 3")],
    "a row is written line by line": [
        (
            "  - {type: conv, name: stem, kernel: 3, filters: int(16 * width)}",
            "  - type: conv\n    name: stem   # the first\n    kernel: 3\n    filters: int(16 * width)",
        )
    ],
    "a row that nobody edits is another one": [
        ("{type: pair, name: middle, filters: 16, repeat: 2}", "{type: relu6, name: middle}")
    ],
    "comments and blank lines": [("rows:\n  - {type: conv", "rows:\n\n  # here\n  - {type: conv")],
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_extended_file_changes_below_the_edits(what: str) -> None:
    network = mine(changed(*CHANGES[what]))
    rows = {row.name: row for row in network.table()}
    assert rows["tail.narrow"].output[-1] == 12
    assert rows["hidden"].output == (20,)
    assert "pool" not in rows
    order = names(network)
    assert order.index("tail.norm") == order.index("tail.act") + 1
    assert order.index("hidden") == order.index("classifier") - 1
    weights = network.init_weights()
    assert weights["stem.kernel"].shape[:2] == (5, 5)
    assert not [name for name in weights if name.endswith("pointwise.bias")]


def refused(base: str, extension: str = MINE) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        mine(base, extension)
    return list(caught.value.diagnostics)


GONE = {
    "stem": (("name: stem,", "name: stem_conv,"), 5, None),
    "blocks.pair.pointwise": (("name: pointwise", "name: pointwise2"), 6, "blocks.pair.pointwise2"),
    "tail.narrow": (("name: narrow", "name: narrower"), 7, "tail.narrower"),
    "classifier": (("name: classifier", "name: classifer"), 8, "classifer"),
    "tail.act": (("  - name: tail\n", "  - name: tails\n"), 9, "tails.act"),
    "pool": (("  - {type: max_pool, name: pool, kernel: 2}\n", ""), 10, None),
}


@pytest.mark.parametrize("label", GONE)
def test_a_label_that_is_gone_is_named(label: str) -> None:
    """At the edit, with the nearest label and the row that has it in the extended file."""
    change, line, nearest = GONE[label]
    found = {d.received: d for d in refused(changed(change))}
    diagnostic = found[label]
    assert diagnostic.code == "unknown-label"
    assert f"`{label}`" in diagnostic.message
    assert (diagnostic.span.source.name, diagnostic.span.line) == ("mine.yaml", line)
    assert diagnostic.span.text == label
    (note,) = diagnostic.related
    assert note.span.source.name == "base.yaml"
    if nearest is not None:
        assert diagnostic.hint == f"did you mean `{nearest}`?"
        assert note.span.text == nearest.rpartition(".")[2]


def test_all_labels_that_are_gone_are_named_at_once() -> None:
    base = changed(("name: stem,", "name: start,"), ("name: classifier", "name: head"))
    assert [d.received for d in refused(base)] == ["stem", "classifier"]


def test_a_key_that_is_gone_is_named_where_it_is_set() -> None:
    """A parameter of a block that the extended file renames."""
    base = changed(("params: {filters, stride: 1}", "params: {width_of, stride: 1}"))
    base = base.replace("filters: filters}", "filters: width_of}").replace(
        "name: middle, filters: 16", "name: middle, width_of: 16"
    )
    extension = MINE.replace("  - {remove: pool}", "  - {at: middle, set: {filters: 24}}")
    (diagnostic,) = refused(base, extension)
    assert (diagnostic.code, diagnostic.span.source.name) == ("unknown-key", "mine.yaml")
    assert diagnostic.span.text == "filters"
    assert diagnostic.related[0].span.source.name == "base.yaml"


def test_what_an_insertion_refers_to_is_looked_for_in_the_extended_file() -> None:
    extension = MINE.replace(
        "{type: batch_norm, name: norm}", "{type: add, name: again, from: [narow, prev]}"
    )
    (diagnostic,) = refused(BASE, extension)
    assert (diagnostic.code, diagnostic.span.text) == ("unknown-label", "narow")
    assert diagnostic.span.source.name == "mine.yaml"
    assert diagnostic.related[0].span.source.name == "base.yaml"


def test_a_row_without_a_name_cannot_be_edited() -> None:
    """`relu_2` would be another row once one is inserted above."""
    base = changed(("name: mean}", "name: mean}\n  - {type: relu}\n  - {type: relu}"))
    for label in ("relu", "relu_2"):
        extension = MINE.replace("{remove: pool}", f"{{remove: {label}}}")
        (diagnostic,) = refused(base, extension)
        assert (diagnostic.code, diagnostic.span.text) == ("needs-name", label)
        assert diagnostic.related[0].span.source.name == "base.yaml"


def test_an_edit_reaches_both_rows_of_a_label() -> None:
    base = changed(
        ("name: mean}", "name: mean, when: true}\n  - {type: relu, name: mean, when: false}")
    )
    extension = MINE.replace("{remove: pool}", "{remove: mean}")
    assert "mean" in names(mine(base))
    assert "mean" not in names(mine(base, extension))


def test_edits_of_an_extension_are_by_its_own_labels() -> None:
    """A file that extends a file that extends: what the middle one renames is called so from there on."""
    mine(BASE)
    top = "archspec: 1\nextends: mine.yaml\nname: top\nedit:\n  - {at: hidden, set: {units: 30}}\n"
    Path("top.yaml").write_text(top)
    rows = {row.name: row for row in archspec.load("top.yaml").table()}
    assert rows["hidden"].output == (30,)
    Path("mine.yaml").write_text(MINE.replace("name: hidden", "name: hiden"))
    with pytest.raises(SpecError) as caught:
        archspec.load("top.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.hint == "did you mean `hiden`?"
    assert diagnostic.related[0].span.source.name == "mine.yaml"
    Path("mine.yaml").write_text(MINE)
    Path("top.yaml").write_text(top.replace("at: hidden", "at: pool").replace("units", "kernel"))
    with pytest.raises(SpecError) as caught:
        archspec.load("top.yaml")
    assert caught.value.diagnostics[0].code == "unknown-label"


PORTS = """archspec: 1
extends: base.yaml
name: mine
inputs: {photo: [19, 17, 3], side: [17, 15, 16]}
edit:
  - {at: stem, set: {from: photo}}
  - {after: stem, insert: [{type: add, name: both, from: [stem, side]}]}
outputs: {logits: classifier, features: tail}
"""


def test_inputs_and_outputs_are_said_anew() -> None:
    network = mine(BASE, PORTS)
    assert network.input_shapes == {"photo": (19, 17, 3), "side": (17, 15, 16)}
    assert network.output_shapes == {"logits": (10,), "features": (17, 15, 8)}
    assert all(network.printed(backend).calls > 8 for backend in ("torch", "keras"))


@pytest.mark.parametrize("lines", [["input: [19, 17, 3]"], ["inputs: {only: [19, 17, 3]}"]])
def test_one_input_takes_the_place_of_several(lines: list[str]) -> None:
    """Of either key, whichever the extended file has."""
    mine(BASE, PORTS)
    edits = ["{at: stem, set: {from: input}}", "{at: both, set: {from: [stem, stem]}}"]
    head = ["archspec: 1", "extends: mine.yaml", "name: other"]
    text = "\n".join([*head, *lines, f"edit: [{', '.join(edits)}]"])
    Path("other.yaml").write_text(text, encoding="utf-8")
    network = archspec.load("other.yaml")
    assert network.input_shape == (19, 17, 3)
    assert list(network.output_shapes) == ["logits", "features"]
