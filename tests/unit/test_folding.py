"""Costs summed up: by blocks and by types of operations."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from click.testing import CliRunner

import archspec
from archspec import shelf
from archspec.analysis.folding import parts, types
from archspec.cli.main import main

# Howard et al. 2017, arXiv:1704.04861, Table 2: multiply-adds and parameters in percent
TABLE_2 = {
    "Conv 1 x 1": (94.86, 74.59),
    "Conv dw 3 x 3": (3.06, 1.06),
    "Conv 3 x 3": (1.91, 0.02),  # printed as 1.19, with two digits exchanged
    "FC": (0.18, 24.33),
}
OWN = ["dense_blocks", "residuals", "taps", "uneven", "names", "aliases"]


def run(*arguments: str) -> str:
    found = CliRunner().invoke(main, ["summary", *arguments])
    assert found.exit_code == 0, found.output
    return found.output


def test_types_are_the_papers_table_2() -> None:
    rows = csv.DictReader(run("mobilenet_v1", "--by", "type", "--format", "csv").splitlines())
    found = {row["Type"]: (row["Of MACs"], row["Of Kernels"]) for row in rows}
    for kind, shares in TABLE_2.items():
        assert found[kind] == tuple(f"{share:.2f} %" for share in shares)
    others = set(found) - set(TABLE_2)
    assert {found[kind] for kind in others} == {("", "")}


@pytest.mark.parametrize("name", [*shelf.names(), *OWN])
def test_parts_and_types_add_up_to_the_network(name: str, test_spec: Callable[[str], str]) -> None:
    network = archspec.load(test_spec(name))
    for found in (parts(network.graph), types(network.graph)):
        assert sum(one.params for one in found) == network.params.total
        assert sum(one.macs for one in found) == network.macs
    assert sum(part.rows for part in parts(network.graph)) == len(network.table())
    assert sum(kind.count for kind in types(network.graph)) == len(list(network.graph.nodes()))


def test_parts_follow_one_another() -> None:
    """In a network without branches at its top each part takes what the one above gives."""
    for name in ("mobilenet_v1", "mobilenet_v2"):
        network = archspec.load(name)
        found = parts(network.graph)
        assert found[0].input == network.input_shape
        assert found[-1].output == network.output_shape
        for above, below in pairwise(found):
            assert above.output == below.input


def test_blocks_repeats_and_rows_of_tables_are_a_line_each() -> None:
    first = {part.name: part for part in parts(archspec.load("mobilenet_v1").graph)}
    assert list(first)[:3] == ["stem", "block1", "block2"]
    middle = first["middle"]
    assert (middle.kind, middle.rows) == ("separable x 5", 10)
    assert (middle.input, middle.output) == ((14, 14, 512), (14, 14, 512))
    second = {part.name: part for part in parts(archspec.load("mobilenet_v2").graph)}
    assert [name for name in second if name.startswith("stages")] == [
        f"stages.{k}" for k in range(7)
    ]
    stage = second["stages.1"]
    assert (stage.kind, stage.rows) == ("inverted_residual x 2", 7)
    assert (stage.input, stage.output) == ((112, 112, 16), (56, 56, 24))


GROUPS = """
archspec: 1
name: groups
input: [8, 8, 4]
rows:
  - {type: conv, name: stem, kernel: 1, filters: 4}
  - rows:
      - {type: relu, name: inside}
      - {type: relu, name: dropped, when: false}
  - name: named
    rows:
      - {type: relu, name: a}
      - {type: relu, name: b}
  - name: stages
    table:
      columns: [n]
      rows: [[2], [0]]
      each:
        - name: layers
          repeat: n
          rows:
            - {type: conv, name: grow, kernel: 1, filters: 2}
            - {type: concat, name: join, from: [input, prev]}
        - {type: max_pool, name: down, kernel: 2}
  - table:
      columns: [c]
      rows: [[3], [5]]
      each:
        - {type: conv, name: "wide{row}", kernel: 1, filters: c}
"""


def test_groups_and_tables_without_a_name() -> None:
    found = [(part.name, part.kind, part.rows) for part in parts(archspec.load(GROUPS).graph)]
    assert found == [
        ("stem", "Conv / s1", 1),
        ("inside", "ReLU", 1),
        ("named", "named", 2),
        ("stages.0", "layers x 2 + Max Pool", 5),
        ("stages.1", "Max Pool", 1),
        ("wide0", "Conv / s1", 1),
        ("wide1", "Conv / s1", 1),
    ]


def test_json_gains_a_key_and_keeps_the_others() -> None:
    plain = json.loads(run("mobilenet_v2", "--format", "json"))
    for by, key in (("block", "blocks"), ("type", "types")):
        found = json.loads(run("mobilenet_v2", "--by", by, "--format", "json"))
        assert found.pop(key)
        assert found == plain
    assert json.loads(run("mobilenet_v2", "--by", "row", "--format", "json")) == plain


@pytest.mark.parametrize("by", ["block", "type"])
@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_every_format_has_every_line(by: str, form: str) -> None:
    graph = archspec.load("mobilenet_v2").graph
    names = {
        "block": [part.name for part in parts(graph)],
        "type": [kind.kind for kind in types(graph)],
    }
    lines = run("mobilenet_v2", "--by", by, "--format", form).splitlines()
    firsts = [re.split(r" {2,}| \||,", line.strip("| "))[0] for line in lines]
    assert [first for first in firsts if first in names[by]] == names[by]
