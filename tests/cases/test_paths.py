"""Paths that lead nowhere, names that no terminal should obey, and what is left where a process is killed.

Every link, FIFO and device is one that a test makes in a folder of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archspec import files
from archspec.cli.main import main

CASES = Path(__file__).parent / "paths"
ROOT = Path(__file__).parents[2]
SPEC = "archspec: 1\nname: small\ninput: [4]\nrows:\n  - {type: relu}\n"
ODD = "a\x1b[31mred\x1b]0;title\x07\nline\u202e.yaml"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def looping(name: str) -> None:
    Path(name).symlink_to(f"other_{name}")
    Path(f"other_{name}").symlink_to(name)


@pytest.mark.parametrize(
    ("case", "said"),
    [("nul", "is a name that no file can have"), ("long", "cannot be read: file name too long")],
)
def test_a_name_that_no_file_has_is_said_where_it_stands(case: str, said: str) -> None:
    shutil.copy(CASES / f"{case}.yaml", "spec.yaml")
    found = run("validate", "spec.yaml")
    assert found.exit_code == 1
    assert found.output.startswith("spec.yaml:2:10: error[unknown-file]: ")
    data = json.loads(run("validate", "spec.yaml", "--format", "json").stdout)
    assert [(d["line"], d["column"], said in d["message"]) for d in data] == [(2, 10, True)]


WAYS = {  # how a file names another, and where
    "extends": ("archspec: 1\nextends: {}\nname: mine\n", 2, 10),
    "use": ("archspec: 1\nuse: [{}]\nname: a\ninput: [4]\nrows: [{{type: relu}}]\n", 2, 7),
}
NOWHERE = {
    "loop.yaml": (looping, "is a link that leads to itself"),
    "folder.yaml": (os.mkdir, "is a folder"),
    "fifo.yaml": (os.mkfifo, "is no file but a device, a FIFO or a socket"),
    "spec.yaml/inner.yaml": (lambda name: None, "there is no file"),
    "absent.yaml": (lambda name: None, "there is no file"),
    '"a\\0b.yaml"': (lambda name: None, "is a name that no file can have"),
    f"{'ä' * 200}.yaml": (lambda name: None, "cannot be read: file name too long"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NOWHERE)
def test_a_path_that_leads_nowhere_is_said_where_it_stands(way: str, name: str) -> None:
    make, said = NOWHERE[name]
    make(name)
    text, line, column = WAYS[way]
    Path("spec.yaml").write_text(text.format(name))
    found = run("validate", "spec.yaml")
    assert found.exit_code == 1
    assert found.output.startswith(f"spec.yaml:{line}:{column}: error[unknown-file]: ")
    assert said in found.output.partition("\n")[0]
    assert "hint: " in found.output
    given = name.strip('"')
    assert f"did you mean `{given}`" not in found.output


def test_a_loop_of_links_outside_is_out_of_reach() -> None:
    """Whatever is there: a spec learns nothing of what is outside of its folder."""
    looping("loop.yaml")
    Path("inner").mkdir()
    Path("inner/spec.yaml").write_text("archspec: 1\nextends: ../loop.yaml\nname: mine\n")
    assert "error[out-of-reach]" in run("validate", "inner/spec.yaml").output


@pytest.mark.parametrize("name", [name for name in NOWHERE if not name.startswith('"')])
def test_a_spec_that_cannot_be_read(name: str) -> None:
    make, said = NOWHERE[name]
    make(name)
    Path("spec.yaml").write_text(SPEC)
    found = run("validate", name, "spec.yaml")
    assert found.exit_code == 2
    assert found.output.startswith("archspec: ")
    assert said in found.output
    assert "spec.yaml: ok" in found.output  # the others are checked all the same


def obeyed(text: str) -> list[str]:
    """Characters that a terminal would obey, and line breaks of ours left out."""
    return [c for c in text if not c.isprintable() and c != "\n"]


@pytest.mark.parametrize("coloured", [False, True])
def test_a_name_with_control_characters_is_shown_without_them(
    coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if coloured:
        monkeypatch.setenv("FORCE_COLOR", "1")
    Path(ODD).write_text(SPEC)
    commands = [
        ("validate", ODD),
        ("validate", "."),
        ("summary", ODD),
        ("generate", ODD, "-b", "torch", "-o", f"{ODD}.py"),
        ("generate", ODD, "-b", "torch", "-o", "-"),
        ("new", "mine", "--from", ODD, "-o", f"new{ODD}"),
        ("schema", "-o", f"{ODD}.json"),
        ("build", ODD, "-b", "torch"),
        ("validate", f"{ODD}/absent.yaml"),
        ("validate", f"{ODD}:{ODD}"),
        ("weights", "inspect", f"{ODD}.pt"),
        ("weights", "inspect", f"{ODD}.none"),
        ("weights", "convert", f"{ODD}.safetensors", "out.pt"),
    ]
    for command in commands:
        found = run(*command)
        assert "\x1b[31mred" not in found.output, command
        shown = re.sub(r"\x1b\[[0-9;]*m", "", found.output) if coloured else found.output
        assert obeyed(shown) == [], command
        assert "\nline" not in shown, command
    Path(ODD).write_text(SPEC.replace("type", "typ"))
    for form in ("text", "json", "github", "sarif"):
        shown = run("validate", ODD, "--format", form).output
        shown = shown if form != "text" or not coloured else ""
        assert obeyed(shown) == [], form
    assert Path(f"{ODD}.py").is_file()


def test_errors_of_the_system_are_sentences() -> None:
    """A folder that takes no files, one that is a file, and a device without room."""
    Path("small.yaml").write_text(SPEC)
    Path("file").touch()
    for output, reason in (
        ("/proc/net.py", "no such file or directory"),
        ("file/net.py", "not a directory"),
        (f"{'x' * 300}.py", "file name too long"),
    ):
        found = run("generate", "small.yaml", "-b", "torch", "-o", output)
        assert (found.exit_code, found.output.count("\n")) == (2, 1)
        assert found.output.startswith(f"archspec: {output}")
        assert found.output.endswith(f": {reason}\n")
    assert sorted(path.name for path in Path().iterdir()) == ["file", "small.yaml"]


def test_a_full_disk_leaves_what_was_there() -> None:
    Path("there.txt").write_text("old")
    code = (
        "import resource, signal; from pathlib import Path; from archspec import files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "files.write_bytes(Path('there.txt'), bytes(5000))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.cwd(),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.stderr.splitlines()[-1] == "OSError: there.txt cannot be written: file too large"
    assert Path("there.txt").read_text() == "old"
    assert [path.name for path in Path().iterdir()] == ["there.txt"]


def test_a_device_without_room_is_a_sentence_and_stays() -> None:
    """A device of one's own that is always full."""
    try:
        os.mknod("full", stat.S_IFCHR | 0o666, os.makedev(1, 7))
        os.close(os.open("full", os.O_WRONLY))
    except OSError as error:
        pytest.skip(f"a device node may not be made here: {error}")
    Path("small.yaml").write_text(SPEC)
    found = run("generate", "small.yaml", "-b", "torch", "-o", "full")
    assert found.exit_code == 2
    assert found.output == "archspec: full cannot be written: no space left on device\n"
    assert Path("full").lstat().st_rdev == os.makedev(1, 7)


