"""Tables: whole when piped, readable in a narrow terminal, coloured where a person looks at them."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archspec
from archspec.analysis import views
from archspec.analysis.grid import Grid
from archspec.cli.main import main
from archspec.cli.rendering.colour import coloured
from archspec.graph.graph import Graph
from archspec.terminal import breadth, padded, printable, wrapped

PLAIN = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
WRONG = (
    "archspec: 1\nname: wrong\ninput: [8, 8, 3]\nrows:\n  - {type: conv, kernl: 3, filters: 8}\n"
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def terminal(width: int, *arguments: str, **variables: str) -> str:
    """What a terminal of `width` columns shows of a command, both streams."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    command = [sys.executable, "-m", "archspec", *arguments]
    env = {**PLAIN, "TERM": "xterm", **variables}
    child = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=env)
    os.close(theirs)
    seen = bytearray()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    child.wait()
    return seen.decode().replace("\r\n", "\n")


def piped(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archspec", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**PLAIN, **variables}
    )


def test_a_narrow_terminal_loses_nothing() -> None:
    """Every cell of the summary is on the screen, whole and in the lines of its row."""
    shown = ESCAPE.sub("", terminal(60, "summary", "mobilenet_v1"))
    title, table, foot = shown.split("\n\n")
    assert title.startswith("MobileNet v1")
    assert foot.startswith("parameters  4,253,864 = ")
    assert max(map(len, table.splitlines())) <= 60
    head, body = re.split(r"\n ─+\n", table)
    seen = [re.split(r"\s{2,}", row.strip()) for row in re.split(r"\n(?=  \S)", body.rstrip())]
    columns, *rows = csv.reader(
        run("summary", "mobilenet_v1", "--format", "csv").output.splitlines()
    )
    assert re.split(r"\s{2,}", head.strip()) == columns
    costs = [columns.index(name) for name in ("Params", "MACs")]
    for cells in rows:
        for k in costs:
            cells[k] = f"{int(cells[k]):,}" if cells[k] else ""
    assert seen == [[cell for cell in cells if cell] for cells in rows]


@pytest.mark.parametrize("width", [30, 60, 80, 100, 119])
@pytest.mark.parametrize("grid", [views.rows_grid, views.parts_grid, views.types_grid])
def test_no_line_is_wider_than_the_terminal(grid: Callable[[Graph], Grid], width: int) -> None:
    table = grid(archspec.load("mobilenet_v2").graph).table(width).partition("\nparam")[0]
    assert max(map(len, table.splitlines())) <= width


def test_prose_is_folded_between_words() -> None:
    title = "A network that somebody described at length, in a paper of 2017, Table 1"
    grid = Grid(
        ("Name", "Title", "MACs"),
        [("a", title, 1234567), ("b", None, None)],
        frozenset({"MACs"}),
        prose=frozenset({"Title"}),
    )
    lines = grid.table(50).splitlines()
    assert max(map(len, lines)) <= 50
    assert lines[2].endswith("1,234,567")
    assert len(lines) == 6
    folded = [line[5 : 5 + 30].strip() for line in lines[2:-1]]
    assert " ".join(folded) == title


def test_a_word_wider_than_the_terminal_is_broken_not_cut() -> None:
    name = "".join(f"part{k}" for k in range(30))
    table = Grid(("Name", "MACs"), [(name, 12)], frozenset({"MACs"})).table(40)
    assert max(map(len, table.splitlines())) <= 40
    assert name in "".join(line.split()[0] for line in table.splitlines()[2:] if line.strip())
    assert "12" in table


def test_wide_letters_and_control_characters_keep_columns_straight() -> None:
    rows = [("網絡", 1), ("e\u0301", 22), ("plain\nand \x1b[31mred", 333)]
    lines = Grid(("Name", "N"), rows, frozenset({"N"})).table().splitlines()
    assert len({breadth(line) for line in (lines[0], *lines[2:])}) == 1
    assert not any(char in "".join(lines) for char in "\x1b\x07")
    assert wrapped("網絡網絡", 4) == ["網絡", "網絡"]
    assert padded("網", 4, right=True) == "  網"
    assert printable("a\tb\x07") == "a b?"


