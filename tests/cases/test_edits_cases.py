"""A day's edits of networks of the zoo, each a few lines in a file that extends one."""

from __future__ import annotations

from pathlib import Path

import pytest

import archspec
from archspec.api import Network
from archspec.source import SpecError

SPECS = Path(__file__).parent / "edits"
LINES = 6  # beside the version, `extends` and `name`
HIDDEN = [32, 96, 144, 144, *[192] * 3, *[384] * 4, *[576] * 3, *[960] * 3]  # of MobileNet v2
RESNET, MOBILENET1, MOBILENET2 = 25_557_032, 4_231_976, 3_504_872  # trainable, as published


def case(name: str) -> Network:
    return archspec.load(SPECS / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "trainable"),
    [
        ("activation", MOBILENET1),
        ("added_parameter", MOBILENET2),
        ("amb", RESNET),
        ("dropout", RESNET),
        ("every_depthwise", MOBILENET2 + (25 - 9) * sum(HIDDEN)),
        ("new_variable", MOBILENET2 + (25 - 9) * sum(HIDDEN)),
        ("no_head", RESNET - 2_049_000),
        ("norm", RESNET),
        ("one_channel", RESNET - 2 * 49 * 64),
        ("own_head", RESNET - 2_049_000 + 2049 * 256 + 257 * 7),
        ("pyramid", RESNET - 2_049_000),
        ("squeeze_and_excite", MOBILENET2 + sum(2 * h * (h // 4) + h // 4 + h for h in HIDDEN)),
        ("stride_of_a_stage", RESNET),
        ("twelve_channels", MOBILENET1 + 9 * 9 * 32),
        ("width", archspec.load("mobilenet_v2", width=0.5).params.trainable),
    ],
)
def test_parameters(name: str, trainable: int) -> None:
    assert case(name).params.trainable == trainable


def test_every_file_is_short_and_tested() -> None:
    for path in SPECS.glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        own = [line for line in lines if not line.startswith(("archspec:", "extends:", "name:"))]
        assert len(own) <= LINES, path.name


def test_both_rows_of_one_name_are_edited() -> None:
    """Under opposite conditions; the rows stay as they are, but for what is set."""
    network = case("mnv1_dm")
    depthwise = [node for node in network.graph.nodes() if node.path.endswith("depthwise")]
    assert len(depthwise) == 13
    assert all(node.attrs["multiplier"].value == 2 for node in depthwise)


def test_rows_that_outputs_no_longer_need_are_gone() -> None:
    network = case("pyramid")
    assert network.output_shapes == {
        "c3": (28, 28, 512),
        "c4": (14, 14, 1024),
        "c5": (7, 7, 2048),
    }
    assert not any(node.path.startswith(("pool", "classifier")) for node in network.graph.nodes())
    assert case("no_head").output_shape == (2048,)


def test_one_cell_of_a_table() -> None:
    network = case("stride_of_a_stage")
    sizes = {row.name: row.output for row in network.table()}
    assert sizes["stages.3.blocks.2.act"] == (14, 14, 2048)
    assert sizes["stages.2.blocks.5.act"] == (14, 14, 1024)


@pytest.mark.parametrize("name", ["pyramid", "new_variable", "squeeze_and_excite", "norm"])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_source(name: str, backend: str) -> None:
    assert not case(name).printed(backend).fallbacks


@pytest.mark.parametrize(
    ("base", "text", "code", "message"),
    [
        (
            "resnet50",
            "edit: [{at: stages, row: 4, set: {s: 1}}]",
            "out-of-range",
            "`stages` has no row 4",
        ),
        (
            "resnet50",
            "edit: [{at: stages, row: 1, set: {q: 1}}]",
            "unknown-key",
            "`q` is not a key of this table's columns",
        ),
        (
            "resnet50",
            "edit: [{at: stages, row: 1, set: {n: 1}}]",
            "wrong-form",
            "the column `n` is `depths`",
        ),
        (
            "resnet50",
            "edit: [{at: pool, row: 1, set: {n: 1}}]",
            "wrong-form",
            "`pool` is no table, so that it has no row 1",
        ),
        (
            "resnet50",
            'edit: [{remove: "*.nothing"}]',
            "unknown-label",
            "no row is called `*.nothing`",
        ),
        (
            "mobilenet_v2",
            "vars: {widht: 0.5}",
            "unknown-name",
            "there is no variable `widht`",
        ),
        (
            "mobilenet_v2",
            "blocks: {inverted_residual: {rows: []}}",
            "name-taken",
            "`inverted_residual` is a block of the extended file already",
        ),
        (
            "mobilenet_v2",
            "blocks: {inverted_residual: {params: {more}}}",
            "missing-key",
            "a parameter that is added to `inverted_residual` needs a default",
        ),
    ],
)
def test_mistakes(base: str, text: str, code: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load(f"archspec: 1\nextends: {base}\nname: wrong\n{text}\n")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (code, message)
    assert found.hint
    assert found.span.line == 4
