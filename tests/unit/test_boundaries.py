"""Where the walls are: what a command imports, what the tables say of the frameworks, how far an operation reaches."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = {"torch", "keras", "tensorflow"}


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules that a command leaves in sys.modules; `metadata` if it looked for plug-ins, of anybody."""
    program = (
        "import sys\nfrom importlib import metadata\nlooked = set()\nfind = metadata.entry_points\n"
        "def entry_points(**group):\n    looked.add('metadata')\n    return find(**group)\n"
        "metadata.entry_points = entry_points\nfrom archspec.cli.main import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print('\\nmodules', *sorted({m.partition('.')[0] for m in sys.modules} | looked))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    last = found.stdout.splitlines()[-1].split()
    assert last[0] == "modules"
    return set(last[1:])


@pytest.mark.parametrize(
    "command",
    [
        ["validate", "mobilenet_v2"],
        ["summary", "mobilenet_v2"],
        ["summary", "mobilenet_v2", "--format", "json"],
        ["verify", "mobilenet_v1"],
        ["list"],
        ["completion", "bash"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_quick_commands_import_little(command: list[str], tmp_path: Path) -> None:
    modules = loaded_by(*(word.format(folder=tmp_path) for word in command))
    assert not modules & {*FRAMEWORKS, "jinja2", "safetensors", "numpy", "rich", "metadata"}
    assert "archspec" in modules


@pytest.mark.parametrize(
    "command",
    [["schema"], ["new", "a", "--from", "mobilenet_v1", "-o", "{folder}/a.yaml"]],
    ids=" ".join,
)
def test_the_schema_asks_for_plugged_in_operations_and_no_framework(
    command: list[str], tmp_path: Path
) -> None:
    """Also the one that `new` writes beside a spec."""
    modules = loaded_by(*(word.format(folder=tmp_path) for word in command))
    assert not modules & {*FRAMEWORKS, "jinja2", "safetensors", "numpy"}
    assert "metadata" in modules


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["explain"]])
def test_commands_without_a_spec_do_not_import_pydantic(command: list[str]) -> None:
    assert "pydantic" not in loaded_by(*command)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_generating_needs_no_framework(backend: str) -> None:
    modules = loaded_by("generate", "mobilenet_v2", "--backend", backend, "-o", "-")
    assert not modules & FRAMEWORKS
    assert {"jinja2", "metadata"} <= modules


def test_no_module_is_called_as_the_other_archspec_calls_its_own() -> None:
    """The distribution `archspec` (CPU detection) brings archspec.cpu, .cli and archspec/json, /vendor."""
    names = {path.stem for path in (ROOT / "archspec").iterdir()}
    assert not names & {"cpu", "json", "vendor"}


def test_nothing_of_a_spec_is_executed() -> None:
    """No eval, exec, from_string, pickle or getattr on text of a spec in product code."""
    for file in [*(ROOT / "archspec").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        for word in ("eval(", "exec(", "from_string", "import pickle", "yaml.load", "__import__"):
            found = [
                line
                for line in text.splitlines()
                if word in line and ".eval()" not in line and not line.lstrip().startswith("#")
            ]
            assert not found, f"{file}: {found}"


def test_adding_an_operation_is_one_file_and_two_rows() -> None:
    """The example of docs/adding-an-operation.md: where avg_pool is named in product code."""
    files = [*(ROOT / "archspec").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
    naming = {str(f.relative_to(ROOT)): f.read_text().count('"avg_pool"') for f in files}
    assert {name: count for name, count in naming.items() if count} == {
        "archspec/graph/ops/pool.py": 1,
        "backends/archspec_torch/tables/pool.py": 1,
        "backends/archspec_keras/tables/pool.py": 1,
    }


def test_every_operation_has_a_meaning_a_row_in_each_table_and_a_docstring() -> None:
    from archspec.graph.ops import operations
    from archspec.graph.ops.base import Operation
    from archspec_keras.tables import TABLE as KERAS
    from archspec_torch.tables import TABLE as TORCH

    known = {name for name, op in operations().items() if type(op).pieces is Operation.pieces}
    assert known == set(TORCH) == set(KERAS)
    assert {name for name, op in operations().items() if op.computes} == known
    assert all(op.__doc__ and op.__doc__.strip() for op in operations().values())


def test_reserved_names_are_torchs() -> None:
    from torch import fx, nn

    from archspec_torch.reserved import RESERVED

    classes = (nn.Module, nn.Sequential, fx.GraphModule)
    taken = {n for cls in classes for n in dir(cls) if not n.startswith("_")}
    assert taken <= RESERVED


def signature(target: Any) -> dict[str, Any] | None:
    try:
        found = inspect.signature(target)
    except (TypeError, ValueError):
        return None  # written in C++: it has none
    return {
        name: p
        for name, p in found.parameters.items()
        if name not in ("self", "input", "x", "tensor")
    }


SAME = {  # documented: None pads with 0
    ("F.pad", "value", None),
    ("ops.pad", "constant_values", None),
}


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_targets_are_the_frameworks_signatures(backend: str) -> None:
    """Positions and defaults that the printer drops are those of the installed framework."""
    from archspec_keras.backend import DIALECT as KERAS
    from archspec_torch.backend import DIALECT as TORCH

    checked = 0
    dialect = {"torch": TORCH, "keras": KERAS}[backend]
    for name, target in dialect.targets.items():
        if "." not in name:
            continue
        found = signature(dialect.resolve(name))
        if found is None:
            continue
        checked += 1
        if any(p.kind is p.VAR_POSITIONAL for p in found.values()):
            continue
        assert tuple(found)[: len(target.positional)] == target.positional, name
        for key, default in target.defaults:
            actual = found[key].default if key in found else None
            actual = actual[0] if actual == (1, 1) else actual  # Keras takes a pair or one number
            assert actual == default or (name, key, actual) in SAME, (name, key, actual)
    assert checked >= 8
