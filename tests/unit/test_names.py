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


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_labels_that_end_in_numbers(backend: str) -> None:
    printed = archspec.load(SPEC).printed(backend)
    assert not printed.plain
