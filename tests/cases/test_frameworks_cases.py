"""Networks that were another one in one framework, or under its settings.

Others stand elsewhere: two layers of one native path in tests/unit/test_native_names.py, values that `build` compares
in tests/parity/test_build_values.py, and tracing of built and generated PyTorch models, `same` padding with strides
above the kernel among them, in tests/tracing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch

import archspec
from archspec.api import Network
from archspec.lowering.backend import UnknownType, ready
from archspec.parity.comparing import compare
from archspec.parity.ways import GeneratedFile, Job
from archspec.parity.workers import in_process
from archspec_keras.tensors import settings

HERE = Path(__file__).parent / "frameworks"
FIRST = {"image_data_format": "channels_first", "floatx": "float32", "epsilon": 1e-7}
USED = """\
import sys
sys.path.insert(0, sys.argv[1])
import keras
from tinyc_keras import tinyc
assert keras.config.image_data_format() == "channels_first"
print(tinyc().count_params(), tinyc().output_shape)
"""


def case(name: str, **values: Any) -> Network:
    return archspec.load(HERE / f"{name}.yaml", **values)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., str]:
    """Runs Python where keras.json says channels_first."""
    (tmp_path / "keras.json").write_text(json.dumps({**FIRST, "backend": "tensorflow"}))

    def run(*words: str) -> str:
        environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
        line = [sys.executable, *words]
        done = subprocess.run(
            line, cwd=tmp_path, env=environment, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_keras_json_changes_no_network(shell: Callable[..., str], tmp_path: Path) -> None:
    """402 parameters; channels first there were 486, and nobody said so."""
    assert case("tinyc").params.total == 402
    built = shell(
        "-m", "archspec", "build", str(HERE / "tinyc.yaml"), "--backend", "keras", "--prove"
    )
    assert "the written file, run by itself: worst difference" in built
    assert "both under mixed_float16: worst difference" in built
    assert shell("-c", USED, str(tmp_path / "build")) == "402 (None, 2)\n"


def printed_otherwise(old: str, new: str) -> Callable[[Sequence[Job]], AbstractContextManager[Any]]:
    """An opening in which generated files say something else."""

    def opening(jobs: Sequence[Job]) -> AbstractContextManager[Any]:
        (job,) = jobs
        assert isinstance(job.file, GeneratedFile)
        assert old in job.file.text
        text = job.file.text.replace(old, new)
        return in_process([replace(job, file=replace(job.file, text=text))])

    return opening


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (', data_format="channels_last"', "", "expected"),
        (
            "    return keras.Model(inputs, x",
            '    x = x if keras.config.floatx() == "float64" else layers.Rescaling(2.0)(x)\n'
            "    return keras.Model(inputs, x",
            "under mixed_float16 it computes otherwise",
        ),
    ],
    ids=["images", "policy"],
)
def test_a_file_that_settings_change(old: str, new: str, said: str) -> None:
    report = compare(case("tinyc"), ["keras"], opening=printed_otherwise(old, new))
    assert {finding.ways for finding in report.findings} == {("keras source",)}
    assert said in report.findings[0].message
    assert compare(case("tinyc"), ["keras"], opening=in_process).equal


@pytest.fixture
def policy() -> Iterator[Callable[[str], None]]:
    """Sets Keras's dtype policy for one test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("name", "computes", "held"),
    [
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("bfloat16", "bfloat16", "bfloat16"),
        ("float64", "float64", "float64"),
    ],
)
def test_built_and_generated_follow_the_policy(
    policy: Callable[[str], None], tmp_path: Path, name: str, computes: str, held: str
) -> None:
    network = archspec.load("mobilenet_v2", input=(32, 32, 3), width=0.35, classes=5)
    weights = network.random_weights()
    file = tmp_path / "made.py"
    file.write_text(network.source("keras"))
    backend = ready("keras")
    made = backend.import_source(file, "mobilenet_v2", name, network.input_shape)
    backend.load(made, network.plan("keras"), weights)
    policy(name)
    built = network.build("keras", weights=weights)
    stated = network.build("keras", weights=weights, dtype=name)
    for model in (made, built, stated):
        assert {layer.compute_dtype for layer in model.layers[1:]} == {computes}
        assert {weight.dtype for weight in model.weights} == {held}
    inputs = np.random.default_rng(0).standard_normal((2, *network.input_shape), dtype=np.float32)
    first, *others = (backend.run(model, inputs) for model in (made, built, stated))
    assert np.isfinite(first).all()
    assert all(np.array_equal(first, other) for other in others)


