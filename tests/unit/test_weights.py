"""Weights: canonical names, one stream a name, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.lowering.layouts import to_canonical, to_native
from archspec.weights.check import WeightsError
from archspec.weights.files import canonical_file

TABLE = (Path(__file__).parents[2] / "specs" / "mobilenet_v1.yaml").read_text()
INSERTED = "  - {type: separable, name: extra, stride: 1, filters: 128}\n"
BACKENDS = ("torch", "keras")


def same(first: dict[str, Any], second: dict[str, Any], names: list[str]) -> bool:
    return all(np.array_equal(first[name], second[name]) for name in names)


def test_inserting_a_row_changes_no_other_weight() -> None:
    lines = TABLE.splitlines(keepends=True)
    (at,) = [k for k, line in enumerate(lines) if "name: block3" in line]
    before = archspec.load(TABLE)
    after = archspec.load("".join([*lines[: at + 1], INSERTED, *lines[at + 1 :]]))
    for draw in ("init_weights", "random_weights"):
        first, second = getattr(before, draw)(3), getattr(after, draw)(3)
        names = [name for name in second if name not in first]
        assert {name.partition(".")[0] for name in names} == {"extra"}
        assert same(first, second, list(first))


def test_a_knob_changes_no_weight_that_keeps_its_shape() -> None:
    first = archspec.load("mobilenet_v1").init_weights()
    second = archspec.load("mobilenet_v1", classes=10, resolution=96).init_weights()
    assert list(first) == list(second)
    changed = [name for name in first if first[name].shape != second[name].shape]
    assert changed == ["classifier.kernel", "classifier.bias"]
    assert same(first, second, [name for name in first if name not in changed])


def test_seeds_and_types() -> None:
    network = archspec.load("mobilenet_v2", width=0.35)
    one, two = network.random_weights(0, "float64"), network.random_weights(1, "float64")
    assert all(not np.array_equal(one[name], two[name]) for name in one)
    assert all(array.dtype == np.float64 for array in one.values())
    single = network.random_weights(0, "float32")
    assert all(np.array_equal(single[n], one[n].astype(np.float32)) for n in one)


def test_every_role_is_random() -> None:
    """Comparisons with fresh weights cannot fail: none may be a constant here."""
    for name, array in archspec.load("mobilenet_v1").random_weights(0).items():
        assert array.std() > 0, name
        if name.endswith("variance"):
            assert array.min() > 0


def test_initial_values_follow_the_spec() -> None:
    """Fans as Keras counts them; He et al. 2015 without truncation, as PyTorch draws it."""
    weights = archspec.load("mobilenet_v2").init_weights(0, "float64")
    kernel = weights["head.kernel"]
    assert kernel.shape == (1, 1, 320, 1280)
    assert kernel.std() == pytest.approx((2 / 1280) ** 0.5, rel=0.01)
    assert weights["classifier.kernel"].std() == pytest.approx(0.01, rel=0.01)
    assert not weights["classifier.bias"].any()
    assert (weights["stem.norm.gamma"] == 1).all()
    glorot = archspec.load("mobilenet_v1").init_weights(0, "float64")["classifier.kernel"]
    limit = (6 / (1024 + 1000)) ** 0.5
    assert np.abs(glorot).max() <= limit
    assert glorot.std() == pytest.approx(limit / 3**0.5, rel=0.01)


@pytest.mark.parametrize("backend", BACKENDS)
def test_layouts_go_back(backend: str) -> None:
    network = archspec.load("mobilenet_v2", width=0.35)
    weights = network.random_weights(0)
    for name, _, slot in ready(backend).lower(network.graph).slots():
        native = to_native(weights[name], slot.layout)
        assert np.array_equal(to_canonical(native, slot), weights[name])


@pytest.mark.parametrize("backend", BACKENDS)
def test_load_and_dump_are_bit_exact(backend: str) -> None:
    network = archspec.load("mobilenet_v2", width=0.35, classes=7)
    chosen, weights = ready(backend), network.random_weights(5)
    model = network.build(backend)
    plan = chosen.lower(network.graph)
    chosen.load(model, plan, weights)
    dumped = chosen.dump(model, plan)
    assert list(dumped) == list(weights)
    assert same(dumped, weights, list(weights))


FAULTS = {
    "missing": lambda w: w.pop("stem.kernel"),
    "extra": lambda w: w.update(more=np.zeros(3, np.float32)),
    "shape": lambda w: w.update({"classifier.bias": np.zeros(6, np.float32)}),
    "transposed": lambda w: w.update({"classifier.kernel": w["classifier.kernel"].T}),
    "type": lambda w: w.update({"classifier.bias": np.zeros(7, np.int64)}),
    "nan": lambda w: w.update({"classifier.bias": np.full(7, np.nan, np.float32)}),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_loading_is_all_or_nothing(backend: str, fault: str) -> None:
    network = archspec.load("mobilenet_v2", width=0.35, classes=7)
    chosen = ready(backend)
    plan = chosen.lower(network.graph)
    model = network.build(backend)
    before = chosen.dump(model, plan)
    weights = network.random_weights(1)
    FAULTS[fault](weights)
    with pytest.raises(WeightsError) as caught:
        chosen.load(model, plan, weights)
    assert any(n in str(caught.value) for n in ("stem.kernel", "more", "classifier."))
    after = chosen.dump(model, plan)
    assert same(before, after, list(before))


def test_safetensors(tmp_path: Path) -> None:
    network = archspec.load("mobilenet_v1", width=0.25)
    weights = network.random_weights(2)
    canonical_file.write(tmp_path / "w.safetensors", network.graph, weights)
    found = canonical_file.read(tmp_path / "w.safetensors", network.graph)
    assert list(found) == list(weights)
    assert same(found, weights, list(weights))
    with pytest.raises(WeightsError):
        canonical_file.read(
            tmp_path / "w.safetensors", archspec.load("mobilenet_v1", width=0.5).graph
        )


@pytest.mark.parametrize("cut", [0, 4, 9, 200, -1])
def test_a_damaged_file_is_refused(tmp_path: Path, cut: int) -> None:
    network = archspec.load("mobilenet_v1", width=0.25)
    path = tmp_path / "w.safetensors"
    canonical_file.write(path, network.graph, network.init_weights())
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(WeightsError):
        canonical_file.read(path, network.graph)
