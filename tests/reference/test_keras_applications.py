"""Against networks that nobody here wrote: keras.applications, with one set of random weights carried over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import archspec

BUILDERS = {"keras_mobilenet": "MobileNet", "keras_mobilenet_v2": "MobileNetV2"}
ALPHAS = {
    "keras_mobilenet": (0.25, 0.5, 0.75, 1.0),
    "keras_mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
}
COUNTS = [(spec, alpha) for spec, alphas in ALPHAS.items() for alpha in alphas]
LOGITS = [
    ("keras_mobilenet", 0.25, (100, 90, 3)),
    ("keras_mobilenet", 0.75, (97, 75, 3)),
    ("keras_mobilenet_v2", 0.35, (100, 90, 3)),
    ("keras_mobilenet_v2", 1.3, (75, 97, 3)),
]


@contextmanager
def policy(dtype: str) -> Iterator[None]:
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def published(spec: str, alpha: float, size: tuple[int, ...], dtype: str = "float32") -> Any:
    """The model of keras.applications, its weights its own fresh ones, its output logits."""
    import keras

    with policy(dtype):
        builder = getattr(keras.applications, BUILDERS[spec])
        return builder(input_shape=size, alpha=alpha, weights=None, classifier_activation=None)


def carry(ours: Any, theirs: Any) -> None:
    """Give the layers of `theirs` the weights of ours, in order; a 1x1 convolution may be our dense layer."""
    own = [layer for layer in ours.layers if layer.weights]
    other = [layer for layer in theirs.layers if layer.weights]
    assert len(own) == len(other)
    for mine, wanted in zip(own, other, strict=True):
        arrays = mine.get_weights()
        shapes = [tuple(weight.shape) for weight in wanted.weights]
        assert [int(np.prod(s)) for s in shapes] == [array.size for array in arrays]
        if type(mine) is type(wanted):
            assert shapes == [array.shape for array in arrays], wanted.name
        wanted.set_weights([a.reshape(s) for a, s in zip(arrays, shapes, strict=True)])


@pytest.mark.parametrize(("spec", "alpha"), COUNTS)
def test_counts_equal_the_published(
    test_spec: Callable[[str], str], spec: str, alpha: float
) -> None:
    network = archspec.load(test_spec(spec), alpha=alpha)
    model = published(spec, alpha, network.input_shape)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert network.params.total == model.count_params()
    assert network.params.trainable == trainable


@pytest.mark.parametrize(("spec", "alpha", "size"), LOGITS)
def test_logits_equal_the_published(
    ways: Any, spec: str, alpha: float, size: tuple[int, ...]
) -> None:
    settings = {"dropout": 0.0} if spec == "keras_mobilenet" else {}
    found = ways(spec, size=size, alpha=alpha, **settings)
    model = published(spec, alpha, size, "float64")
    carry(found.models["keras"], model)
    expected = np.asarray(model(found.inputs, training=False))
    assert np.abs(expected).max() > 1e-3
    for way, output in found.outputs.items():
        assert np.abs(output - expected).max() <= 1e-10 * np.abs(expected).max(), way
