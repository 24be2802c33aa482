"""One network of each family of the zoo, built and generated, at a small input; `make zoo` takes all of them, and every
graph of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.zoo import in_keras, in_torch
from tests.zoo.in_keras import Alone
from tests.zoo.subjects import Found, families, subject

# fewer rows of the same kinds where a family is deep, and no classifier where it is nearly all of the weights
SMALLER: Mapping[str, Mapping[str, Any]] = {
    "vgg16_keras": {"top": "none"},
    "convnext_tiny": {"depths": (1, 1, 2, 1), "widths": (16, 32, 48, 64)},
    "convnext_tiny_keras": {"depths": (1, 1, 2, 1), "widths": (16, 32, 48, 64)},
    "densenet121": {"depths": (2, 1, 2, 1)},
    "densenet121_keras": {"depths": (2, 1, 2, 1)},
    "efficientnet_b0": {"depth": 0.4},
    "efficientnet_b0_keras": {"depth": 0.4},
    "efficientnet_v2_s": {
        "stages": ((True, 1, 1, 24, 2), (True, 4, 2, 32, 2), (False, 4, 2, 48, 2))
    },
    "efficientnet_v2_b0_keras": {"depth": 0.4},
    "nasnet_mobile": {"cells": 1, "penultimate": 528},
    "regnet_y_400mf": {"depth": 6, "slope": 60.0},
    "resnet50_keras": {"depths": (1, 2, 2, 1)},
    "resnet50_v2": {"depths": (1, 2, 2, 1)},
}
LARGE = ("alexnet", "vgg11")  # a gigabyte of dense weights: left to `make zoo`
WITHOUT_GRAPHS = ("inception_resnet_v2", "inception_v3", "inception_v3_keras")  # minutes each
# TensorFlow traces each model several times: of the others only `make zoo` asks
IN_KERAS = (
    "densenet121",
    "efficientnet_lite0",
    "googlenet",
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "nasnet_mobile",
    "resnet18",
    "squeezenet1_0",
    "xception",
)
NAMES = [name for name in families() if name not in LARGE]


def right(found: Found) -> None:
    assert found.figures
    assert not found.faults, "\n".join(found.faults)


def graphs(name: str) -> list[in_torch.Pair]:
    """One of the two models, one of the two graphs: the families take turns, for each pair is one of the slowest."""
    turn = NAMES.index(name) % len(in_torch.PAIRS)
    return [] if name in WITHOUT_GRAPHS else [in_torch.PAIRS[turn]]


@pytest.mark.parametrize("name", NAMES)
def test_torch(name: str, tmp_path: Path) -> None:
    """One state dict, the same bits, one graph for `torch.compile` or `torch.export`."""
    one = subject(name, **SMALLER.get(name, {}))
    right(in_torch.checked(one, tmp_path, graphs=graphs(name)))


def test_every_pair_has_its_turn() -> None:
    turns = [pair for name in NAMES for pair in graphs(name)]
    assert min(turns.count(pair) for pair in in_torch.PAIRS) >= 4


@pytest.fixture(scope="module")
def other() -> Iterator[Alone]:
    with Alone() as process:
        yield process


@pytest.mark.parametrize("name", IN_KERAS)
def test_keras(name: str, tmp_path: Path, other: Alone) -> None:
    """The same weights in order, the same logits, and so after saving, cloning and configuring."""
    right(in_keras.checked(subject(name, **SMALLER.get(name, {})), tmp_path, other))
