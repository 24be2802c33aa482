"""What a third party adds by entry points, used as its users would: operations, backends, and all ways to be wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LEAKY = str(HERE / "leaky.yaml")
SMALL = ["--set", "width=0.35", "--input", "64x48x3"]
Sit = Callable[..., Any]


def declared(folder: Path, name: str, points: dict[str, dict[str, str]], **modules: str) -> Path:
    """A folder that holds a package, as an installer leaves it, without one."""
    info = folder / f"{name.replace('-', '_')}-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n")
    lines = [
        line
        for group, entries in points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    return folder


def rival(folder: Path) -> Path:
    """A package that wants names that `extra` has too."""
    points = {
        "archspec.operations": {"sloped_relu": "rival:Leaky"},
        "archspec.backends": {"numpy": "rival:BACKEND"},
    }
    return declared(folder / "rival", "archspec-rival", points, rival="raise RuntimeError")


def test_five_ways(desk: Sit) -> None:
    """Prediction, models and files of both frameworks with operations of a plug-in; its backend against PyTorch."""
    inner = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(HERE / "five_ways.py")]
    done = desk("extra").python(*inner, cwd=ROOT)
    assert done.code == 0, done.out[-3000:]
    assert "22 passed" in done.out
    assert "skipped" not in done.out


def test_doctor_names_what_is_added(desk: Sit) -> None:
    done = desk("extra").archspec("doctor")
    assert done.code == 0
    assert "numpy           ready (archspec-extra 1.0.0)" in done.out
    for operation in ("sloped_relu", "prelu", "space_to_depth"):
        assert f"{operation:15} ready (archspec-extra 1.0.0), rows for: torch, keras" in done.out
    assert not done.err


MODULES = """
import sys
from archspec.cli.main import main
try:
    main({!r})
except SystemExit:
    print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        (["validate", LEAKY], set()),
        (["summary", LEAKY], set()),
        (["generate", LEAKY, "-b", "torch"], {"jinja2", "archspec_torch"}),
        (["generate", LEAKY, "-b", "keras"], {"jinja2", "archspec_keras"}),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, list) else "",
)
def test_operations_bring_no_framework(desk: Sit, command: list[str], allowed: set[str]) -> None:
    done = desk("extra").python("-c", MODULES.format(command))
    loaded = {name.partition(".")[0] for name in done.out.splitlines()[-1].split()}
    assert "archspec_extra" in loaded
    heavy = {"torch", "keras", "tensorflow", "numpy", "jinja2", "archspec_torch", "archspec_keras"}
    assert loaded & heavy == allowed


def test_generated_files_carry_the_layers_of_a_plugin(desk: Sit) -> None:
    at = desk("extra")
    torch, keras = (at.archspec("generate", LEAKY, "-b", name).out for name in ("torch", "keras"))
    assert "from torch.nn.functional import pixel_unshuffle\n" in torch
    assert "def space_to_depth(x: Tensor, size: int) -> Tensor:" in torch
    assert "nn.LeakyReLU(negative_slope, inplace=True)" in torch
    assert "def squares(x: KerasTensor, size: int)" in keras  # a layer's helper comes with it
    assert "class SpaceToDepth(layers.Layer):" in keras
    assert "archspec" not in torch.partition('"""\n\n')[2]
    for text in (torch, keras):
        assert "import archspec" not in text
        assert "from archspec" not in text


def test_a_built_file_is_proven(desk: Sit) -> None:
    done = desk("extra").archspec("build", LEAKY, "-b", "torch", "--prove", "--dtype", "float64")
    assert done.code == 0, done.err
    assert "worst difference 0.0e+00" in done.out


