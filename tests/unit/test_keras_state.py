"""Keras's global state changes nothing in what is built or generated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready


@pytest.fixture(params=["channels_first", "mixed_float16", "floatx"])
def disturbed(request: pytest.FixtureRequest) -> Iterator[str]:
    import keras

    config = keras.config
    before = config.image_data_format(), config.dtype_policy(), config.floatx()
    if request.param == "channels_first":
        config.set_image_data_format("channels_first")
    elif request.param == "mixed_float16":
        config.set_dtype_policy("mixed_float16")
    else:
        config.set_floatx("float16")
    yield request.param
    config.set_image_data_format(before[0])
    config.set_dtype_policy(before[1])
    config.set_floatx(before[2])


def test_global_state_changes_nothing(disturbed: str, tmp_path: Path) -> None:
    network = archspec.load("mobilenet_v2", width=0.35, classes=7, input=(50, 45, 3))
    backend: Any = ready("keras")
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(0).standard_normal((2, 50, 45, 3))
    built = network.build("keras", weights=weights, dtype="float64")
    printed = network.printed("keras")
    file = tmp_path / "generated.py"
    file.write_text(printed.text)
    source = backend.import_source(file, printed.model, "float64", network.input_shape)
    backend.load(source, backend.lower(network.graph), weights)
    torch: Any = ready("torch")
    expected = torch.run(network.build("torch", weights=weights, dtype="float64"), inputs)
    for model in (built, source):
        assert np.abs(backend.run(model, inputs) - expected).max() <= 1e-10 * np.abs(expected).max()
