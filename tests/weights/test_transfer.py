"""After an edit: what still fits is carried by label, the rest is drawn by the new network's initialisers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archspec
from archspec.api import Network
from archspec.cli.main import main
from archspec.weights.check import WeightsError
from archspec.weights.files import canonical_file
from archspec.weights.transfer import WeightTransfer, transfer

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "specs" / "mobilenet_v1.yaml").read_text()
INSERTED = "  - {type: separable, name: extra, stride: 1, filters: 128}\n"


def inserted() -> Network:
    """MobileNet v1 with a row more in its middle."""
    lines = TABLE.splitlines(keepends=True)
    (at,) = [k for k, line in enumerate(lines) if "name: block3" in line]
    return archspec.load("".join([*lines[: at + 1], INSERTED, *lines[at + 1 :]]), width=0.25)


def carried(
    old: Network, new: Network, folder: Path
) -> tuple[list[WeightTransfer], dict[str, Any], dict[str, Any]]:
    """What became of each weight, the old ones and the new ones."""
    before = old.random_weights(1)
    canonical_file.write(folder / "old.safetensors", old.graph, before)
    found = transfer(
        old.graph, new.graph, folder / "old.safetensors", folder / "new.safetensors", 7
    )
    return found, before, canonical_file.read(folder / "new.safetensors", new.graph)


def by_status(found: list[WeightTransfer]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for fate in found:
        groups.setdefault(fate.status, set()).add(fate.name)
    return groups


def test_inserting_a_row_loses_nothing(tmp_path: Path) -> None:
    old, new = archspec.load("mobilenet_v1", width=0.25), inserted()
    found, before, after = carried(old, new, tmp_path)
    groups = by_status(found)
    assert groups["carried"] == set(before)
    assert set(groups) == {"carried", "new row"}
    assert {name.partition(".")[0] for name in groups["new row"]} == {"extra"}
    assert all(np.array_equal(after[name], before[name]) for name in before)
    drawn = new.init_weights(7)
    assert all(np.array_equal(after[name], drawn[name]) for name in groups["new row"])


def test_removing_it_again_drops_it(tmp_path: Path) -> None:
    found, before, after = carried(inserted(), archspec.load("mobilenet_v1", width=0.25), tmp_path)
    groups = by_status(found)
    assert {name.partition(".")[0] for name in groups["dropped"]} == {"extra"}
    assert groups["carried"] == set(after)
    assert all(np.array_equal(after[name], before[name]) for name in after)


def test_other_classes_and_another_input(tmp_path: Path) -> None:
    old = archspec.load("mobilenet_v1", width=0.25)
    new = archspec.load("mobilenet_v1", width=0.25, classes=10, resolution=96)
    found, before, after = carried(old, new, tmp_path)
    changed = {fate.name: (fate.old, fate.new) for fate in found if fate.status == "shape changed"}
    assert changed == {
        "classifier.kernel": ((256, 1000), (256, 10)),
        "classifier.bias": ((1000,), (10,)),
    }
    drawn = new.init_weights(7)
    for name, value in after.items():
        assert np.array_equal(value, drawn[name] if name in changed else before[name]), name


def test_a_row_of_another_type_and_a_bias(tmp_path: Path) -> None:
    """Shapes alone may agree: a depthwise kernel is not carried into a convolution."""
    text = "archspec: 1\nname: one\ninput: [8, 8, 1]\nrows:\n  - {{type: {0}, name: a, kernel: 3, {1}}}\n"
    old = archspec.load(text.format("depthwise", "bias: false"))
    new = archspec.load(text.format("conv", "filters: 1"))
    found, _, after = carried(old, new, tmp_path)
    assert found == [
        WeightTransfer("a.kernel", "type changed", (3, 3, 1, 1), (3, 3, 1, 1), "depthwise -> conv"),
        WeightTransfer("a.bias", "new weight", None, (1,)),
    ]
    assert np.array_equal(after["a.kernel"], new.init_weights(7)["a.kernel"])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_the_type_of_the_file_is_kept(tmp_path: Path, dtype: str) -> None:
    old = archspec.load("mobilenet_v1", width=0.25)
    canonical_file.write(tmp_path / "old.safetensors", old.graph, old.random_weights(1), dtype)
    transfer(
        old.graph, inserted().graph, tmp_path / "old.safetensors", tmp_path / "new.safetensors", 0
    )
    found = CliRunner().invoke(
        main, ["weights", "inspect", str(tmp_path / "new.safetensors"), "--format", "json"]
    )
    types = {tensor["dtype"] for tensor in json.loads(found.output)["tensors"]}
    drawn = {"bfloat16": {"bfloat16", "float32"}}.get(dtype, {dtype})
    assert types == drawn


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    old = archspec.load("mobilenet_v1", width=0.25)
    canonical_file.write(tmp_path / "old.safetensors", old.graph, old.random_weights(1))
    wide = archspec.load("mobilenet_v1", width=0.5)
    with pytest.raises(WeightsError, match=r"stem\.kernel"):
        transfer(
            wide.graph, old.graph, tmp_path / "old.safetensors", tmp_path / "new.safetensors", 0
        )
    assert not (tmp_path / "new.safetensors").exists()


def test_the_command_says_what_became_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = archspec.load("mobilenet_v1", width=0.25)
    canonical_file.write(Path("old.safetensors"), old.graph, old.random_weights(1))
    command = [
        "weights",
        "transfer",
        "mobilenet_v1",
        "mobilenet_v1",
        "--weights",
        "old.safetensors",
    ]
    sets = [
        "--set-old",
        "width=0.25",
        "--set",
        "width=0.25",
        "--set",
        "classes=10",
        "-o",
        "new.safetensors",
    ]
    found = CliRunner().invoke(main, [*command, *sets])
    assert found.exit_code == 0, found.output
    line = next(line for line in found.output.splitlines() if "classifier.kernel" in line)
    assert (
        line.split("  ")[1:2]
        and "shape changed" in line
        and "256 x 1000" in line
        and "256 x 10" in line
    )
    assert "135 carried, 2 shape changed" in found.output
    listed = CliRunner().invoke(main, [*command, *sets, "--format", "json"])
    statuses = [fate["status"] for fate in json.loads(listed.stdout)]
    assert statuses.count("carried") == 135
