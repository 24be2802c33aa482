"""Names of printed code: no variable takes the name of a definition, whatever number it gets."""

from __future__ import annotations

import pytest

import archspec
from archspec.printing.names import Namer

SPEC = """\
archspec: 1
name: numbered
input: [11, 8, 4]
blocks:
  derived:
    params: {n, k: 3}
    rows:
      - {name: chain, repeat: k - 1, rows: [{type: conv, kernel: 1, filters: n + input.channels // 2 + i}]}
rows:
  - name: r0
    repeat: 2
    rows:
      - {name: r1, repeat: 3, as: j, rows: [{type: concat, from: [input, prev]}]}
      - name: r4
        repeat: 3
        as: l
        rows:
          - {type: derived, n: 3, k: 1}
          - {type: derived, n: 3}
          - {type: concat, from: [input, prev]}
      - {name: r12, rows: [{type: concat, from: [input, prev]}]}
"""


def test_a_number_leads_to_no_reserved_name() -> None:
    names = Namer(frozenset({"r12", "len"}), {"r1"})
    assert [names.new(name) for name in ("r1", "r1", "len", "class", "r1")] == [
        "r13",
        "r14",
        "len_",
        "class_",
        "r15",
    ]


def test_an_underscore_that_falls_leaves_no_bare_number() -> None:
    names = Namer(frozenset({"_1", "__"}))
    assert [names.new(name) for name in ("_1", "__", "__2", "__init__")] == [
        "value1_",
        "value_",
        "value2_",
        "init_",
    ]


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_rows_that_are_called_by_numbers(backend: str) -> None:
    """PyTorch's attributes lose the underscore that it keeps for itself, Python's variables one that is taken."""
    conv = {"type": "conv", "name": "_2", "kernel": 1, "filters": 2}
    rows = [conv, {"name": "_1", "parallel": {"_1": [conv], "_": []}, "merge": "concat"}]
    spec = {"archspec": 1, "name": "small", "input": [5, 4, 3], "rows": rows}
    assert not archspec.load(spec).printed(backend).fallbacks


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_labels_that_end_in_numbers(backend: str) -> None:
    printed = archspec.load(SPEC).printed(backend)
    assert printed.calls > 0


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_branch_and_a_parameter_of_one_name(backend: str) -> None:
    """A function called as a parameter of the block that calls it would be hidden by it."""
    branch = [
        {"type": "conv", "name": "conv", "kernel": 1, "filters": "pool", "activation": "relu"}
    ]
    rows = [{"parallel": {"pool": branch, "same": []}, "merge": "concat"}]
    spec = {
        "archspec": 1,
        "name": "small",
        "input": [4, 4, 3],
        "blocks": {"mixed": {"params": {"pool": None}, "rows": rows}},
        "rows": [
            {"type": "mixed", "name": "a", "pool": 4},
            {"type": "mixed", "name": "b", "pool": 6},
        ],
    }
    assert "pool" in archspec.load(spec).source(backend)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_parameter_that_is_spelt_as_a_function(backend: str) -> None:
    """Parameters are written in small letters, and Keras's functions too."""
    conv = {"type": "conv", "name": "conv", "kernel": 1, "filters": "ConvAct", "activation": "relu"}
    spec = {
        "archspec": 1,
        "name": "small",
        "input": [4, 4, 3],
        "blocks": {"unit": {"params": {"ConvAct": None}, "rows": [conv]}},
        "rows": [{"type": "unit", "name": n, "ConvAct": c} for n, c in (("a", 4), ("b", 6))],
    }
    assert not archspec.load(spec).printed(backend).fallbacks
