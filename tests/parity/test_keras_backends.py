"""Keras on each framework that it can compute with: `python -m tests.parity.keras_backends` takes more networks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import util
from pathlib import Path
from types import SimpleNamespace

import pytest

from archspec_keras import environment
from archspec_keras.backend import BACKEND
from tests.parity.keras_backends import ENGINES, missing, run

SETTINGS = {"floatx": "float32", "epsilon": 1e-7}


@pytest.mark.parametrize("engine", ENGINES)
def test_built_and_generated_are_the_network(engine: str) -> None:
    """In float64, to 1e-10; several outputs come in the spec's order."""
    if missing(engine):
        pytest.skip(f"{engine} is not installed")
    done = run(engine, "--few")
    assert done.returncode == 0, done.stdout + done.stderr
    figures = [float(figure) for figure in re.findall(r"worst (\S+)", done.stdout)]
    assert len(figures) == 3
    assert 0 < max(figures) <= 1e-10


Told = Callable[..., str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Told:
    """What Keras would compute with: before it is imported, with these packages, this variable and this keras.json."""

    def told(there: tuple[str, ...], variable: str = "", file: object = None) -> str:
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        monkeypatch.setenv("KERAS_BACKEND", variable)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        (tmp_path / "keras.json").write_text("{" if file is None else json.dumps(file))
        monkeypatch.setattr(util, "find_spec", lambda name: name if name in there else None)
        return environment.engine()

    return told


@pytest.mark.parametrize(
    ("there", "variable", "file", "engine"),
    [
        (ENGINES, "", None, "tensorflow"),
        (ENGINES, "torch", {"backend": "jax"}, "torch"),
        (ENGINES, "", {"backend": "jax"}, "jax"),
        (("torch",), "", {"backend": "tensorflow"}, "torch"),  # Keras writes the file itself
        (("torch", "jax"), "", ["backend"], "jax"),
        ((), "", None, "tensorflow"),
        (("torch",), "jax", None, "jax"),
    ],
)
def test_what_keras_computes_with(
    told: Told, there: tuple[str, ...], variable: str, file: object, engine: str
) -> None:
    assert told(there, variable, file) == engine
    assert BACKEND.requires == ("keras", engine)
    assert BACKEND.extra == (f"keras-{variable}" if variable else "keras")
    assert BACKEND.state.startswith(f"computes with {engine}")


def test_what_runs_already_stays(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(ENGINES, "jax") == "jax"
    running = SimpleNamespace(config=SimpleNamespace(backend=lambda: "torch"))
    monkeypatch.setitem(sys.modules, "keras", running)
    assert environment.engine() == "torch"
    assert BACKEND.state == "computes with torch; KERAS_BACKEND may say tensorflow or jax"


def command(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = {**os.environ, **variables}
    line = [sys.executable, "-m", "archspec", *words]
    return subprocess.run(line, env=environment, text=True, capture_output=True, check=False)


def test_an_engine_that_nobody_knows() -> None:
    done = command("build", "mobilenet_v1", "--backend", "keras", KERAS_BACKEND="abacus")
    assert done.returncode == 2
    expected = (
        "Keras is told to compute with abacus: set KERAS_BACKEND to one of tensorflow, jax, torch"
    )
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
