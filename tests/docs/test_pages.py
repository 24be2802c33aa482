"""Pages are read from top to bottom: files written and loaded, changes made, commands typed. `make golden` writes what
they say anew.

yaml     a file, `# NAME` in its first line or the name it gives itself: loaded and printed, unless its mistake follows
diff     lines taken from the file above and put into it (`+++ NAME`: into another), hunks parted by `@@`
text     the mistake of the file above, as `archspec validate` says it
console  commands and what they say; a line `...` leaves lines out
python   run; `  # VALUE` behind an expression is its value
sh       not run

A block behind `<!-- marker -->` is an excerpt, which test_docs.py compares.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/language.md", "docs/tutorial.md", "docs/python.md")
FENCE = re.compile(
    r"(?:^<!-- (?P<marker>.*?) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.S | re.M
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its kind, its text, the line where it begins, where its text stands in the page."""

    kind: str
    text: str
    line: int
    span: tuple[int, int]


def blocks(page: str) -> list[Block]:
    """The blocks of a page that are not excerpts."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [match for match in FENCE.finditer(text) if match["marker"] is None]
    return [
        Block(m["kind"], m["text"], text.count("\n", 0, m.start()) + 1, m.span("text"))
        for m in found
    ]


def replaced(page: str, number: int, text: str) -> None:
    """The page with another text in a block; blocks keep their numbers."""
    path = ROOT / page
    before = path.read_text(encoding="utf-8")
    start, end = blocks(page)[number].span
    path.write_text(before[:start] + text + before[end:], encoding="utf-8")


def files(found: Iterable[Block]) -> tuple[dict[str, str], str]:
    """The files that these blocks leave behind, and the name of the one written last."""
    texts: dict[str, str] = {}
    last = ""
    for block in found:
        head, _, rest = block.text.partition("\n")
        if block.kind == "yaml":
            named = re.match(r"# (\S+\.yaml)$", head)
            last = named[1] if named else re.findall(r"^name: (\w+)", block.text, re.M)[0] + ".yaml"
            texts[last] = block.text
        elif block.kind == "diff":
            other = head.startswith("+++ ")
            last = head[4:] if other else last
            texts[last] = patched(texts[last], rest if other else block.text)
    return texts, last


def patched(text: str, diff: str) -> str:
    """The text with each hunk's lines changed where they stand, which is one place."""
    for hunk in re.split(r"^@@\n", diff, flags=re.M):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"these lines are not in one place:\n{old}"
        text = text.replace(old, new)
    return text


def said(*arguments: str) -> str:
    """What a command prints; a mistake of a spec is an answer, a traceback or a wrong option is none."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code in (0, 1), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return "\n".join(line.rstrip() for line in result.output.splitlines())


def elided(text: str, before: str) -> str:
    """The text with lines left out where `before` leaves lines out, after and before as many lines."""
    shown, lines = before.splitlines(), text.splitlines()
    gaps = [k for k, line in enumerate(shown) if line.strip() == "..."]
    if not gaps:
        return text
    (gap,) = gaps
    return "\n".join([*lines[:gap], shown[gap], *lines[len(lines) - (len(shown) - gap - 1) :]])


def transcript(block: Block) -> str:
    """The commands of a block with what they say now."""
    parts = re.split(r"^(\$ .*)\n", block.text, flags=re.M)
    assert parts[0] == "", "a transcript begins with a command"
    found = []
    for command, before in zip(parts[1::2], parts[2::2], strict=True):
        name, *arguments = shlex.split(command.removeprefix("$ "))
        assert name == "archspec", command
        found.append(f"{command}\n{elided(said(*arguments), before.rstrip())}")
    return "\n\n".join(text.rstrip("\n") for text in found) + "\n"


def evaluated(block: Block) -> str:
    """A program with the values that its expressions have now, where it shows them."""
    lines = block.text.splitlines()
    names: dict[str, Any] = {}
    for node in ast.parse(block.text).body:
        code, comment, _ = lines[(node.end_lineno or 0) - 1].partition("  # ")
        if isinstance(node, ast.Expr) and comment:
            value = eval(code, names)
            bare = isinstance(node.value, ast.Tuple)
            lines[node.lineno - 1] = f"{code}  # {repr(value)[1:-1] if bare else repr(value)}"
        else:
            exec(ast.unparse(node), names)
    return "\n".join(lines) + "\n"


def cases() -> Iterator[Any]:
    """Every block that can be wrong, with its page and number."""
    for page in PAGES:
        found = blocks(page)
        followers = [*(after.kind for _, after in pairwise(found)), ""]
        for number, (block, follower) in enumerate(zip(found, followers, strict=True)):
            wrong = block.kind in ("yaml", "diff") and follower == "text"
            if block.kind != "sh" and not wrong:
                yield pytest.param(page, number, id=f"{page}:{block.line}-{block.kind}")


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--update-golden"))


@pytest.mark.parametrize(("page", "number"), [*cases()])
def test_block(
    page: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks(page)
    block = found[number]
    texts, last = files(found[: number + 1])
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    if block.kind in ("yaml", "diff"):
        loaded(last, texts[last])
        return
    now = answer(block, last)
    if update:
        replaced(page, number, now)
    assert update or now == block.text, f"{page}:{block.line} is old: make golden"


def loaded(name: str, text: str) -> None:
    """A whole spec is a network, and so are its variants; both frameworks' source is printed and replayed."""
    if not re.search(r"^(rows|extends):", text, re.M):
        return
    network = archspec.load(name)
    for one in (network, *map(network.variant, network.variants)):
        assert one.table()
        assert all(one.printed(backend).text for backend in ("torch", "keras"))


def answer(block: Block, last: str) -> str:
    """What a block would say now."""
    match block.kind:
        case "console":
            return transcript(block)
        case "python":
            return evaluated(block)
        case "text":
            found = said("validate", last)
            assert ": error[" in found, f"{last} is no mistake"
            return found + "\n"
    raise ValueError(f"{block.kind} is no kind of block")


def written(page: str) -> dict[str, str]:
    """The files that a page leaves behind."""
    return files(blocks(page))[0]


@pytest.mark.parametrize(
    "variables",
    [{}, {"width": 0.35}, {"width": 1.4, "top": "softmax"}, {"top": "none", "resolution": 97}],
    ids=str,
)
def test_the_tutorial_ends_in_the_zoos_network(variables: dict[str, Any]) -> None:
    mine = archspec.load(written("docs/tutorial.md")["my_mobilenet.yaml"], **variables)
    zoo = archspec.load("mobilenet_v2", **variables)
    assert mine.digest == zoo.digest
    assert mine.vars == zoo.vars
    assert mine.document.reference == zoo.document.reference
