"""`archspec new`: what it writes is a spec at once, and so is what its comments become."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archspec
from archspec import shelf
from archspec.cli.main import main
from archspec.workflows import starting

KNOBS = """
archspec: 1
name: knobs
vars:
  width: {value: 1.0, min: 0.25, max: 2, doc: "a factor
    of widths"}
  depths: [1, 2]
  act: {value: relu, one_of: [relu, relu6]}
  deep: true
input: [8, 8, 3]
rows:
  - {type: conv, name: stem, kernel: 1, filters: 4, activation: act, when: deep}
variants:
  wide: {vars: {width: 2.0, depths: [3]}}
"""


@pytest.fixture(autouse=True)
def fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def new(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["new", *arguments])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def uncommented(text: str) -> str:
    """The text with its commented keys and what stands under them taken into the spec."""
    return re.sub(r"^# (?=(vars|edit|expect):|  )", "", text, flags=re.M)


def test_a_first_spec() -> None:
    made = new("my_net")
    assert made.exit_code == 0
    assert "wrote my_net.yaml\n" in made.output
    assert "archspec summary my_net.yaml" in made.output
    text = Path("my_net.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert text.count("#") > 10
    network = archspec.load("my_net.yaml")
    assert network.name == "my_net"
    assert run("validate", "my_net.yaml").exit_code == 0
    assert "class MyNet(nn.Module)" in network.source("torch")
    assert "def my_net(" in network.source("keras")
    for top in ("softmax", "logits", "none"):
        assert network.with_vars(top=top, width=0.5).params.total > 0


def test_the_figures_in_its_comment_are_its_own() -> None:
    for arguments in (["my_net"], ["half", "--from", "mobilenet_v2"]):
        new(*arguments)
        file = Path(f"{arguments[0]}.yaml")
        text = file.read_text()
        file.write_text(re.sub(r"^# (?=expect:|  - \{params)", "", text, flags=re.M))
        verdicts = archspec.load(file).verify()
        assert [verdict.status for verdict in verdicts] == ["pass", "pass"]


@pytest.mark.parametrize("base", shelf.files())
def test_from_every_spec_of_the_zoo(base: str) -> None:
    """As written it is its base; with every comment taken in it is still a network, and another one."""
    assert new("mine", "--from", base).exit_code == 0
    text = Path("mine.yaml").read_text()
    before, base_network = archspec.load("mine.yaml"), archspec.load(base)
    assert before.name == "mine"
    assert before.digest == base_network.digest
    taken = uncommented(text)
    assert "\nedit:\n  - {" in taken
    Path("mine.yaml").write_text(taken)
    after = archspec.load("mine.yaml")
    assert after.vars == before.vars
    assert after.digest != before.digest


def test_the_variables_of_the_base_stand_in_comments() -> None:
    Path("knobs.yaml").write_text(KNOBS)
    assert new("mine", "--from", "knobs.yaml:wide").exit_code == 0
    lines = Path("mine.yaml").read_text().splitlines()
    assert "extends: knobs.yaml:wide" in lines
    told = lines[lines.index("# vars:") + 1 : lines.index("# vars:") + 5]
    assert [re.sub(r" {2,}", "  ", line[4:]) for line in told] == [
        "width: 2.0  # a factor of widths; at least 0.25; at most 2",
        "depths: [3]",
        "act: relu  # relu, relu6",
        "deep: true",
    ]
    taken = uncommented("\n".join(lines)).replace("width: 2.0 ", "width: 0.5 ")
    Path("mine.yaml").write_text(taken)
    assert archspec.load("mine.yaml").vars["width"] == 0.5


def test_a_file_is_kept_without_force() -> None:
    Path("my_net.yaml").write_text("mine")
    refused = new("my_net")
    assert refused.exit_code == 2
    assert "my_net.yaml is there already; --force" in refused.output
    assert Path("my_net.yaml").read_text() == "mine"
    assert new("my_net", "--force").exit_code == 0
    assert archspec.load("my_net.yaml").name == "my_net"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("my-net", "archspec new my_net`"),
        ("my net", "archspec new my_net`"),
        ("my_net.yaml", "archspec new my_net`"),
        ("3net", "archspec new net_3net`"),
        ("not", "archspec new net_not`"),
        ("nets/my-net.yaml", "archspec new my_net -o nets/my_net.yaml`"),
        ("--", "my_net"),
        ("é", "archspec new"),
    ],
)
def test_a_name_that_is_none(name: str, meant: str) -> None:
    refused = new("--", name)
    assert refused.exit_code == 2
    assert meant in refused.output
    assert list(Path().iterdir()) == []


def test_where_the_file_goes() -> None:
    assert new("a", "-o", "there/other.yml").exit_code == 0
    assert archspec.load("there/other.yml").name == "a"
    assert new("a", "-o", "there").exit_code == 0
    assert archspec.load("there/a.yaml").name == "a"
    refused = new("a", "-o", "there/a.txt")
    assert (refused.exit_code, "-o there/a.yaml" in refused.output) == (2, True)


def test_a_base_below_the_folder_and_one_outside_it() -> None:
    Path("nets").mkdir()
    Path("nets/knobs.yaml").write_text(KNOBS)
    assert new("below", "--from", "nets/knobs.yaml").exit_code == 0
    assert "extends: nets/knobs.yaml\n" in Path("below.yaml").read_text()
    Path("other").mkdir()
    refused = new("out", "--from", "nets/knobs.yaml", "-o", "other/out.yaml")
    assert refused.exit_code == 2
    assert "outside the folder" in refused.output
    assert not Path("other/out.yaml").exists()
    way_out = re.search(r"archspec (new out .*)", refused.output)
    assert way_out
    assert run(*way_out[1].split()).exit_code == 0
    assert archspec.load("nets/out.yaml").name == "out"


def test_a_base_that_is_wrong_or_missing_or_itself() -> None:
    Path("wrong.yaml").write_text(KNOBS.replace("filters: 4", "filtres: 4"))
    found = new("mine", "--from", "wrong.yaml")
    assert found.exit_code == 1
    assert "wrong.yaml:" in found.output
    assert "did you mean `filters`?" in found.output
    missing = new("mine", "--from", "mobilenet_v9")
    assert (missing.exit_code, "did you mean" in missing.output) == (2, True)
    Path("knobs.yaml").write_text(KNOBS)
    itself = new("knobs", "--from", "knobs.yaml", "--force")
    assert (itself.exit_code, "cannot extend itself" in itself.output) == (2, True)
    assert Path("knobs.yaml").read_text() == KNOBS
    assert not Path("mine.yaml").exists()


def test_texts_and_paths_that_yaml_would_read_otherwise() -> None:
    Path("my nets").mkdir()
    text = KNOBS.replace("name: knobs", 'name: knobs\ntitle: "A: \\"b\\" # $name\\n{c}"')
    Path("my nets/a, b.yaml").write_text(text)
    assert new("mine", "--from", "my nets/a, b.yaml").exit_code == 0
    assert archspec.load("mine.yaml").graph.title == 'mine, from A: "b" # $name\n{c}'


def test_the_modeline_names_a_schema_beside_the_spec() -> None:
    """No path of this machine: the line holds after a commit, on a colleague's machine."""
    made = new("my_net", "-o", "nets/my_net.yaml")
    first = Path("nets/my_net.yaml").read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    assert named[1] == starting.SCHEMA
    beside = Path("nets") / named[1]
    assert f"wrote {beside}" in made.output
    assert beside.read_text() == run("schema").output


def test_a_schema_that_is_there_stays() -> None:
    Path(starting.SCHEMA).write_text("{}")
    assert starting.SCHEMA not in new("my_net").output
    assert Path(starting.SCHEMA).read_text() == "{}"


@pytest.mark.parametrize(
    "original", ["mobilenet_v1_050_160", "resnet50", "resnet", "mobilenet_v2", "squeezenet1_1"]
)
def test_a_copy_stands_alone(original: str) -> None:
    """The same network under a name of its own; what was printed about the original is not said of it."""
    assert new("mine", "--copy", original).exit_code == 0
    text = Path("mine.yaml").read_text()
    copy, whole = archspec.load("mine.yaml"), archspec.load(original)
    assert (copy.name, copy.digest, copy.vars) == ("mine", whole.digest, whole.vars)
    assert not re.search("^(extends|expect|reference|class_name|variants):", text, flags=re.M)
    assert copy.graph.title == f"mine, a copy of {whole.graph.title}"
    assert "class Mine(nn.Module)" in copy.source("torch")
    assert run("validate", "mine.yaml").exit_code == 0
    Path("mine.yaml").write_text(re.sub(r"^# (?=expect:|  - \{params)", "", text, flags=re.M))
    assert {verdict.status for verdict in archspec.load("mine.yaml").verify()} == {"pass"}


def test_a_copy_of_a_variant_in_a_file_of_ones_own() -> None:
    Path("knobs.yaml").write_text(KNOBS)
    assert new("mine", "--copy", "knobs.yaml:wide").exit_code == 0
    assert archspec.load("mine.yaml").vars["width"] == 2.0
    assert "one_of: [relu, relu6]" in Path("mine.yaml").read_text()
    both = new("other", "--copy", "knobs.yaml", "--from", "knobs.yaml")
    assert (both.exit_code, "give one of them" in both.output) == (2, True)
    missing = new("other", "--copy", "mobilenet_v9")
    assert (missing.exit_code, "did you mean" in missing.output) == (2, True)
    assert not Path("other.yaml").exists()


def test_a_copy_stays_beside_the_block_files_that_it_uses() -> None:
    Path("nets").mkdir()
    Path("nets/b.yaml").write_text(
        "archspec: 1\nblocks:\n  b: {params: {f}, rows: [{type: conv, name: c, kernel: 1, filters: f}]}\n"
    )
    Path("nets/n.yaml").write_text(
        "archspec: 1\nname: n\nuse: [b.yaml]\ninput: [8, 8, 3]\nrows: [{type: b, name: x, f: 3}]\n"
    )
    refused = new("mine", "--copy", "nets/n.yaml")
    assert (refused.exit_code, "uses b.yaml" in refused.output) == (2, True)
    way_out = re.search(r"archspec (new mine .*)", refused.output)
    assert way_out
    assert run(*way_out[1].split()).exit_code == 0
    assert archspec.load("nets/mine.yaml").params.total == 12


def test_show_prints_a_spec_as_it_is() -> None:
    shown = run("show", "mobilenet_v1_050_160")
    assert shown.output == (shelf.folder() / "mobilenet_v1_050_160.yaml").read_text()
    Path("knobs.yaml").write_text(KNOBS)
    assert run("show", "knobs.yaml").output == KNOBS
    variant = CliRunner().invoke(main, ["show", "resnet50"])
    assert variant.stdout == (shelf.folder() / "resnet.yaml").read_text()
    assert "resnet50 is a variant in resnet.yaml" in variant.stderr
    wrong = run("show", "resnet5O")
    assert (wrong.exit_code, "did you mean resnet50?" in wrong.output) == (2, True)


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (["--alone"], {}),
        (["--set", "width=0.25"], {"width": 0.25}),
        (["--input", "96x96x3"], {"input": (96, 96, 3)}),
    ],
)
def test_show_prints_what_stands_alone(options: list[str], given: dict[str, Any]) -> None:
    shown = run("show", "mobilenet_v1_050_160", *options).output
    assert "extends:" not in shown
    assert archspec.load(shown).digest == archspec.load("mobilenet_v1_050_160", **given).digest