HANGING = """
import signal
import time
from pathlib import Path
from archspec import files
from archspec.cli import main as cli
import click

@click.command()
@click.argument("path")
def command(path):
    with files.replacing(Path(path)) as temporary:
        temporary.write_bytes(b"half")
        print(temporary, flush=True)
        time.sleep(30)

for number in (signal.SIGTERM, signal.SIGHUP):  # whatever started the tests ignores
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.Commands.list_commands = lambda *_: ["hang"]
cli.Commands.get_command = lambda *_: command
cli.main()
"""


def hanging(*given: str) -> tuple[subprocess.Popen[str], Path]:
    """A command that stands still while it writes, and its temporary file."""
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, "hang", *given],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_process_that_is_asked_to_end_leaves_nothing(number: signal.Signals) -> None:
    process, temporary = hanging("out.txt")
    assert temporary.is_file()
    process.send_signal(number)
    process.communicate()
    assert process.returncode != 0
    assert [*Path().iterdir()] == []


def test_what_a_killed_process_left_goes_with_the_next_write() -> None:
    process, left = hanging("out.txt")
    files.write_text(Path("other.txt"), "text")
    assert left.read_bytes() == b"half"  # it is still written
    process.kill()
    process.communicate()
    assert left.is_file()
    files.write_text(Path("other.txt"), "text")
    assert [path.name for path in Path().iterdir()] == ["other.txt"]


def test_nothing_of_somebody_else_is_taken_away() -> None:
    """Names like ours of another machine, links, folders, and names that are not ours."""
    process, left = hanging("out.txt")
    process.kill()
    process.communicate()
    host, number = left.name.split("-")[1], left.name.split("-")[2]
    strangers = [
        left.name.replace(host, "0" * 8),
        f".archspec-{host}-x{number}-a.txt",
        ".hidden",
        f"archspec-{host}-{number}-a.txt",
    ]
    for name in strangers:
        Path(name).write_text("theirs")
    Path(f".archspec-{host}-{number}-link").symlink_to(strangers[0])
    Path(f".archspec-{host}-{number}-folder").mkdir()
    files.write_text(Path("other.txt"), "text")
    assert {path.name for path in Path().iterdir()} == {
        *strangers,
        "other.txt",
        f".archspec-{host}-{number}-link",
        f".archspec-{host}-{number}-folder",
    }


def test_a_long_name_has_a_temporary_one() -> None:
    for name in ("x" * 252 + ".py", "ä" * 126 + ".py"):
        files.write_text(Path(name), "text")
        assert Path(name).read_text() == "text"
