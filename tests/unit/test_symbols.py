"""Symbols of expressions are told apart by their types, never by how their text begins or ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import archspec
from archspec.graph.expr import Sym
from archspec.graph.graph import Scope
from archspec.graph.symbols import (
    CarriedSize,
    EnteredSize,
    FrameworkName,
    FunctionArgument,
    PrintedName,
    RunningSum,
    SizeOf,
    Symbol,
)
from archspec.language.syntax.expressions import parse

ROOT = Path(__file__).parents[2] / "archspec"
ROOMS = ("language", "graph", "lowering", "printing", "analysis")
ASKED = re.compile(
    r"""\.(?:startswith|endswith|removeprefix|removesuffix|l?strip|rstrip|r?partition)
    \(\s*\(?\s*f?["'](?:~|in\.|before\.|\(|\)|nn\.|keras\.|layers\.|initializers\.)""",
    re.VERBOSE,
)
LAYOUT = 'not line.startswith((" ", ")"))'  # lines of printed text, no symbols

KINDS: list[Symbol] = [
    "x",
    SizeOf("x", "channels"),
    EnteredSize("x", "channels"),
    CarriedSize(0, "channels"),
    RunningSum("x"),
    PrintedName("x"),
    FunctionArgument("x"),
]


@pytest.mark.parametrize("room", ROOMS)
def test_no_code_asks_how_the_text_of_a_symbol_begins(room: str) -> None:
    lines = (
        (path.relative_to(ROOT), line.strip())
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in path.read_text().splitlines()
    )
    assert [(path, line) for path, line in lines if ASKED.search(line) and LAYOUT not in line] == []


def test_symbols_of_one_text_and_several_kinds_differ() -> None:
    assert len({Sym(symbol) for symbol in KINDS}) == len(KINDS)


def test_the_reader_makes_names_and_written_sizes_alone() -> None:
    assert parse("width") == Sym("width")
    assert parse("stage.1.channels") == Sym(SizeOf("stage.1", "channels"))
    for text in ("in.channels", "before.filters"):
        assert isinstance(parse(text), Sym)
        assert parse(text).symbol == SizeOf(*text.split("."))  # type: ignore[union-attr]


def test_a_framework_name_is_a_word_that_no_spec_can_write() -> None:
    assert type(parse('"nn.ReLU"')) is not FrameworkName
    assert FrameworkName("nn.ReLU") == "nn.ReLU"


def test_the_names_of_the_inputs_of_a_block_are_in_the_graph() -> None:
    def blocks(scope: Scope) -> Iterator[Scope]:
        for child in scope.children:
            if isinstance(child, Scope):
                yield from [child, *blocks(child)]

    cells = [
        scope
        for scope in blocks(archspec.load("nasnet_mobile").graph.root)
        if scope.definition == "normal"
    ]
    assert cells
    for cell in cells:
        assert tuple(cell.named_inputs) == ("x", "p0"), cell.path
        assert cell.inputs[0] == cell.named_inputs["x"]
