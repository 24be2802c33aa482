"""keras.applications, from live models and from every kind of file that Keras writes: the published model's logits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.weights.check import WeightsError
from archspec.workflows.importing import check
from archspec_keras.tensors import settings

BUILDERS = {"mobilenet_v1_keras": "MobileNet", "mobilenet_v2_keras": "MobileNetV2"}
CASES = [
    ("mobilenet_v1_keras", 1.0, (64, 57, 3)),
    ("mobilenet_v1_keras", 0.25, (97, 75, 3)),
    ("mobilenet_v2_keras", 1.0, (57, 64, 3)),
    ("mobilenet_v2_keras", 0.35, (100, 90, 3)),
]
FILES = ("m.weights.h5", "m.keras", "m.h5")
Find = Callable[[str], str]


def published(spec: str, alpha: float, size: tuple[int, ...], dtype: str = "float64") -> Any:
    """The model of keras.applications, every weight of it random."""
    import keras

    with settings(dtype):
        builder = getattr(keras.applications, BUILDERS[spec])
        model = builder(
            input_shape=size, alpha=alpha, weights=None, classes=10, classifier_activation=None
        )
    random = np.random.default_rng(0)
    for layer in model.layers:
        depthwise = type(layer) is keras.layers.DepthwiseConv2D
        for variable in layer.weights:
            shape = tuple(variable.shape)
            reads = np.prod(
                shape[:2] if depthwise else shape[:-1]
            )  # cells, so that signals keep their size
            scale = {"beta": 1.0, "bias": 0.2, "moving_mean": 0.2}.get(variable.name, reads**-0.5)
            values = random.standard_normal(shape) * scale
            if variable.name in ("gamma", "moving_variance"):
                values = 1 + random.uniform(-0.5, 0.5, shape)
            variable.assign(values)
    return model


@pytest.mark.parametrize(("spec", "alpha", "size"), CASES)
def test_logits_of_a_live_model(
    test_spec: Find, spec: str, alpha: float, size: tuple[int, ...]
) -> None:
    network = archspec.load(test_spec(spec), width=alpha, classes=10, top="logits", input=size)
    model = published(spec, alpha, size)
    weights = network.import_weights(model)
    inputs = (
        np.random.default_rng(1).standard_normal((2, *size), dtype=np.float32).astype(np.float64)
    )
    expected = np.asarray(model(inputs, training=False))
    assert expected.std() > 1e-3
    for backend in ("torch", "keras"):
        found = ready(backend).run(network.build(backend, weights=weights, dtype="float64"), inputs)
        assert np.abs(found - expected).max() <= 1e-10 * np.abs(expected).max(), backend


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("spec", BUILDERS)
def test_files_hold_what_the_model_holds(test_spec: Find, tmp_path: Path, spec: str) -> None:
    """An optimiser's state and names of layers in the file; nothing but h5py reads it. `check` proves each."""
    size = (64, 57, 3)
    alpha = 0.35 if "v2" in spec else 0.25
    network = archspec.load(test_spec(spec), width=alpha, classes=10, top="logits", input=size)
    model = published(spec, alpha, size, "float32")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    expected = network.import_weights(model)
    for name in FILES:
        path = tmp_path / name
        model.save_weights(path) if name.endswith(".weights.h5") else model.save(path)
        found = network.import_weights(path)
        assert all(np.array_equal(found[n], expected[n]) for n in expected), name
        assert check(network, found, path, "keras", options={"alpha": alpha}) <= 1e-10
    wrong = {**found, "stem.norm.beta": found["stem.norm.beta"] + 0.01}
    with pytest.raises(WeightsError, match="logits differ by"):
        check(network, wrong, path, "keras", options={"alpha": alpha})


@pytest.mark.parametrize("name", FILES)
def test_exported_files_load_into_the_published_model(
    test_spec: Find, tmp_path: Path, name: str
) -> None:
    """Weights of ours, written over a copy of a file of theirs, and loaded by Keras."""
    import keras

    from archspec.weights import exporting

    spec, size = "mobilenet_v2_keras", (64, 57, 3)
    network = archspec.load(test_spec(spec), width=0.35, classes=10, top="logits", input=size)
    model = published(spec, 0.35, size, "float32")
    template, path = tmp_path / f"like_{name}", tmp_path / name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("absl.logging.warning", lambda *_: None)
        model.save_weights(template) if name.endswith(".weights.h5") else model.save(template)
    weights = network.random_weights(5)
    exporting.like(path, template, network.graph, weights, "keras")
    if name.endswith(".keras"):
        model = keras.saving.load_model(path)
    else:
        model.load_weights(path)
    found = network.import_weights(model)
    assert all(np.array_equal(found[n], weights[n]) for n in weights)
