"""Generated files on disk: stale ones are shown, edited ones are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archspec
from archspec.cli.main import main
from archspec.printing.emit.seal import untouched

SPEC = (Path(__file__).parents[2] / "specs" / "mobilenet_v1.yaml").read_text()


@pytest.fixture(autouse=True)
def fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(SPEC)


def generate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["generate", "mine.yaml", "-b", "torch", *arguments])


BACKENDS = ("torch", "keras")
CHANGES = {
    "a stride": ("name: block2, stride: 2", "name: block2, stride: 1"),
    "filters": ("stride: 2, filters: 1024", "stride: 2, filters: 1032"),
    "a kernel": ("name: stem, kernel: 3", "name: stem, kernel: 5"),
    "a padding": ("padding: same", "padding: symmetric"),
    "a bias": ("bias: false", "bias: true"),
    "an activation": ("act: {value: relu,", "act: {value: relu6,"),
    "an activation of one row": ("filters: ch(32)}", "filters: ch(32), activation: relu6}"),
    "a norm left out": ("norm: batch_norm", "norm: none"),
    "an epsilon": ("epsilon: 1e-3", "epsilon: 1e-5"),
    "a decay": ("decay: 0.99", "decay: 0.9"),
    "an initialiser": ("filters: ch(32)}", "filters: ch(32), init: he_normal}"),
    "an initialiser of everything": ("{padding: same", "{init: lecun_uniform, padding: same"),
    "a row's name": ("name: pool", "name: average"),
    "a block's name": ("separable", "pair"),
    "a name in a block": ("name: pointwise", "name: project"),
    "a row more": ("  - {type: global_avg", "  - {type: relu6, name: more}\n  - {type: global_avg"),
    "a row less": ("  - {type: softmax, name: probabilities, when: top == softmax}\n", ""),
    "a repeat": ("repeat: 5", "repeat: 4"),
    "a condition": ("when: top == softmax", "when: top == logits"),
    "a default that shapes": ("resolution: 224", "resolution: 225"),
    "a default that is an argument": ("classes: 1000", "classes: 10"),
    "a default that scales": ("width: 1.0", "width: 0.5"),
    "a default that chooses rows": ("top: {value: softmax", "top: {value: none"),
    "a variable's name": ("classes", "labels"),
    "what derives filters": ("int(c * width)", "2 * int(c * width)"),
    "the title, which is the docstring of the file": ("Table 1", "Table One"),
}
NAMES = {  # each backend prints one of the two
    "keras": ("name: mobilenet_v1\n", "name: mine\n"),
    "torch": ("class_name: MobileNetV1", "class_name: Mine"),
}


def moved(text: str, key: str) -> str:
    """A key of the file and what stands under it, put at the end."""
    part = re.search(rf"^{key}:.*\n(?: .*\n)*", text, re.M)
    assert part
    return text.replace(part[0], "") + part[0]


def retold(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


RETOLD = {
    "comments": lambda text: "# at the top\n" + text.replace("\n  - {", "   # a row\n  - {"),
    "no comments": lambda text: re.sub(r" +#.*", "", text),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "the end of the lines": lambda text: text.replace("\n", "\r\n"),
    "keys of a row": retold(
        "{type: conv, name: stem, kernel: 3", "{kernel: 3, name: stem, type: conv"
    ),
    "keys of the file": lambda text: moved(moved(moved(text, "defaults"), "let"), "blocks"),
    "quotes": retold(
        "kernel: 3, stride: 2, filters: ch(32)", "'kernel': \"3\", stride: '2', filters: \"ch(32)\""
    ),
    "lines for braces": retold(
        "  - {type: global_avg_pool, name: pool}", "  - type: global_avg_pool\n    name: pool"
    ),
    "indentation": retold("  batch_norm: {", "  batch_norm:\n            {"),
    "a number's digits": retold("epsilon: 1e-3", "epsilon: 0.0010"),
    "what is so unless said": retold("kernel: 1, filters", "kernel: 1, stride: 1, filters"),
    "a condition with the same outcome": retold("when: top == softmax", "when: top != logits"),
    "the doc": retold("input: [", 'doc: "The first of three."\ninput: ['),
    "a default said again": retold(
        "stride: 2, filters: ch(32)}", "stride: 2, filters: ch(32), padding: same}"
    ),
    "a doc of a variable": retold("classes: 1000", 'classes: {value: 1000, doc: "how many"}'),
    "claims": lambda text: text.partition("expect:")[0],
    "a reference": retold("input: [", "reference: some.where.net\ninput: ["),
}


@cache
def generated(backend: str) -> str:
    """What `generate` makes of SPEC, in a file of that name."""
    assert Path("mine.yaml").read_text() == SPEC
    return archspec.load("mine.yaml").source(backend)


def checked(backend: str) -> Result:
    command = ["generate", "mine.yaml", "-b", backend, "-o", "net.py", "--check"]
    return CliRunner().invoke(main, command)


@pytest.mark.parametrize("backend", BACKENDS)
def test_check_is_clean_after_generate(backend: str) -> None:
    command = ["generate", "mine.yaml", "-b", backend, "-o", "net.py"]
    assert CliRunner().invoke(main, command).exit_code == 0
    clean = checked(backend)
    assert (clean.exit_code, clean.output) == (0, "")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("change", [*CHANGES, "a name"])
def test_check_is_stale_after_a_change_of_the_network(change: str, backend: str) -> None:
    Path("net.py").write_text(generated(backend))
    old, new = CHANGES.get(change, NAMES[backend])
    Path("mine.yaml").write_text(retold(old, new)(SPEC))
    stale = checked(backend)
    assert stale.exit_code == 1
    assert stale.output.startswith("--- net.py\n+++ net.py (generated)\n@@ ")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("change", RETOLD)
def test_check_is_clean_after_a_change_of_the_text_alone(change: str, backend: str) -> None:
    Path("net.py").write_text(generated(backend))
    text = RETOLD[change](SPEC)
    assert text != SPEC
    Path("mine.yaml").write_bytes(text.encode())
    clean = checked(backend)
    assert (clean.exit_code, clean.output) == (0, "")


def test_check_of_a_missing_file_is_stale() -> None:
    assert generate("-o", "net.py", "--check").exit_code == 1
    assert not Path("net.py").exists()


def test_diff_shows_and_writes_nothing() -> None:
    generate("-o", "net.py")
    before = Path("net.py").read_text()
    shown = generate("-o", "net.py", "--diff", "--set", "classes=7")
    assert shown.exit_code == 0
    assert "-    def __init__(self, classes: int = 1000) -> None:" in shown.output
    assert Path("net.py").read_text() == before


def test_a_generated_file_is_written_over() -> None:
    generate("-o", "net.py")
    assert untouched(Path("net.py").read_text())
    assert generate("-o", "net.py", "--set", "classes=7").exit_code == 0
    assert "classes: int = 7" in Path("net.py").read_text()


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("self.block13", "self.last"),
        lambda text: text.replace("Howard et al.", "me"),
        lambda text: text + "\n# mine\n",
        lambda text: "# mine\n",
    ],
)
def test_an_edited_file_is_kept_without_force(edit: object) -> None:
    assert callable(edit)
    generate("-o", "net.py")
    mine = edit(Path("net.py").read_text())
    Path("net.py").write_text(mine)
    refused = generate("-o", "net.py", "--set", "classes=7")
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert Path("net.py").read_text() == mine
    assert generate("-o", "net.py", "--set", "classes=7", "--force").exit_code == 0
    assert untouched(Path("net.py").read_text())


def test_other_line_ends_are_no_edit() -> None:
    text = archspec.load("mobilenet_v1").source("keras")
    assert untouched(text)
    assert untouched(text.replace("\n", "\r\n"))
    assert not untouched(text.replace("separable", "other"))


def test_build_keeps_an_edited_file() -> None:
    small = ["--set", "width=0.25", "--input", "32x32x3"]
    command = ["build", "mine.yaml", "-b", "torch", "-o", "net.py", *small]
    assert CliRunner().invoke(main, command).exit_code == 0
    Path("net.py").write_text(Path("net.py").read_text() + "# mine\n")
    refused = CliRunner().invoke(main, [*command, "--set", "classes=7"])
    assert refused.exit_code == 2
    assert "has been edited" in refused.output
    forced = CliRunner().invoke(main, [*command, "--set", "classes=7", "--force"])
    assert forced.exit_code == 0


def test_check_needs_a_file() -> None:
    assert generate("--check").exit_code == 2
