"""Sizes that a spec takes from a value follow it: a model at another image size is the spec's network at that size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready, several

ASPP = """\
archspec: 1
name: aspp
vars: {classes: 3, size: 33}
defaults:
  conv: {padding: same, bias: false, norm: batch_norm, activation: relu}
input: [size, size, 3]
rows:
  - {type: conv, name: s1, kernel: 3, stride: 2, filters: 6}
  - {type: conv, name: s2, kernel: 3, stride: 2, filters: 8}
  - name: aspp
    parallel:
      one: [{type: conv, name: c, kernel: 1, filters: 4}]
      pooled:
        - {type: global_avg_pool, name: gap, keepdims: true}
        - {type: conv, name: c, kernel: 1, filters: 4}
        - {type: resize, name: up, method: bilinear, size: "[s2.height, s2.width]"}
      grown:
        - {type: max_pool, name: p, kernel: 2}
        - {type: resize, name: up, size: [input.height, input.width]}
    merge: concat
  - {type: resize, name: up, size: [s1.height, s1.width]}
  - {type: concat, name: low, from: [s1, prev]}
  - {type: conv, name: logits, kernel: 1, filters: classes, norm: none, activation: none, bias: true}
  - {type: resize, name: out, method: bilinear, size: "[size, size]"}
"""
UNET = """\
archspec: 1
name: unet
vars: {size: 18, classes: 2}
defaults:
  conv: {kernel: 3, padding: same, activation: relu}
input: [size, size, 1]
blocks:
  up:
    params: {filters}
    inputs: [x, skip]
    rows:
      - {type: conv_transpose, name: u, from: x, kernel: 3, stride: 2, filters: filters, padding: same}
      - {type: pad, name: q, value: 0.5, bottom: skip.height - prev.height, right: skip.width - prev.width}
      - {type: concat, name: c, from: [skip, prev]}
      - {type: conv, name: e, filters: filters}
rows:
  - {type: conv, name: d0, filters: 4}
  - {type: max_pool, name: p0, kernel: 2}
  - {type: conv, name: d1, filters: 8}
  - {type: max_pool, name: p1, kernel: 2}
  - {type: conv, name: d2, filters: 16}
  - {type: up, name: u1, from: [prev, d1], filters: 8}
  - {type: up, name: u0, from: [prev, d0], filters: 4}
  - {type: conv, name: out, kernel: 1, filters: classes, activation: none}
"""
CROPPED = """\
archspec: 1
name: cropped
vars: {size: 17}
input: [size, size, 2]
rows:
  - {type: conv, name: a, kernel: 3, padding: valid, filters: 4}
  - {type: max_pool, name: p, kernel: 2, stride: 2, padding: same}
  - {type: resize, name: up, scale: 2}
  - {type: crop, name: cut, bottom: prev.height - a.height, right: prev.width - a.width}
  - {type: add, name: sum, from: [a, prev]}
"""
SIZES = {"aspp": (33, 50), "unet": (18, 27), "cropped": (17, 22)}
SPECS = {"aspp": ASPP, "unet": UNET, "cropped": CROPPED}


def spec(name: str, folder: Path) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(SPECS[name])
    return path


def close(output: Any, wanted: Any) -> bool:
    first, second = several(output)[0], several(wanted)[0]
    return (
        first.shape == second.shape and np.abs(first - second).max() <= 1e-9 * np.abs(second).max()
    )


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("printed_at", [0, 1])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_at_another_size(backend: str, name: str, printed_at: int, tmp_path: Path) -> None:
    path = spec(name, tmp_path)
    here, there = SIZES[name][printed_at], SIZES[name][1 - printed_at]
    network, other = archspec.load(path, size=here), archspec.load(path, size=there)
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(1).standard_normal((2, *other.input_shape))
    chosen: Any = ready(backend)
    wanted = chosen.run(other.build(backend, weights=weights, dtype="float64"), inputs)

    printed = network.printed(backend)
    assert not printed.fallbacks
    file = tmp_path / f"{backend}_{name}.py"
    file.write_text(printed.text)
    made = chosen.import_source(file, printed.model, "float64", other.input_shape)
    chosen.load(made, chosen.lower(other.graph), weights)
    assert close(chosen.run(made, inputs), wanted)
    if backend == "torch":
        built = network.build(backend, weights=weights, dtype="float64")
        assert close(chosen.run(built, inputs), wanted)


@pytest.mark.parametrize("name", SIZES)
def test_both_frameworks_agree(name: str, tmp_path: Path) -> None:
    network = archspec.load(spec(name, tmp_path))
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(1).standard_normal((2, *network.input_shape))
    first, second = (
        ready(backend).run(network.build(backend, weights=weights, dtype="float64"), inputs)
        for backend in ("torch", "keras")
    )
    assert close(first, second)


def test_a_size_given_as_a_number_stays(tmp_path: Path) -> None:
    text = ASPP.replace('"[size, size]"', "[20, 20]")
    path = tmp_path / "fixed.yaml"
    path.write_text(text)
    printed = archspec.load(path).printed("torch").text
    assert "nn.Upsample(size=(20, 20)" in printed or "nn.Upsample(size=20" in printed
