"""PyTorch -> canonical -> Keras -> canonical -> PyTorch: every bit of every weight of every spec, through files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec import shelf
from archspec.api import Network
from archspec.lowering.backend import ready
from archspec.weights.files import canonical_file

SPECS = sorted(
    {*shelf.files(), *(path.stem for path in (Path(__file__).parents[1] / "specs").glob("*.yaml"))}
)
# half a gigabyte of dense weights less; vgg keeps its own
SMALLER: dict[str, dict[str, Any]] = {"vgg_keras": {"top": "none"}}
FRAGILE = np.array(
    [-0.0, 1e-45, -1e-40, 3.4e38, 1 + 2**-23], np.float32
)  # what a detour would round


def fragile(network: Network) -> dict[str, Any]:
    """Random weights, each with values that are easily lost."""
    weights = network.random_weights(3)
    for array in weights.values():
        flat = array.reshape(-1)
        flat[: FRAGILE.size] = FRAGILE[: flat.size]
    return weights


def bits(weights: dict[str, Any]) -> dict[str, bytes]:
    return {name: np.ascontiguousarray(array).tobytes() for name, array in weights.items()}


@pytest.mark.parametrize("spec", SPECS)
def test_every_bit_comes_back(test_spec: Callable[[str], str], tmp_path: Path, spec: str) -> None:
    network = archspec.load(test_spec(spec), **SMALLER.get(spec, {}))
    weights = fragile(network)
    model: Any = network.build("torch", weights=weights)
    first = {name: value.clone() for name, value in model.state_dict().items()}
    for number, backend in enumerate(("torch", "keras", "torch")):
        chosen = ready(backend)
        model = network.build(backend, weights=weights)
        weights = chosen.dump(model, chosen.lower(network.graph))
        path = tmp_path / f"{number}.safetensors"
        canonical_file.write(path, network.graph, weights)
        weights = canonical_file.read(path, network.graph)
    assert bits(weights) == bits(fragile(network))
    last = model.state_dict()
    assert list(last) == list(first)
    for name, value in first.items():
        assert value.numpy().tobytes() == last[name].numpy().tobytes(), name


@pytest.mark.parametrize("spec", ["mobilenet_v2", "residuals", "mobilenet_v1_keras"])
def test_through_the_frameworks_own_files(
    test_spec: Callable[[str], str], tmp_path: Path, spec: str
) -> None:
    """Exported as a state dict, as `.pt`, as Keras's file; imported again from each."""
    from archspec.weights import exporting

    network = archspec.load(test_spec(spec))
    weights = fragile(network)
    for name, layout in (("a.safetensors", "torch"), ("a.pt", "torch"), ("a.weights.h5", "keras")):
        exporting.native(tmp_path / name, network.graph, weights, layout, None)
        assert bits(network.import_weights(tmp_path / name, layout=layout)) == bits(weights), name


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_from_live_models(test_spec: Callable[[str], str], backend: str) -> None:
    network = archspec.load(test_spec("residuals"))
    weights = fragile(network)
    model = network.build(backend, weights=weights)
    assert bits(network.import_weights(model)) == bits(weights)
    if backend == "torch":
        assert bits(network.import_weights(model.state_dict())) == bits(weights)


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_other_types(tmp_path: Path, dtype: str) -> None:
    """A model of another type; a file of another type. bfloat16 comes out as the float32 that holds it."""
    network = archspec.load("mobilenet_v1", width=0.25, classes=7)
    weights = network.random_weights(1, "float64")
    canonical_file.write(tmp_path / "w.safetensors", network.graph, weights, dtype)
    for backend in ("torch", "keras"):
        chosen = ready(backend)
        model = network.build(backend, weights=tmp_path / "w.safetensors", dtype=dtype)
        dumped = chosen.dump(model, chosen.lower(network.graph))
        assert bits(dumped) == bits(canonical_file.read(tmp_path / "w.safetensors", network.graph))
        loose = {"float64": 0.0, "float16": 1e-3, "bfloat16": 8e-3}[dtype]
        for name, value in weights.items():
            assert np.abs(dumped[name] - value).max() <= loose * np.abs(value).max()
