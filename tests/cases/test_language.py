"""Small specs of the language that once were refused, misread or explained badly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import archspec
from archspec.source import SpecError
from tests.networks.checking import checked

SPECS = Path(__file__).parent / "language"
NETWORKS: dict[str, tuple[int, tuple[int, ...]]] = {  # parameters and the shape of the output
    "all_turns": (43_201, (16, 16, 88)),
    "all_turns_in_a_block": (488, (16, 16, 48)),
    "bn_init_said": (27_642_184 + 35_328, (1000,)),
    "branches_when": (3_916, (9, 8, 8)),
    "cap": (0, (255, 1, 1)),
    "concat_all_turns": (114, (16, 16, 4)),
    "dilated_stride": (584, (16, 16, 8)),
    "dropped_beside": (464, (16, 16, 8)),
    "dropped_from": (72, (16, 16, 8)),
    "dropped_from_range": (0, (16, 16, 4)),
    "dropped_names": (20 + 40, (8, 8, 8)),
    "dropped_ok": (72, (16, 16, 8)),
    "dropped_uses_dropped": (72, (16, 16, 8)),
    "first_values": (80_165, (5,)),
    "no_turns": (0, (8, 8, 8)),
    "r_gn": (18_528, (14, 14, 32)),
    "repvgg_branch_when": (9_132_616, (1000,)),
    "tblmin2": (144, (1, 4, 8)),
    "turn_block": (144, (16, 16, 8)),
    "turn_group": (144, (16, 16, 8)),
    "turn_op": (144, (16, 16, 8)),
    "turn_residual": (144, (16, 16, 8)),
    "turn_table": (144, (16, 16, 8)),
    "turns_by_number": (228, (8, 8, 24)),
    "unused_from": (144, (16, 16, 8)),
    "unused_group": (144, (16, 16, 8)),
    "unused_group4": (18, (16, 16, 12)),
    "unused_group5": (30, (16, 16, 14)),
    "yolov8_c2f_tuple": (3_167_776, (80, 80, 64)),
}
SMALL: dict[str, dict[str, Any]] = {  # variables at which a network is run
    "bn_init_said": {"resolution": 32, "depths": [1, 1, 1, 1, 1], "widths": [8, 8, 8, 8, 8]},
    "repvgg_branch_when": {"resolution": 32, "classes": 3, "widths": [8, 8, 8, 8]},
    "yolov8_c2f_tuple": {"resolution": 32, "ch": [4, 4, 8, 8, 8], "classes": 3},
}
NOT_RUN = {"yolov8_c2f_tuple"}  # too many parameters
TURN_BY_TURN = {"dropped_from_range", "dropped_names"}  # their last turn has no row
MISTAKES: dict[str, list[tuple[int, str, str]]] = {  # line, message, hint
    "a_turn_that_lacks": [
        (6, "no row above is called `r.0.d`", "did you mean `r.0.c`?"),
        (7, "no row above is called `r.2`", "did you mean `r.1` or `r.0`?"),
        (8, "relu takes 1 value, not 2", "pick one by its name or its number: r.0"),
        (9, "no row above is called `r.*`", "did you mean `r.0` or `r.1`?"),
    ],
    "inside_a_dropped_group": [
        (
            7,
            "no row above is called `g.c`",
            "`g` is dropped by its `when`: give this row the same one",
        )
    ],
    "resv_rows": [(6, "`rows` is the key of rows without a type", "rename one of them")],
    "some_unused": [
        (
            8,
            "nobody uses `t.b`, of the 2 values of this row",
            "take t.b in a `from`, or leave it out of the block's `outputs`",
        ),
        (
            12,
            "nobody uses `k.z`, of the 3 values of this row",
            "take k.z in a `from`, or leave the branch out",
        ),
    ],
    "split_part": [
        (
            6,
            "nobody uses `half.0`, of the 2 values of this row",
            "{type: slice, name: half, start: 4, size: 4} is half.1 alone, as `half`",
        )
    ],
    "tuple_unused": [
        (
            11,
            "nobody uses `pair.a`, of the 2 values of this row",
            "take pair.a in a `from`, or leave it out of the block's `outputs`",
        )
    ],
    "turns_of_none": [
        (7, "`c` has no turns: it stands once", "write c"),
        (8, "`r` has no turns", "give this row a `when` that drops it then"),
        (9, "`r` has no turns", "give this row a `when` that drops it then"),
        (10, "no row above is called `x.*`", "did you mean `c`, `r` or `s`?"),
        (11, "no row above is called `*`", "did you mean `c`, `r` or `s`?"),
    ],
}


def made(name: str) -> dict[str, Any]:
    """The spec with the variables at which it is run."""
    spec: dict[str, Any] = yaml.safe_load((SPECS / f"{name}.yaml").read_text(encoding="utf-8"))
    spec.pop("expect", None)
    spec.setdefault("vars", {}).update(SMALL.get(name, {}))
    return spec


@pytest.mark.parametrize("name", NETWORKS)
def test_network(name: str) -> None:
    network = archspec.load(SPECS / f"{name}.yaml")
    assert (network.params.total, network.output_shape) == NETWORKS[name]


@pytest.mark.parametrize("name", sorted(NETWORKS.keys() - {"dilated_stride", "cap"}))
def test_models_and_files_are_what_the_spec_means(name: str) -> None:
    found = checked(made(name), run=True)
    assert not found.failures
    assert not found.refused
    assert bool(found.fallbacks) == (name in TURN_BY_TURN)
    assert (found.printed, found.ran) == (2, name not in NOT_RUN)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load(SPECS / f"{name}.yaml")
    found = [(d.span.line, d.message, d.hint) for d in caught.value.diagnostics]
    assert found == MISTAKES[name]


def test_what_one_framework_lacks_is_its_refusal() -> None:
    """Stride and dilation together: a model in PyTorch, and a place and a way out in Keras."""
    network = archspec.load(SPECS / "dilated_stride.yaml")
    network.build("torch")
    with pytest.raises(SpecError) as caught:
        network.build("keras")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unsupported-operation"
    assert diagnostic.span.line == 5
    assert diagnostic.hint == "dilate with stride 1, then pool with kernel 1 and the stride"


def test_every_spec_is_tested() -> None:
    tested = {*NETWORKS, *MISTAKES, "bn_init"}
    assert {path.stem for path in SPECS.glob("*.yaml")} == tested
