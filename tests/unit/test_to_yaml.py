"""A network as one YAML text that stands alone: whatever its file extends, it loads to the same digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec import shelf
from archspec.source import Source, node_of, read, written

ROOT = Path(__file__).parents[2]
SPECS = sorted(str(path) for path in (ROOT / "tests/specs").glob("*.yaml"))


@pytest.mark.parametrize("spec", [*shelf.names(), *SPECS])
def test_it_loads_to_the_same_digest(spec: str) -> None:
    network = archspec.load(spec)
    text = network.to_yaml()
    again = archspec.load(text)
    assert again.digest == network.digest
    assert again.vars == network.vars
    assert again.variants == network.variants
    assert again.to_yaml() == text
    assert "extends" not in text


def test_values_that_were_given_are_stated() -> None:
    network = archspec.load("mobilenet_v2", width=0.5, input=[96, 96, 3])
    text = network.to_yaml()
    assert archspec.load(text).digest == network.digest
    assert "input: [96, 96, 3]" in text
    assert "width: 0.5" in text
    assert "expect" not in text  # the figures are those of the paper's network


def test_figures_go_along() -> None:
    network = archspec.load("mobilenet_v1")
    again = archspec.load(network.to_yaml())
    assert [v.status for v in again.verify()] == [v.status for v in network.verify()]


def test_a_spec_of_the_zoo_is_written_as_people_write_it() -> None:
    rows = archspec.load("mobilenet_v2").to_yaml().partition("\nrows:\n")[2].splitlines()
    assert rows[0] == "  - {type: conv, name: stem, kernel: 3, stride: 2, filters: ch(32)}"
    assert rows[3] == "      columns: [t, c, n, s]"


PLAIN = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(min_size=1), PLAIN, min_size=1, max_size=4))
def test_the_reader_reads_what_is_written(data: dict[str, object]) -> None:
    text = written(node_of(data))
    assert written(read(Source("<text>", text))) == text
