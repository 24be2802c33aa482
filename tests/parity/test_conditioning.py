"""Random weights show differences and do not make them: rounding stays rounding through the deepest network."""

from __future__ import annotations

import math

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.parity.comparing import samples
from archspec.weights.moments import BETA, GAMMA, moments

DEEP = ["efficientnet_v2_s", "regnet_y_400mf"]
SMALL, GROWN = 1e-12, 10.0


@pytest.mark.parametrize("name", DEEP)
def test_a_small_difference_of_the_input_stays_small(name: str) -> None:
    """Sums of residuals that double with each block made 1e8 of it in the first of these, and gates that flip."""
    network = archspec.load(name, input=(45, 58, 3), classes=10, top="logits")
    model = network.build("torch", weights=network.random_weights(0, "float64"), dtype="float64")
    inputs = samples(network.graph, 0, "float64")
    noise = np.random.default_rng(1).standard_normal(inputs.shape)
    expected = ready("torch").run(model, inputs)
    moved = ready("torch").run(model, inputs * (1 + SMALL * noise))
    largest = np.abs(expected).max()
    assert 0.1 < expected.std() < 30
    assert 0 < np.abs(moved - expected).max() <= GROWN * SMALL * largest


SPEC = """
archspec: 1
name: grows
input: [8, 8, 4]
rows:
  - {type: rescale, name: range, scale: 100}
  - {type: conv, name: stem, kernel: 1, filters: 4, norm: batch_norm, activation: relu}
  - residual: [{type: conv, name: body, kernel: 3, padding: same, filters: 4}]
    name: once
  - {type: relu, name: act}
  - {type: sigmoid, name: gate, from: once}
  - {type: multiply, name: gated, from: [act, gate]}
  - {type: batch_norm, name: norm}
"""


def test_what_enters_each_node() -> None:
    found = moments(archspec.load(SPEC).graph)
    behind = (GAMMA + BETA) / 2  # a norm, then a rectifier
    total = behind + 1  # and what a kernel gives
    assert found["range"] == found["stem"] == found["stem.norm"] == 1
    assert found["stem.act"] == GAMMA + BETA
    assert found["once.body"] == pytest.approx(behind)
    assert found["act"] == found["gate"] == pytest.approx(total)
    assert found["norm"] == pytest.approx(0.3 * total)


def test_weights_are_scaled_by_it() -> None:
    """A kernel gives values of one size whatever enters it, a norm's statistics are those of what it is given."""
    network = archspec.load(SPEC.replace("filters: 4", "filters: 400"), input=(8, 8, 400))
    weights = network.random_weights(0, "float64")
    entering = moments(network.graph)
    for name, reads in (("stem", 400), ("once.body", 3600)):
        kernel = weights[f"{name}.kernel"]
        assert kernel.std() == pytest.approx(1 / math.sqrt(reads * entering[name]), rel=0.02)
    assert weights["norm.variance"].mean() == pytest.approx(entering["norm"], rel=0.1)
