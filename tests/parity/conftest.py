"""Five ways to the same network: prediction, both built models, both generated files."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.api import Network
from archspec.lowering.backend import ready
from archspec.lowering.plan import Plan

BACKENDS = ("torch", "keras")


def relative(found: Any, reference: Any) -> float:
    """Largest difference over the largest value of the reference."""
    assert found.shape == reference.shape
    return float(np.abs(found - reference).max() / max(np.abs(reference).max(), 1e-300))


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
    folder = tmp_path_factory.mktemp("generated")
    numbers = itertools.count()

    @cache
    def make(
        spec: str, dtype: str, size: tuple[int, ...] | None, settings: tuple[Any, ...]
    ) -> Ways:
        network = archspec.load(test_spec(spec), input=size, **dict(settings))
        weights = network.random_weights(0, dtype)
        random = np.random.default_rng(1)
        inputs = random.standard_normal((3, *network.input_shape), dtype=np.float32).astype(dtype)
        found = Ways(network, dtype, weights, inputs)
        for name in BACKENDS:
            backend = ready(name)
            plan = found.plans[name] = backend.lower(network.graph)
            printed = network.printed(name)
            file = Path(folder) / f"{network.name}_{name}_{next(numbers)}.py"
            file.write_text(printed.text, encoding="utf-8")
            found.texts[name] = printed.text
            source = backend.import_source(file, printed.model, dtype, network.input_shape)
            backend.load(source, plan, weights)
            found.models[name] = backend.build(network.graph, weights, dtype)
            found.models[f"{name} source"] = source
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
