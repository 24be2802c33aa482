"""Writing goes through one door: files are replaced whole, links stay, devices and FIFOs are written through.

Every node is one that a test makes in a folder of its own.
"""

from __future__ import annotations

import ast
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

import archspec
from archspec import files
from archspec.cli.main import main
from archspec.lowering.backend import ready
from archspec.weights.files import canonical_file as canonical

ROOT = Path(__file__).parents[2]
SPEC = """archspec: 1
name: small
input: [6, 5, 3]
rows:
  - {type: conv, name: a, kernel: 3, filters: 4, padding: same, norm: batch_norm}
  - {type: global_avg_pool, name: pool}
"""


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of one's own, and one for temporary files; none of ours is left in either."""
    (tmp_path / "here").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    Path("small.yaml").write_text(SPEC)
    yield
    for folder in ("here", "temporary"):
        assert [*(tmp_path / folder).glob(".*")] == []


class Reader:
    """What comes out of a FIFO, read meanwhile."""

    def __init__(self, name: str) -> None:
        self.path, self.data = Path(name), b""
        os.mkfifo(name)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        self.data = self.path.read_bytes()

    def bytes(self) -> bytes:
        """All of it, once the writer has closed; the FIFO is still one."""
        self.thread.join()
        assert stat.S_ISFIFO(self.path.lstat().st_mode)
        return self.data


