"""`archspec new`: what it writes is a spec at once, and so is what its comments become."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

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


@pytest.mark.parametrize("installed", [True, False])
def test_the_modeline_names_a_schema_that_is_there(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A URI: an editor takes the line up to the first blank, and a folder may have one in its name."""
    folder = tmp_path / "the zoo"
    shutil.copytree(shelf.folder(), folder)
    (folder / starting.SCHEMA).unlink(missing_ok=True)
    if installed:
        (folder / starting.SCHEMA).write_text("{}")
    monkeypatch.setattr(shelf, "folder", lambda: folder)
    made = new("my_net")
    first = Path("my_net.yaml").read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    assert named[1] == ((folder / starting.SCHEMA).as_uri() if installed else starting.SCHEMA)
    assert ("archspec schema -o archspec.schema.json" in made.output) is not installed