def test_a_backend_without_source(desk: Sit) -> None:
    at = desk("extra")
    built = at.archspec("build", "mobilenet_v2", "-b", "numpy", *SMALL, "--save", "w.safetensors")
    assert built.code == 0, built.err
    assert "shapes as predicted" in built.out
    assert "the numpy backend prints no source" in built.out
    assert sorted(path.name for path in at.folder.iterdir()) == ["w.safetensors"]
    for command in (
        ["generate", "mobilenet_v2", "-b", "numpy"],
        ["build", "mobilenet_v2", "-b", "numpy", "--prove"],
        ["build", "mobilenet_v2", "-b", "numpy", "-o", "model.py"],
    ):
        done = at.archspec(*command)
        assert done.code == 2, command
        assert done.err == "archspec: the numpy backend prints no source\n"
    saved = at.archspec("build", "mobilenet_v2", "-b", "numpy", "--save", "model.pt2")
    assert saved.code == 2
    assert "the numpy backend writes .safetensors" in saved.err


def test_everything_unsupported_is_reported_at_once(desk: Sit) -> None:
    at = desk("extra")
    spec = at.spec(
        "{type: max_pool, kernel: 2}",
        "{type: conv, filters: 4, kernel: 3, padding: same, activation: sloped_relu}",
        "{type: space_to_depth, size: 2}",
        "{type: flatten}",
    )
    done = at.archspec("build", spec, "-b", "numpy")
    assert done.code == 1
    told = [line for line in done.err.splitlines() if "error[" in line]
    assert told == [
        f"{spec}:{line}:6: error[unsupported-operation]: NumPy has no row for {name}"
        for line, name in ((5, "max_pool"), (7, "space_to_depth"), (8, "flatten"))
    ]
    assert "its package has rows for torch, keras" in done.err


BROKEN = {
    "absent": "does not load: ModuleNotFoundError: No module named 'archspec_broken.nowhere'",
    "raising": "does not load: ValueError: this module raises",
    "wrong": "is no Operation, but {'name': 'wrong'}",
    "misnamed": "calls itself 'other'",
}
BROKEN_BACKENDS = {
    "gone": "does not load: ModuleNotFoundError: No module named 'archspec_broken.nowhere'",
    "leaving": "does not load: SystemExit: goodbye",
    "half": "is no backend: it has no extra, saves, lower, syntax, build, load, dump, run, trace",
}
PACKAGE = "archspec-broken 0.1.0"


def test_doctor_names_what_is_broken(desk: Sit) -> None:
    done = desk("broken", "extra").archspec("doctor")
    assert done.code == 0
    for kind, states in (("operation", BROKEN), ("backend", BROKEN_BACKENDS)):
        for name, state in states.items():
            line = f"  {name:15} broken: the {kind} `{name}` of {PACKAGE} {state}"
            assert line in done.out.splitlines()
    for name in ("relu", "torch"):
        assert f"  {name:15} left out ({PACKAGE}): archspec-nn has `{name}` itself" in done.out
    assert "torch           ready (archspec-nn" in done.out
    assert "numpy           ready (archspec-extra 1.0.0)" in done.out
    assert not done.err


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["list"],
        ["validate", "mobilenet_v2"],
        ["summary", "mobilenet_v1"],
        ["validate", LEAKY],
    ],
    ids=" ".join,
)
def test_broken_plugins_disturb_nobody(desk: Sit, command: list[str]) -> None:
    done = desk("broken", "extra").archspec(*command)
    assert done.code == 0, done.err
    clash = f"warning: the operation `relu` of {PACKAGE} is left out: archspec-nn has `relu` itself"
    assert done.err.splitlines() == ([clash] if LEAKY in command else [])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_operation_is_a_warning(desk: Sit, name: str) -> None:
    at = desk("broken")
    done = at.archspec("validate", at.spec(f"{{type: {name}}}"), "--format", "json")
    assert done.code == 1
    (told,) = json.loads(done.out)
    assert (told["code"], told["line"], told["received"]) == ("unknown-type", 5, name)
    assert "`archspec doctor` says why" in told["hint"]
    lines = [line for line in done.err.splitlines() if f"`{name}`" in line]
    assert lines == [f"warning: the operation `{name}` of {PACKAGE} is left out: it {BROKEN[name]}"]
    assert all(line.startswith("warning: ") for line in done.err.splitlines())


