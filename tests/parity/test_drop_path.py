"""Drop path in training: nothing, or a whole sample, scaled; at inference and at rate 0 the value itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready

BACKENDS = ("torch", "keras")
RATES = (0.1, 0.5, 0.9)
BATCH = 500


def models(folder: Path, size: tuple[int, ...], rate: float) -> dict[str, Any]:
    """One row of drop path, built and from source, by way."""
    spec = {
        "archspec": 1,
        "name": "dropped",
        "input": list(size),
        "rows": [{"type": "drop_path", "name": "drop", "rate": rate}],
    }
    network = archspec.load(spec)
    found: dict[str, Any] = {}
    for name in BACKENDS:
        backend, printed = ready(name), network.printed(name)
        file = folder / f"{name}_{rate}_{len(size)}.py"
        file.write_text(printed.text, encoding="utf-8")
        found[name] = network.build(name, dtype="float64")
        found[f"{name} source"] = backend.import_source(file, printed.model, "float64", size)
    return found


def seeded() -> None:
    import keras
    import torch

    torch.manual_seed(0)
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize("size", [(5, 4, 3), (7,)], ids=["image", "vector"])
@pytest.mark.parametrize("rate", RATES)
def test_whole_samples_are_dropped_or_scaled(
    tmp_path: Path, size: tuple[int, ...], rate: float
) -> None:
    seeded()
    inputs = np.random.default_rng(0).uniform(0.5, 1.5, (BATCH, *size))
    spread = (rate * (1 - rate) / BATCH) ** 0.5
    for way, model in models(tmp_path, size, rate).items():
        backend = ready(way.split()[0])
        assert np.array_equal(backend.run(model, inputs), inputs), way
        found = backend.run(model, inputs, training=True)
        kept = found.reshape(BATCH, -1).any(axis=1)
        assert np.abs(found[kept] - inputs[kept] / (1 - rate)).max() <= 1e-13 / (1 - rate), way
        assert not found[~kept].any(), way
        assert abs((~kept).mean() - rate) <= 5 * spread, way
        again = backend.run(model, inputs, training=True)
        assert not np.array_equal(again, found), way


def test_rate_0_leaves_no_layer(tmp_path: Path) -> None:
    network = archspec.load(
        {
            "archspec": 1,
            "name": "plain",
            "vars": {"rate": 0.0},
            "input": [4, 4, 2],
            "rows": [
                {"type": "conv", "name": "conv", "kernel": 1, "filters": 2},
                {"type": "drop_path", "name": "drop", "rate": "rate"},
            ],
        }
    )
    assert [name for name, _ in network.build("torch").named_children()] == ["conv"]
    assert [layer.name for layer in network.build("keras").layers[1:]] == ["conv"]
    for backend in BACKENDS:
        assert "drop" not in network.source(backend).split('"""', 2)[2].lower()


def test_the_zoo_at_rate_0_is_plain() -> None:
    network = archspec.load("efficientnet_lite0", drop_path=0.0)
    kinds = {type(layer).__name__ for layer in network.build("torch").modules()}
    assert "DropPath" not in kinds
    rates = [node.attrs["rate"].value for node in network.graph.nodes() if "rate" in node.attrs]
    assert rates == [0.0] * 9 + [0.2]
    assert "DropPath" not in network.source("torch")
    assert "noise_shape" not in network.source("keras")


@pytest.mark.parametrize("backend", BACKENDS)
def test_rates_that_begin_at_0_are_written_in_the_loop(
    test_spec: Callable[[str], str], backend: str
) -> None:
    printed = archspec.load(test_spec("turns")).printed(backend)
    assert not printed.fallbacks
    assert "rate * (before_n + i) / 4 > 0" in printed.text


def test_rates_of_the_zoo_grow_by_equal_steps() -> None:
    """Google's: 0.2 * index / 16 for the block of that index, where its input is added."""
    network = archspec.load("efficientnet_lite0")
    dropped = {
        n.path: n.attrs["rate"].value for n in network.graph.nodes() if n.op.name == "drop_path"
    }
    indices = [2, 4, 6, 7, 9, 10, 12, 13, 14]
    assert list(dropped.values()) == pytest.approx([0.2 * index / 16 for index in indices])


@pytest.mark.parametrize(("backend", "ending"), [("torch", "pt2"), ("keras", "keras")])
@pytest.mark.parametrize("spec", ["drop_path", "activations", "squeeze_excite"])
def test_artefacts_load_back(
    test_spec: Callable[[str], str], tmp_path: Path, spec: str, backend: str, ending: str
) -> None:
    """Layers that a backend carries itself are known to the framework's own formats."""
    network, chosen = archspec.load(test_spec(spec)), ready(backend)
    model = network.build(backend)
    inputs = np.random.default_rng(0).standard_normal((4, *network.input_shape), np.float32)
    chosen.save(model, tmp_path / f"model.{ending}", inputs)
    restored = chosen.restore(tmp_path / f"model.{ending}")
    assert np.abs(chosen.run(restored, inputs) - chosen.run(model, inputs)).max() <= 1e-6
