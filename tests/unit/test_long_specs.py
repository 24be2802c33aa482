"""Specs of ten thousand rows: they work, and ten times the rows take ten times the work.

Work is counted in calls of functions, which no other process changes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

import archspec
from archspec.api import Network
from archspec.language.elaborate.elaborate import elaborate
from archspec.language.syntax.document import Document
from archspec.language.syntax.variables import assign, placed

MOST = 11.0  # times the work for ten times the rows


@cache
def long(rows: int) -> Network:
    """A network of so many convolutions with norm and activation."""
    lines = (f"  - {{type: conv, name: c{k}, kernel: 3, filters: 8}}\n" for k in range(rows))
    head = (
        "archspec: 1\nname: long\ninput: [5, 4, 8]\n"
        "defaults: {conv: {padding: same, norm: batch_norm, activation: relu}}\nrows:\n"
    )
    return archspec.load(head + "".join(lines))


def work(function: Callable[[], Any]) -> int:
    """How many functions are called."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return calls


def elaborated(document: Document) -> Any:
    return elaborate(placed(document, {}), assign(document, {}), ())


def test_ten_thousand_rows_are_elaborated_in_ten_times_the_work() -> None:
    """Counted in one run, on documents that are there already."""
    few, many = (work(lambda n=n: elaborated(long(n).document)) for n in (1_000, 10_000))
    assert few > 1_000 * 10  # something was counted
    assert many <= MOST * few, many / few


def test_ten_thousand_rows_are_one_network() -> None:
    network = long(10_000)
    assert len(network.table()) == 10_000
    per_row = 3 * 3 * 8 * 8 + 8 + 4 * 8
    assert network.params.total == 10_000 * per_row
    assert network.macs == 10_000 * 5 * 4 * 3 * 3 * 8 * 8
    assert len(network.digest) == 64


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_ten_thousand_rows_are_printed(backend: str) -> None:
    """As a file that has been replayed call for call."""
    printed = long(10_000).printed(backend)
    assert printed.calls == 30_000
    assert printed.text.count("\n") > 10_000