@pytest.mark.parametrize("name", BROKEN_BACKENDS)
@pytest.mark.parametrize("command", ["generate", "build"])
def test_a_broken_backend_is_a_usage_error(desk: Sit, name: str, command: str) -> None:
    done = desk("broken").archspec(command, "mobilenet_v1", "-b", name)
    assert done.code == 2
    assert not done.out
    assert done.err.splitlines()[-1] == (
        f"archspec: the backend `{name}` of {PACKAGE} {BROKEN_BACKENDS[name]}"
    )


def test_a_builtin_name_stays_builtin(desk: Sit) -> None:
    at = desk("broken")
    alone = desk().archspec("generate", "mobilenet_v1", "-b", "torch")
    done = at.archspec("generate", "mobilenet_v1", "-b", "torch")
    assert (done.code, done.out) == (0, alone.out)
    assert done.err == (
        f"warning: the backend `torch` of {PACKAGE} is left out: archspec-nn has `torch` itself\n"
    )


@pytest.mark.parametrize(
    ("name", "backend", "said"),
    [
        ("clumsy", "torch", f"{PACKAGE} raised KeyError: 'no such key' ("),
        ("undeclared", "torch", "calls `nn.Mystery`, which it does not declare"),
        ("rowless", "torch", "has a row for torch that is no Lowering"),
        ("rowless", "keras", "declares `layers.ReLU`, which is declared otherwise"),
    ],
)
def test_an_operation_that_fails_in_use_is_named(
    desk: Sit, name: str, backend: str, said: str
) -> None:
    at = desk("broken")
    done = at.archspec("generate", at.spec(f"{{type: {name}}}"), "-b", backend)
    assert done.code == 2
    last = done.err.splitlines()[-1]
    assert last.startswith("archspec: ")
    assert said in last
    assert PACKAGE in last


def test_what_the_framework_lacks_is_named_when_it_is_built(desk: Sit) -> None:
    at = desk("broken")
    done = at.archspec("build", at.spec("{type: undeclared}"), "-b", "keras")
    assert done.code == 2
    assert "the keras backend has no `layers.Mystery`" in done.err, done.err


def test_a_name_that_two_packages_want_is_nobodys(desk: Sit, tmp_path: Path) -> None:
    at = desk("extra", rival(tmp_path))
    both = "archspec-extra 1.0.0 and archspec-rival 2.0 both bring"
    done = at.archspec("validate", LEAKY)
    assert done.code == 1
    assert f"of archspec-extra 1.0.0 is left out: {both} `sloped_relu`" in done.err
    assert f"of archspec-rival 2.0 is left out: {both} `sloped_relu`" in done.err
    done = at.archspec("build", "mobilenet_v2", "-b", "numpy")
    assert done.code == 2
    assert f"{both} `numpy`" in done.err
    assert "there is no backend `numpy`; known: keras, torch" in done.err
    told = at.archspec("doctor").out
    assert told.count(f"{both} `sloped_relu`") == told.count(f"{both} `numpy`") == 2
    assert desk("extra").archspec("validate", LEAKY).code == 0


def test_a_plugin_changes_no_spec_that_is_valid_without_it(desk: Sit) -> None:
    """Blocks and variables of a spec come before operations of a plug-in that are called alike."""
    text = (
        "archspec: 1\nname: own\nvars: {prelu: relu6, space_to_depth: 3}\ninput: [16, 16, 3]\n"
        "blocks:\n  sloped_relu:\n    params: {filters}\n"
        "    rows: [{type: conv, kernel: space_to_depth, filters: filters, activation: prelu}]\n"
        "rows: [{type: sloped_relu, name: first, filters: 4}]\n"
    )
    found = []
    for at in (desk(), desk("extra")):
        (at.folder / "own.yaml").write_text(text)
        found.append(at.archspec("summary", "own.yaml", "--format", "json"))
    assert found[0].code == 0, found[0].err
    assert found[0] == found[1]