def device(name: str) -> Path:
    """A null device of one's own; skips where none may be made."""
    try:
        os.mknod(name, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.close(os.open(name, os.O_WRONLY))
    except OSError as error:
        pytest.skip(f"a device node may not be made here: {error}")
    return Path(name)


def unchanged(path: Path) -> bool:
    return stat.S_ISCHR(path.lstat().st_mode) and path.lstat().st_rdev == os.makedev(1, 3)


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == code, done.output
    return done


def generate(output: str, code: int = 0) -> Result:
    return run("generate", "small.yaml", "-b", "torch", "-o", output, code=code)


def source() -> str:
    return archspec.load("small.yaml").source("torch")


def test_a_file_is_replaced_and_keeps_its_mode() -> None:
    path = Path("a.txt")
    files.write_text(path, "one")
    path.chmod(0o640)
    before = path.stat().st_ino
    files.write_text(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_ino != before


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_replaced(there: bool) -> None:
    Path("inner").mkdir()
    target = Path("inner/target.txt")
    if there:
        target.write_text("old")
    Path("second").symlink_to("inner/target.txt")
    Path("first").symlink_to(Path("second").absolute())
    files.write_text(Path("first"), "new")
    assert target.read_text() == "new"
    assert not target.is_symlink()
    assert (Path("first").is_symlink(), Path("second").is_symlink()) == (True, True)
    assert [path.name for path in Path("inner").iterdir()] == ["target.txt"]


def test_a_link_to_a_folder_that_is_not_there_yet() -> None:
    Path("link").symlink_to("later/target.txt")
    files.write_text(Path("link"), "new")
    assert Path("later/target.txt").read_text() == "new"


def test_a_folder_behind_a_link() -> None:
    Path("inner").mkdir()
    Path("outer").symlink_to("inner")
    files.write_text(Path("outer/a.txt"), "new")
    assert Path("inner/a.txt").read_text() == "new"
    assert Path("outer").is_symlink()


def looping(name: str) -> None:
    Path(name).symlink_to("second")
    Path("second").symlink_to(name)


def listening(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(name)


REFUSED: dict[str, tuple[Callable[[str], None], str]] = {
    "a loop": (looping, "is a link that leads to itself"),
    "a loop above": (
        lambda name: looping(name.partition("/")[0]),
        "is a link that leads to itself",
    ),
    "a folder": (os.mkdir, "is a folder"),
    "a socket": (listening, "is a socket"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("linked", [False, True])
def test_what_cannot_be_written_is_refused(what: str, linked: bool) -> None:
    make, sentence = REFUSED[what]
    name = "out/a.py" if what == "a loop above" else "out"
    make(name)
    if linked:
        Path("link").symlink_to(name)
        name = "link"
    before = sorted(path.name for path in Path().iterdir())
    refused = generate(name, code=2)
    assert refused.output.startswith(f"archspec: {name} {sentence}")
    assert refused.output.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == before
    run("schema", "-o", name, code=2)
    run("build", "small.yaml", "-b", "torch", "-o", name, code=2)


def test_no_path_at_all() -> None:
    with pytest.raises(OSError, match="is no path"):
        files.write_text(Path("a\0b"), "text")


def test_a_fifo_is_written_through() -> None:
    reader = Reader("out")
    data = os.urandom(3 * 2**20 + 17)  # more than is copied at once, and than the FIFO holds
    files.write_bytes(reader.path, data)
    assert reader.bytes() == data


def test_a_link_to_a_fifo_is_written_through() -> None:
    reader = Reader("out")
    Path("link").symlink_to("out")
    files.write_text(Path("link"), "text")
    assert reader.bytes() == b"text"
    assert Path("link").is_symlink()


def test_a_reader_that_leaves_is_an_error() -> None:
    os.mkfifo("out")
    leaving = threading.Thread(target=lambda: os.close(os.open("out", os.O_RDONLY)))
    leaving.start()
    with pytest.raises(BrokenPipeError):
        files.write_bytes(Path("out"), bytes(2**20))  # more than the FIFO holds
    leaving.join()


@pytest.mark.parametrize("linked", [False, True])
def test_a_device_is_written_through(linked: bool) -> None:
    made = device("null")
    Path("link").symlink_to("null")
    generate("link" if linked else "null")
    run("schema", "-o", "link" if linked else "null")
    assert unchanged(made)
    assert Path("link").is_symlink()


def test_a_terminal_is_written_through() -> None:
    """A device that everyone may open; the link to it is the test's own."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    Path("link").symlink_to(os.ttyname(theirs))
    files.write_text(Path("link"), "text")
    assert os.read(ours, 100) == b"text"
    assert Path("link").is_symlink()
    os.close(theirs)
    os.close(ours)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are read from /proc")
def test_an_open_descriptor_is_written_on() -> None:
    """As `/dev/stdout` in `(echo before; archspec ... ) > FILE`."""
    with Path("out.txt").open("w") as file:
        file.write("before\n")
        file.flush()
        Path("link").symlink_to(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        files.write_text(Path("link"), "text")
    assert Path("out.txt").read_text() == "before\ntext"
    assert Path("link").is_symlink()


def test_a_failing_block_leaves_nothing() -> None:
    os.mkfifo("out")
    for name in ("out", "file", "link"):
        Path("link").unlink(missing_ok=True)
        Path("link").symlink_to("target")
        with pytest.raises(KeyError), files.replacing(Path(name)) as temporary:
            temporary.write_bytes(b"half")
            raise KeyError
    assert sorted(path.name for path in Path().iterdir()) == ["link", "out", "small.yaml"]


def test_generate_writes_through_a_fifo() -> None:
    reader = Reader("out.py")
    generate("out.py")
    assert reader.bytes().decode() == source()


def test_generate_follows_a_link() -> None:
    Path("models").mkdir()
    Path("net.py").symlink_to("models/net.py")
    generate("net.py")
    assert Path("models/net.py").read_text() == source()
    Path("models/net.py").write_text("# a person's\n")
    assert "has been edited" in generate("net.py", code=2).output
    assert run("generate", "small.yaml", "-b", "torch", "-o", "net.py", "--force")
    assert Path("models/net.py").read_text() == source()
    assert Path("net.py").is_symlink()


def test_generate_of_a_project_follows_links() -> None:
    Path("pyproject.toml").write_text(
        '[[tool.archspec.generate]]\nspec = "small.yaml"\nbackend = "torch"\noutput = "net.py"\n'
    )
    Path("net.py").symlink_to("target.py")
    run("generate")
    assert Path("target.py").read_text() == source()
    assert Path("net.py").is_symlink()


def test_new_follows_a_link() -> None:
    Path("mine.yaml").symlink_to("target.yaml")
    run("new", "mine", "-o", "mine.yaml")
    assert "name: mine" in Path("target.yaml").read_text()
    assert Path("mine.yaml").is_symlink()


def test_build_writes_through_a_fifo() -> None:
    reader = Reader("out.py")
    run("build", "small.yaml", "-b", "torch", "-o", "out.py")
    assert reader.bytes().decode() == source()
    refused = run("build", "small.yaml", "-b", "torch", "-o", "out.py", "--prove", code=2)
    assert "out.py cannot be read back" in refused.output


ARTEFACTS = [
    ("torch", "small.pt2"),
    ("torch", "small.safetensors"),
    ("keras", "small.keras"),
    ("keras", "small.safetensors"),
]


def same(backend: str, saved: Path, through: Path) -> None:
    """Whether two artefacts hold the same weights; an archive of a framework is not the same bytes each time."""
    if saved.suffix == ".safetensors":
        assert saved.read_bytes() == through.read_bytes()
        return
    one, other = (ready(backend).restore(path) for path in (saved, through))
    listed: Any = {
        "torch": lambda model: [*model.state_dict().values()],
        "keras": lambda model: model.get_weights(),
    }[backend]
    pairs = list(zip(listed(one), listed(other), strict=True))
    assert pairs
    assert all(bool((a == b).all()) for a, b in pairs)


@pytest.mark.parametrize(("backend", "name"), ARTEFACTS)
def test_build_saves_through_a_fifo(backend: str, name: str) -> None:
    """Savers that seek write elsewhere first."""
    run("build", "small.yaml", "-b", backend, "--save", f"plain_{name}")
    reader = Reader(name)
    told = run("build", "small.yaml", "-b", backend, "--save", name)
    assert f"saved {name}: " in told.output
    Path(f"through_{name}").write_bytes(reader.bytes())
    same(backend, Path(f"plain_{name}"), Path(f"through_{name}"))


@pytest.mark.parametrize(("backend", "name"), ARTEFACTS)
def test_build_saves_through_a_device_and_behind_a_link(backend: str, name: str) -> None:
    Path(f"link_{name}").symlink_to(f"target_{name}")
    run("build", "small.yaml", "-b", backend, "--save", f"link_{name}")
    assert Path(f"link_{name}").is_symlink()
    assert Path(f"target_{name}").stat().st_size > 500
    made = device(name)
    run("build", "small.yaml", "-b", backend, "--save", name)
    assert unchanged(made)


COMMANDS = {
    "import": ("import", "own.pt", "small.yaml", "-l", "torch", "-o", "out.safetensors"),
    "export": ("export", "w.safetensors", "small.yaml", "-l", "torch", "-o", "out.safetensors"),
    "export to torch": ("export", "w.safetensors", "small.yaml", "-l", "torch", "-o", "out.pt"),
    "export to keras": ("export", "w.safetensors", "small.yaml", "-l", "keras", "-o", "out.weights.h5"),
    "export like": ("export", "w.safetensors", "small.yaml", "--like", "own.pt", "-o", "out.pt"),
    "export like keras": (
        *("export", "w.safetensors", "small.yaml", "-l", "keras"),
        *("--like", "own.weights.h5", "-o", "out.h5"),
    ),
    "convert": ("convert", "w.safetensors", "out.pt"),
    "convert to safetensors": ("convert", "own.pt", "out.safetensors", "--dtype", "float16"),
    "transfer": (
        *("transfer", "small.yaml", "small.yaml", "--weights", "w.safetensors"),
        *("-o", "out.safetensors"),
    ),
}  # fmt: skip


@pytest.fixture
def weights() -> None:
    network = archspec.load("small.yaml")
    canonical.write(Path("w.safetensors"), network.graph, network.random_weights(1))
    for layout, name in (("torch", "own.pt"), ("keras", "own.weights.h5")):
        run("weights", "export", "w.safetensors", "small.yaml", "-l", layout, "-o", name)


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("name", COMMANDS)
def test_weights_go_through_a_fifo_a_link_and_a_device(name: str) -> None:
    command = ("weights", *COMMANDS[name])
    (out,) = [word for word in command if word.startswith("out.")]
    run(*command)
    plain = Path(out).read_bytes()
    Path(out).rename("plain")

    reader = Reader(out)
    run(*command)
    assert len(reader.bytes()) == len(plain)
    if out.endswith(".safetensors"):
        assert reader.bytes() == plain
        load_file("plain")
    Path(out).unlink()

    Path(out).symlink_to("target")
    run(*command)
    assert Path(out).is_symlink()
    assert Path("target").stat().st_size == len(plain)
    Path(out).unlink()

    made = device(out)
    run(*command)
    assert unchanged(made)


def test_a_command_that_is_asked_to_end_leaves_nothing(tmp_path: Path) -> None:
    """It waits for a reader that takes no more than the first bytes."""
    os.mkfifo("out")
    reader = os.open("out", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    writer = os.open("out", os.O_WRONLY)  # so that reading waits for the command
    command = [sys.executable, "-m", "archspec", "schema", "-o", "out"]
    child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert os.read(reader, 1) == b"{"
    assert len([*(tmp_path / "temporary").glob(".*.out")]) == 1
    child.send_signal(signal.SIGTERM)
    assert child.wait() == 128 + signal.SIGTERM
    os.close(reader)
    os.close(writer)


WRITES = {
    *("write_text", "write_bytes", "replace", "rename", "renames", "touch", "mkdir", "makedirs"),
    *("symlink_to", "hardlink_to", "save", "savez", "savez_compressed", "savetxt", "save_weights"),
    *("save_model", "save_file", "tofile", "copyfile", "copyfileobj", "copy2", "copytree", "move"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory"),
}
OURS = {"write_text", "files.write_text", "save", "building.save"}  # which go through the door
OPENS = ("open", "fdopen", "ZipFile", "File")
# In folders that the code makes itself, or at the path that the door gave to the caller.
EXCUSED = {
    "examples.answer": "an example of `explain`, in a folder of its own",
    "comparing.compare": "the folder of a comparison",
    "reference.of": "arrays of a comparison, in its folder",
    "reference.put": "arrays of a comparison, in its folder",
    "building.prove": "what the process that runs a file is given, in a folder of its own",
    "child.main": "what that process gives, in the same folder",
    "building._saved": "an artefact, at the path that the door gave",
    "backend.save": "an artefact, at the path that the door gave",
    "hdf5_file._hdf5_of": "the inner file of an archive, beside the path that the door gave",
    "hdf5_file._rewrite": "values in the file that the door gave",
    "onnx_file._rewrite": "the path that the door gave",
}
READS = ("r", "rb")


def writers(tree: ast.AST, home: str, *, inside: bool = False) -> Iterator[str]:
    """`module.function: code` of every call that may write a file and stands in no block of the door."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and not inside and writes(node):
            yield f"{home}: {ast.unparse(node)}"
        doors = [ast.unparse(item.context_expr) for item in getattr(node, "items", ())]
        opened = any(door.rpartition(".")[2].startswith("replacing(") for door in doors)
        named = f"{home.partition('.')[0]}.{node.name}" if isinstance(node, ast.FunctionDef) else ""
        yield from writers(node, named or home, inside=inside or opened)


def writes(call: ast.Call) -> bool:
    if ast.unparse(call.func) in OURS:
        return False
    name = ast.unparse(call.func).rpartition(".")[2]
    if name == "replace":  # of a path: that of a text takes two texts, that of a record takes keys
        return isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords
    words = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [word.value for word in words if isinstance(word, ast.Constant)]
    return name in WRITES or (
        name in OPENS
        and any(
            isinstance(mode, str) and re.fullmatch("[rwxabt+]{1,3}", mode) and mode not in READS
            for mode in modes
        )
    )


def test_nothing_else_writes_files() -> None:
    found = []
    for folder in ("archspec", "backends"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if file != ROOT / "archspec" / "files.py":
                found += writers(ast.parse(file.read_text(encoding="utf-8")), file.stem)
    assert [line for line in found if line.partition(":")[0] not in EXCUSED] == []
    assert {line.partition(":")[0] for line in found} == {*EXCUSED}


@pytest.mark.parametrize(
    "code",
    [
        "path.write_text(text)",
        "path.open('wb')",
        "open(path, mode='a')",
        "temporary.replace(path)",
        "np.savez(path, *arrays)",
        "with zipfile.ZipFile(path, 'w') as file: pass",
        "with h5py.File(path, 'r+') as file: pass",
    ],
)
def test_a_writer_is_seen(code: str) -> None:
    assert [*writers(ast.parse(code), "module")]
    door = f"with replacing(path) as temporary:\n    {code}"
    assert not [*writers(ast.parse(door), "module")]
    assert not [
        *writers(ast.parse("text.replace('a', 'b')\npath.open('rb')\nopen(path)"), "module")
    ]