def test_markdown_of_pipes_and_marks() -> None:
    """Read back by the rule of Markdown's tables: a pipe that no backslash precedes ends a cell."""
    cells = ("a|b", "c\\|d", "<b>*x*</b> `y`", "two\nlines")
    grid = Grid(("One", "Two", "Three", "Four"), [cells], title="A | B")
    title, blank, head, marks, row = grid.show("markdown").splitlines()
    assert (title, blank) == ("A \\| B", "")
    found = re.findall(r"\|((?:\\.|[^|\\])*)(?=\|)", row)
    assert len(found) == len(re.findall(r"\|", head)) - 1 == marks.count("|") - 1 == 4
    texts = [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in found]
    assert texts == ["a|b", "c\\|d", "<b>*x*</b> `y`", "two lines"]
    assert "<b>" not in re.sub(r"\\.", "", row)


def test_csv_keeps_what_a_cell_says() -> None:
    rows = [("a,b", 'say "x"', 1_000, None), ("two\nlines", "", 0, "1.5 %")]
    text = Grid(("A", "B", "C", "D"), rows).show("csv")
    found = list(csv.reader(text.splitlines(keepends=True)))
    assert found[1:] == [["a,b", 'say "x"', "1000", ""], ["two\nlines", "", "0", "1.5 %"]]


def test_a_table_without_rows_says_why(tmp_path: Path) -> None:
    spec = tmp_path / "none.yaml"
    spec.write_text("archspec: 1\nname: none_claimed\ninput: [8, 8, 3]\nrows:\n  - {type: relu}\n")
    told = run("verify", str(spec))
    assert told.exit_code == 0
    assert told.output.startswith("nothing is claimed: ")
    assert json.loads(run("verify", str(spec), "--format", "json").output) == []
    assert run("verify", str(spec), "--format", "csv").output.count("\n") == 1
    assert run("verify", str(spec), "--format", "markdown").output.startswith("| Name ")


@pytest.mark.parametrize(
    ("variables", "in_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
    ids=str,
)
def test_who_gets_colours(
    variables: dict[str, str], in_terminal: bool, in_pipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream:
        def __init__(self, terminal: bool) -> None:
            self.isatty = lambda: terminal

    for name, value in ({"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm"} | variables).items():
        monkeypatch.setenv(name, value)
    assert coloured(Stream(True)) is in_terminal
    assert coloured(Stream(False)) is in_pipe


def test_colours_change_nothing_but_the_colour() -> None:
    plain = run("verify", "mobilenet_v1_shallow").output
    green = "\x1b[32mpass\x1b[0m"
    for shown in (
        terminal(200, "verify", "mobilenet_v1_shallow"),
        piped("verify", "mobilenet_v1_shallow", FORCE_COLOR="1").stdout,
    ):
        assert green in shown
        assert ESCAPE.sub("", shown) == plain
    assert terminal(200, "verify", "mobilenet_v1_shallow", NO_COLOR="1") == plain
    assert piped("verify", "mobilenet_v1_shallow").stdout == plain


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
def test_other_programs_get_no_colours(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    found = CliRunner().invoke(main, ["verify", "mobilenet_v1_shallow", "--format", form])
    assert found.exit_code == 0
    assert not ESCAPE.search(found.output)
    assert ESCAPE.search(CliRunner().invoke(main, ["verify", "mobilenet_v1_shallow"]).output)


@pytest.mark.parametrize("command", ["validate", "summary"])
def test_diagnostics_are_coloured_and_say_the_same(command: str, tmp_path: Path) -> None:
    spec = tmp_path / "wrong.yaml"
    spec.write_text(WRONG)
    plain = piped(command, str(spec))
    assert plain.returncode == 1
    forced = piped(command, str(spec), FORCE_COLOR="1")
    assert ESCAPE.sub("", forced.stderr) == plain.stderr
    red = "\x1b[31m\x1b[1m"
    for part in (f"{red}error[unknown-key]:", f"{red}^^^^^", "\x1b[32m\x1b[1mhint:"):
        assert part in forced.stderr
    assert "\x1b" not in plain.stderr
    seen = terminal(200, command, str(spec))
    assert ESCAPE.sub("", seen) == plain.stderr
    assert red in seen


def test_a_reader_that_leaves_is_no_error() -> None:
    """As in `archspec list | head -1`."""
    command = [sys.executable, "-m", "archspec", "summary", "mobilenet_v1"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN)
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait() in (0, 1)