def test_a_type_that_is_asked_for_is_had(policy: Callable[[str], None]) -> None:
    policy("mixed_float16")
    model = case("tinyc").build("keras", dtype="float32")
    assert {layer.compute_dtype for layer in model.layers[1:]} == {"float32"}


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize("name", ["int8", "float", "half", "mixed"])
def test_types_that_no_model_has(backend: str, name: str) -> None:
    with pytest.raises(UnknownType, match=f"has dtype '{name}': write .*float32"):
        case("tinyc").build(backend, dtype=name)


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_half_precision_is_built(backend: str) -> None:
    weights = case("tinyc").build(backend, dtype="bfloat16")
    held = weights.weights if backend == "keras" else weights.parameters()
    assert {str(one.dtype).removeprefix("torch.") for one in held} == {"bfloat16"}


@pytest.mark.parametrize(("name", "size"), [("aspp", 97), ("unet_pad", 45)])
def test_sizes_follow_the_image(name: str, size: int, tmp_path: Path) -> None:
    """Built and generated, traced and scripted; a model made for another size is that size's network."""
    network, other = case(name), case(name, size=size)
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(1).standard_normal((2, *other.input_shape))
    keras_backend, torch_backend = ready("keras"), ready("torch")
    wanted = torch_backend.run(other.build("torch", weights=weights, dtype="float64"), inputs)
    assert wanted.shape[1:] == other.output_shape

    built = network.build("torch", weights=weights, dtype="float64")
    image = torch.from_numpy(inputs.transpose(0, 3, 1, 2).copy())
    for model in (built, torch.fx.symbolic_trace(built)):
        found = model(image).detach().numpy().transpose(0, 2, 3, 1)
        assert np.abs(found - wanted).max() <= 1e-9 * np.abs(wanted).max()

    for backend in (keras_backend, torch_backend):
        file = tmp_path / f"{backend.name}.py"
        printed = network.printed(backend.name)
        file.write_text(printed.text)
        made = backend.import_source(file, printed.model, "float64", other.input_shape)
        backend.load(made, other.plan(backend.name), weights)
        found = backend.run(made, inputs)
        assert np.abs(found - wanted).max() <= 1e-9 * np.abs(wanted).max()


def test_a_shortcut_inside_a_shortcut() -> None:
    report = compare(case("shortcut_twice"), opening=in_process)
    assert report.equal, report.findings
    assert len(report.ways) == 4


def test_a_pool_that_keras_lacks_asks_for_no_setting() -> None:
    """A layer of archspec's own calls functions of Keras, which ask keras.json as well."""
    row = {"type": "avg_pool", "kernel": 3, "stride": 2, "padding": 1, "count_pad": False}
    spec = {"archspec": 1, "name": "pooled", "input": [9, 7, 3], "rows": [row]}
    network, backend = archspec.load(spec), ready("keras")
    inputs = np.random.default_rng(0).standard_normal((2, 9, 7, 3), dtype=np.float32)
    model = network.build("keras")
    wanted = backend.run(model, inputs)
    with settings("float32", "channels_first"):
        assert np.array_equal(backend.run(network.build("keras"), inputs), wanted)
        assert np.array_equal(backend.run(model, inputs), wanted)
