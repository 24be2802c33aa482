"""Source of small networks that once came out wrong: every one is replayed before it is handed over."""

from __future__ import annotations

from typing import Any

import pytest

import archspec

BACKENDS = ("torch", "keras")
INPUT = [9, 8, 8]


def source(backend: str, spec: dict[str, Any], **variables: Any) -> str:
    """What is printed, in loops; raises ReplayError where it is another network."""
    whole = {"archspec": 1, "name": "small", "input": INPUT, **spec}
    printed = archspec.load(whole, **variables).printed(backend)
    assert not printed.fallbacks
    return printed.text


def conv(name: str, filters: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "conv", "name": name, "kernel": 1, "filters": filters, **keys}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_of_its_own_condition_in_a_row_that_has_one(backend: str) -> None:
    """A drop path that no rate of 0 has, in a row that is not there where the shape changes."""
    block = {
        "params": {"filters": None, "drop": None},
        "let": {"same": "input.channels == filters"},
        "rows": [
            conv("conv", "filters"),
            {"type": "drop_path", "name": "drop", "rate": "drop", "when": "same"},
            {"type": "add", "name": "sum", "from": ["input", "prev"], "when": "same"},
        ],
    }
    each = {"type": "unit", "name": "units", "filters": "c", "repeat": 2, "drop": "(row + i) / 4"}
    rows = [{"name": "stages", "table": {"columns": {"c": [8, 12]}, "each": [each]}}]
    text = source(backend, {"blocks": {"unit": block}, "rows": rows})
    assert "same and drop > 0" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_channels_that_enter_are_no_parameter(backend: str) -> None:
    """A block that reads them only through a function of its own keeps them."""
    block = {
        "params": {"filters": None},
        "rows": [conv("squeeze", "round(input.channels / 4)"), conv("expand", "filters")],
    }
    rows = [{"type": "unit", "name": "units", "filters": "16 * (i + 1)", "repeat": 3}]
    text = source(backend, {"blocks": {"unit": block}, "rows": rows})
    assert "round(in_channels / 4)" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_decay_that_stays_an_argument(backend: str) -> None:
    spec = {
        "vars": {"decay": 0.9},
        "defaults": {"conv": {"norm": "batch_norm"}, "batch_norm": {"decay": "decay"}},
        "blocks": {"unit": {"rows": [conv("one", 8), conv("two", 12)]}},
        "rows": [conv("stem", 4), {"type": "unit", "name": "unit"}],
    }
    text = source(backend, spec)
    assert "decay: float = 0.9" in text
    assert "0.09999999999999998" not in text


@pytest.mark.parametrize("repeat", [1, 3])
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_entered_a_repeat_is_read_behind_it(backend: str, repeat: int) -> None:
    """A second output that is the input: of one turn, a value from outside of the loop."""
    cell = {
        "inputs": ["x", "p"],
        "outputs": ["y", "x"],
        "rows": [
            {"type": "conv", "name": "a", "from": "x", "kernel": 1, "filters": 4},
            {"type": "conv", "name": "b", "from": "p", "kernel": 1, "filters": 4},
            {"type": "add", "name": "y", "from": ["a", "b"]},
        ],
    }
    rows = [
        {"type": "conv", "name": "stem", "kernel": 3, "filters": 4},
        {"type": "cell", "name": "first", "from": ["stem", "stem"]},
        {"type": "cell", "name": "cells", "repeat": repeat},
        {"type": "cell", "name": "last"},
        {"type": "relu", "name": "act", "from": "last.y"},
    ]
    source(backend, {"blocks": {"cell": cell}, "rows": rows})
