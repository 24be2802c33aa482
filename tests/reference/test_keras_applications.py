"""Against networks that nobody here wrote: keras.applications, with one set of random weights carried over."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.parity.ways import Failure, GeneratedFile, Job, models
from archspec.workflows import listing
from tests.reference.carrying import carry
from tests.reference.doubles import exact

FIGURES = json.loads((Path(__file__).parent / "figures" / "keras_applications.json").read_text())
PREFIX = "keras.applications."
BACKENDS = ("keras", "torch")
BOUND = 1e-10
# the smallest network of each family, and widths of two of them: spec, size, settings, arguments of the builder
LOGITS: list[Any] = [
    ("mobilenet_v1_keras", (100, 90), {"width": 0.25}, {"alpha": 0.25}),
    ("mobilenet_v1_keras", (97, 75), {"width": 0.75}, {"alpha": 0.75}),
    ("mobilenet_v2_keras", (100, 90), {"width": 0.35}, {"alpha": 0.35}),
    ("mobilenet_v2_keras", (75, 97), {"width": 1.3}, {"alpha": 1.3}),
]
ALPHAS = [
    *(("mobilenet_v1_keras", alpha) for alpha in (0.25, 0.5, 0.75)),
    *(("mobilenet_v2_keras", alpha) for alpha in (0.35, 0.5, 0.75, 1.3, 1.4)),
]
SMALLEST = {
    "mobilenet_v3_small_keras": (61, 90),
    "vgg16_keras": (45, 58),
    "resnet50_keras": (45, 58),
    "resnet50_v2": (45, 58),
    "densenet121_keras": (45, 58),
    "xception": (71, 90),
    "inception_v3_keras": (75, 90),
    "inception_resnet_v2": (75, 90),
    "nasnet_mobile": (45, 58),
    "efficientnet_b0_keras": (45, 58),
    "efficientnet_v2_b0_keras": (45, 58),
    "convnext_tiny_keras": (33, 46),
}
LOGITS += [(name, size, {}, {}) for name, size in SMALLEST.items()]


@cache
def variants() -> dict[str, str]:
    """The zoo's network for each builder of keras.applications."""
    entries = [e for e in listing.entries() if (e.reference or "").startswith(PREFIX)]
    found = {str(e.reference).removeprefix(PREFIX): e.name for e in entries}
    assert len(found) == len(entries)
    return found


@contextmanager
def policy(dtype: str) -> Iterator[None]:
    import keras

    before = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(dtype)
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])


def published(name: str, dtype: str, **options: Any) -> Any:
    """The model that a spec's reference builds, its weights its own fresh ones, its output logits."""
    import keras

    reference = archspec.load(name).document.reference
    assert reference is not None
    builder = getattr(keras.applications, reference.removeprefix(PREFIX))
    with policy(dtype):
        return builder(weights=None, classifier_activation=None, **options)


def test_every_builder_is_in_the_zoo() -> None:
    assert set(variants()) == set(FIGURES)
    assert len(FIGURES) == 40


@pytest.mark.parametrize("builder", FIGURES)
def test_counts_equal_the_published(builder: str) -> None:
    network, figures = archspec.load(variants()[builder]), FIGURES[builder]
    assert network.params.total == figures["total"]
    assert network.params.trainable == figures["trainable"]
    assert all(a in (b, None) for a, b in zip(figures["input"], network.input_shape, strict=True))


@pytest.mark.parametrize(("spec", "alpha"), ALPHAS)
def test_counts_equal_the_published_at_other_widths(spec: str, alpha: float) -> None:
    network = archspec.load(spec, width=alpha)
    model = published(spec, "float32", alpha=alpha, input_shape=network.input_shape)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert network.params.total == model.count_params()
    assert network.params.trainable == trainable


@pytest.mark.parametrize(("spec", "size", "settings", "options"), LOGITS)
def test_logits_equal_the_published(
    tmp_path: Path, spec: str, size: tuple[int, int], settings: Any, options: Any
) -> None:
    shape = (*size, 3)
    network = archspec.load(spec, input=shape, classes=10, top="logits", **settings)
    weights = network.random_weights(0, "float64")
    inputs = pixels(network, 2)
    theirs = exact(published(spec, "float64", input_shape=shape, classes=10, **options))
    expected: Any = None
    for name in BACKENDS:
        backend, printed = ready(name), network.printed(name)
        text = GeneratedFile(printed.text, printed.model)
        job = Job(name, network.graph, text, weights, inputs, "float64", tmp_path)
        for way, model in models(backend, job, backend.lower(network.graph)):
            assert not isinstance(model, Failure), model
            if expected is None:
                carry(model, theirs)
                imported = network.import_weights(theirs)  # by what feeds what: no map, no order
                assert list(imported) == list(weights)
                kept = {n: np.trunc(w) if n.endswith(".count") else w for n, w in weights.items()}
                assert all(np.array_equal(imported[n], kept[n]) for n in kept)  # counts are whole
                expected = np.asarray(theirs(inputs, training=False))
                assert expected.std() > 1e-3
                assert np.abs(expected[0] - expected[1]).max() > 1e-5
            output = backend.run(model, inputs)
            assert np.abs(output - expected).max() <= BOUND * np.abs(expected).max(), way
            del model
            gc.collect()


def pixels(network: archspec.Network, count: int) -> Any:
    """A batch as the network takes it: pixels from 0 to 255 where it scales them itself, else around 0."""
    random = np.random.default_rng(1)
    shape = (count, *network.input_shape)
    first = next(iter(network.graph.nodes()))
    if first.op.name == "rescale":
        return random.integers(0, 256, shape).astype(np.float64)
    return random.standard_normal(shape, dtype=np.float32).astype(np.float64)
