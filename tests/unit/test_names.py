"""Names of printed code: no variable takes the name of a definition, whatever number it gets."""

from __future__ import annotations

import pytest

import archspec
from archspec.printing.names import Namer

SPEC = """\
archspec: 1
name: numbered
input: [9, 7, 4]
rows:
  - name: r1
    repeat: 2
    rows:
      - {type: relu, name: act}
      - {type: concat, name: join, from: [input, prev]}
  - name: r12
    rows:
      - {type: add, name: sum, from: [r1, r1]}
      - {type: conv, name: conv, kernel: 1, filters: 3}
  - name: more
    repeat: 2
    as: j
    rows:
      - {type: conv, name: conv, kernel: 1, filters: 3 + j}
      - {type: concat, name: join, from: [r1, prev]}
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