def test_words_of_a_plugin_are_known(desk: Sit) -> None:
    at = desk("extra")
    misspelt = at.archspec("validate", at.spec("{type: sloped_rely}"))
    assert "did you mean `sloped_relu`?" in misspelt.err
    wrong = at.archspec(
        "validate", at.spec("{type: conv, kernel: 1, filters: 2, activation: leak}")
    )
    assert "softmax, prelu, sloped_relu" in wrong.err
    key = at.archspec("validate", at.spec("{type: sloped_relu, slop: 0.1}"))
    assert "did you mean `slope`?" in key.err
    shape = at.archspec("validate", at.spec("{type: space_to_depth, size: 3}"))
    assert shape.code == 1
    assert f"{at.folder}/given.yaml:5:34: error[shape-mismatch]" in shape.err


LIBRARY = """
import warnings, archspec
warnings.simplefilter("error")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        try:
            archspec.load({"archspec": 1, "name": "a", "input": [8, 8, 3], "rows": [{"type": "raising"}]})
        except archspec.SpecError as error:
            print(error.diagnostics[0].code)
for warning in caught:
    print(warning.category is archspec.PluginWarning, warning.message)
"""


def test_in_python_it_is_a_warning(desk: Sit) -> None:
    """Once in a process, however often the word is met."""
    done = desk("broken").python("-c", LIBRARY)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[:2] == ["unknown-type", "unknown-type"]
    assert all(line.startswith("True the operation `") for line in lines[2:])
    assert len(lines) == 2 + len(BROKEN) + 1


def test_the_page_of_operations_is_of_the_builtin_ones(desk: Sit) -> None:
    program = "import runpy; print(runpy.run_path('docs/operations.py')['page'](), end='')"
    done = desk("extra").python("-c", program, cwd=ROOT)
    assert done.out == (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def test_a_backend_of_another_package_prints_and_is_proven(desk: Sit, tmp_path: Path) -> None:
    """A name of its own is enough: the child process of --prove finds it too."""
    text = "from archspec_torch import TorchBackend\nclass Twin(TorchBackend):\n    name = 'twin'\n"
    folder = tmp_path / "twin"
    declared(folder, "archspec-twin", {"archspec.backends": {"twin": "twin:Twin"}}, twin=text)
    at = desk(folder)
    source = at.archspec("generate", "mobilenet_v2", "-b", "twin")
    assert source.out == at.archspec("generate", "mobilenet_v2", "-b", "torch").out != ""
    built = at.archspec("build", "mobilenet_v2", "-b", "twin", *SMALL, "--prove")
    assert built.code == 0, built.err
    assert (at.folder / "build" / "mobilenet_v2_twin.py").exists()
    assert "worst difference" in built.out


def test_a_missing_framework_is_asked_of_its_own_package(desk: Sit, tmp_path: Path) -> None:
    """The remedy names the package that declares the backend, not archspec's."""
    text = (
        "from archspec_extra.arrays.backend import NumpyBackend\n"
        "class Lacking(NumpyBackend):\n"
        "    name, extra, requires = 'lacking', 'all', ('nowhere.at_all',)\n"
    )
    points = {"archspec.backends": {"lacking": "lacking:Lacking"}}
    folder = declared(tmp_path / "lacking", "archspec-lacking", points, lacking=text)
    at = desk("extra", folder)
    remedy = 'pip install "archspec-lacking[all]"'
    done = at.archspec("build", "mobilenet_v1", "-b", "lacking")
    assert done.code == 2
    assert done.err.endswith(f"needs nowhere.at_all, not installed here: {remedy}\n")
    assert f"needs nowhere.at_all (archspec-lacking 2.0): {remedy}" in at.archspec("doctor").out
