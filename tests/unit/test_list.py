"""`archspec list`: all of the zoo, at once, in a narrow terminal."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archspec
from archspec import shelf
from archspec.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


SOME = ("mobilenet_v1.yaml", "mobilenet_v1_shallow.yaml", "mobilenet_v2.yaml", "squeezenet.yaml")
CONTRACT = {"name", "family", "file", "title", "reference", "params", "macs"}


def listed(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", *arguments, "--format", "json").output)
    return found


def test_list_names_the_zoo() -> None:
    found = listed()
    assert {"mobilenet_v1", "mobilenet_v2"} <= {entry["name"] for entry in found}
    assert all(set(entry) >= CONTRACT for entry in found)
    (entry,) = (entry for entry in found if entry["name"] == "mobilenet_v2")
    network = archspec.load("mobilenet_v2")
    assert entry["file"] == "mobilenet_v2.yaml"
    assert entry["reference"] == "torchvision.models.mobilenet_v2"
    assert entry["params"] == {
        "total": network.params.total,
        "trainable": network.params.trainable,
        "non_trainable": network.params.non_trainable,
    }
    assert entry["macs"] == network.macs


def test_list_goes_family_by_family() -> None:
    found = listed()
    assert sorted(entry["name"] for entry in found) == sorted(shelf.listed())
    families = [entry["family"] for entry in found]
    assert families == sorted(families)
    first = {entry["name"] for entry in found if entry["family"] == "mobilenet_v1"}
    assert {"mobilenet_v1", "mobilenet_v1_conv", "mobilenet_v1_tutorial"} <= first
    table = run("list").output.splitlines()
    heads = [line for line in table if line.startswith(" MobileNet v1, ")]
    assert len(heads) > 0
    for line in heads:
        assert table[table.index(line) + 1].startswith("  mobilenet_v1")
    named = " ".join(table).rpartition("families: ")[2]
    for word in (*families, *shelf.blocks()):
        assert re.search(rf"\b{word}\b", named)


@pytest.mark.parametrize("columns", [60, 80])
def test_list_fits_a_narrow_page(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is piped, which `columns` of a terminal do not bound."""
    from archspec.cli.rendering import networks
    from archspec.workflows import listing

    assert max(map(len, run("list").output.splitlines())) <= 80
    monkeypatch.setattr(networks, "room", lambda: columns)
    assert max(map(len, listing.grid(listing.entries()).table(columns).splitlines())) <= columns


def test_list_takes_what_was_counted_and_counts_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the file of counts says of a spec, or of one that it extends, holds for the same texts alone."""
    from archspec.workflows import listing

    zoo = tmp_path / "zoo"
    zoo.mkdir()
    for name in (*SOME, listing.COUNTS):
        shutil.copy(shelf.folder() / name, zoo)
    shutil.copytree(shelf.folder() / shelf.BLOCKS, zoo / shelf.BLOCKS)
    monkeypatch.setattr(shelf, "folder", lambda: zoo)
    counted = listing.counted
    anew: list[str] = []

    def watched(file: str) -> Any:
        anew.append(file)
        return counted(file)

    monkeypatch.setattr(listing, "counted", watched)
    before = {entry.name: entry for entry in listing.entries()}
    assert anew == []
    text = (zoo / "mobilenet_v1.yaml").read_text()
    (zoo / "mobilenet_v1.yaml").write_text(text.replace("classes: 1000", "classes: 10"))
    after = {entry.name: entry for entry in listing.entries()}
    assert anew == ["mobilenet_v1", "mobilenet_v1_shallow"]
    assert before["mobilenet_v2"] == after["mobilenet_v2"]
    lost = before["mobilenet_v1"].params.total - after["mobilenet_v1"].params.total
    assert lost == 990 * 1025
    for broken in ("", "{", "[]", '{"vgg": {}}', '{"vgg": {"reads": ["no"], "digest": ""}}'):
        (zoo / listing.COUNTS).write_text(broken)
        anew.clear()
        assert listing.entries("squeezenet1_0")[0] == before["squeezenet1_0"]
        assert "squeezenet" in anew


def test_the_counts_beside_the_zoo_are_those_of_the_zoo() -> None:
    from archspec.workflows import listing

    kept = (shelf.folder() / listing.COUNTS).read_text()
    assert kept == listing.text_of_counts(), "make docs writes it"


def test_list_needs_no_elaboration() -> None:
    """It answers at once: what counts networks is not even imported."""
    code = (
        "import sys; from archspec.workflows.listing import entries; entries();"
        "sys.exit('archspec.language' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_list_is_filtered() -> None:
    everything = listed()
    assert listed("--family", "mobilenet_v1") == [
        entry for entry in everything if entry["family"] == "mobilenet_v1"
    ]
    assert [entry["name"] for entry in listed("SANDLER")] == [  # in their titles
        "mobilenet_v2",
        "mobilenet_v2_keras",
    ]
    assert "mobilenet_v2" in [entry["name"] for entry in listed("torchvision.models")]
    assert [e["name"] for e in listed("shallow", "--family", "mobilenet_v1")] == [
        "mobilenet_v1_shallow"
    ]
    assert "blocks to" not in run("list", "shallow").output
