"""Options and fixtures that all tests share."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import archspec
from archspec.api import Network
from archspec.lowering.backend import alone, ready
from archspec.parity.ways import Failure, GeneratedFile, Job, models

if TYPE_CHECKING:
    from archspec.lowering.plan import Plan

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

for name in ("NO_COLOR", "FORCE_COLOR"):  # messages are compared as they are without
    os.environ.pop(name, None)

# The suite tries the same cases each time, so that main stays green by more than luck; `make fuzz` tries others.
# Nothing of it depends on how fast the machine is: an example, and drawing one, may take as long as they take.
settings.register_profile(
    "suite",
    derandomize="ARCHSPEC_FUZZ" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

HERE = Path(__file__).parent
BACKENDS = ("torch", "keras")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def test_spec() -> Callable[[str], str]:
    """The path of a spec of the tests' own, or the name itself where the zoo has it."""

    def find(name: str) -> str:
        path = HERE / "specs" / f"{name}.yaml"
        return str(path) if path.exists() else name

    return find


@pytest.fixture(scope="session")
def page_maker() -> Callable[[str], Any]:
    """A script of docs/ that makes a page, as a module."""

    def load(name: str) -> Any:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / "docs" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def in_every_process() -> Callable[[str], bytes]:
    """What a program prints: the same bytes whatever the seed of Python's hashes."""

    def run(program: str) -> bytes:
        printed = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONHASHSEED": seed},
                check=True,
                capture_output=True,
            ).stdout
            for seed in ("0", "1", "4711")
        }
        assert len(printed) == 1
        return printed.pop()

    return run


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or write it with --update-golden."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: make golden"
        assert text == path.read_text(encoding="utf-8"), (
            f"{path.name} differs: make golden, read the diff"
        )

    return compare


@dataclass
class Ways:
    """Models of one network by name (`torch`, `torch source`, ...), all with the same random weights."""

    network: Network
    dtype: str
    weights: dict[str, Any]
    inputs: Any
    plans: dict[str, Plan] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    traces: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def backend(self, way: str) -> Any:
        return ready(way.split()[0])


Build = Callable[..., Ways]


@pytest.fixture(scope="session")
def ways(tmp_path_factory: pytest.TempPathFactory, test_spec: Callable[[str], str]) -> Build:
    """A function from a case - spec, dtype, input, variables - to all its models; each case is made once."""

    @cache
    def make(
        spec: str, dtype: str, size: tuple[int, ...] | None, settings: tuple[Any, ...]
    ) -> Ways:
        network = archspec.load(test_spec(spec), input=size, **dict(settings))
        weights = network.random_weights(0, dtype)
        random = np.random.default_rng(1)
        # values that float32 holds, so that an input layer of that type loses nothing
        shapes = network.input_shapes.values()
        drawn = [random.standard_normal((3, *shape), dtype=np.float32) for shape in shapes]
        inputs = alone([array.astype(dtype) for array in drawn])
        found = Ways(network, dtype, weights, inputs)
        for name in BACKENDS:
            backend = ready(name)
            plan = found.plans[name] = backend.lower(network.graph)
            printed = network.printed(name)
            found.texts[name] = printed.text
            text, folder = (
                GeneratedFile(printed.text, printed.model),
                tmp_path_factory.mktemp("generated"),
            )
            job = Job(name, network.graph, text, weights, inputs, dtype, folder)
            found.models |= models(backend, job, plan)
        failed = [model for model in found.models.values() if isinstance(model, Failure)]
        assert not failed, failed
        for way, model in found.models.items():
            backend = found.backend(way)
            found.outputs[way] = backend.run(model, inputs)
            found.traces[way] = backend.trace(model, found.plans[way.split()[0]], inputs)
        return found

    def of(
        spec: str, *, dtype: str = "float64", size: tuple[int, ...] | None = None, **settings: Any
    ) -> Ways:
        return make(spec, dtype, size, tuple(sorted(settings.items())))

    return of
