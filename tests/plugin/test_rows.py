"""What rows of a plug-in may call beside layers: functions of one value, of several, of a list, with imports of their
own. Declared here, as an entry point would, and compared in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import archspec
from archspec import plugins
from archspec.graph import ops
from archspec.graph.ops.base import Attrs, Operation
from archspec.graph.tensor import TensorType
from archspec.language.elaborate.formulas.attributes import language_words
from archspec.lowering.backend import ready
from archspec.lowering.dialect import Lowering
from archspec.lowering.plan import Step, Target, call
from archspec.plugins import BrokenPlugin, Plugin

CACHES = (plugins.survey, plugins.usable, ops._plugged, language_words)


def function(target: str, **args: Any) -> Callable[..., tuple[Step, ...]]:
    return lambda node, weights: (Step("", call(target, **args), "function"),)


class Sigmoid(Operation):
    """A function of one value, from a module that files do not import otherwise."""

    name = "expit"
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(
            function("special.expit"), {"special.expit": Target()}, {"special": "torch:special"}
        ),
        "keras": Lowering(function("ops.sigmoid"), {"ops.sigmoid": Target()}),
    }


class Larger(Operation):
    """A function of two values."""

    name = "larger"
    inputs = (2, 2)
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(function("torch.maximum"), {"torch.maximum": Target()}),
        "keras": Lowering(function("ops.maximum"), {"ops.maximum": Target()}),
    }


class Joined(Operation):
    """A function of a list of values."""

    name = "joined"
    inputs = (2, 8)
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(function("torch.hstack"), {"torch.hstack": Target(listed=True)}),
        "keras": Lowering(
            function("ops.concatenate", axis=-1),
            {"ops.concatenate": Target((), (("axis", 0),), listed=True)},
        ),
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        channels = inputs[0].channels
        for value in inputs[1:]:
            channels = channels + value.channels
        return inputs[0].with_axis("channels", channels)


class Contrary(Operation):
    """Its file would import another `F` than PyTorch's files do."""

    name = "contrary"
    rows: ClassVar[Mapping[str, Lowering]] = {
        "torch": Lowering(function("F.relu"), {"F.relu": Target()}, {"F": "torch.fft:fft"})
    }


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operations of this file as plug-ins of a package, beside whatever is declared."""
    before = plugins.declared

    def entry(kind: type[Operation]) -> Plugin:
        point = SimpleNamespace(load=lambda: kind, module="archspec_rows.operations")
        return Plugin("operation", kind.name, "archspec-rows", "3.0", point)

    mine = tuple(entry(kind) for kind in (Sigmoid, Larger, Joined, Contrary))
    monkeypatch.setattr(
        plugins, "declared", lambda kind: before(kind) + (mine if kind == "operation" else ())
    )
    for cached in CACHES:
        cached.cache_clear()
    yield
    for cached in CACHES:
        cached.cache_clear()


SPEC = """archspec: 1
name: rows
input: [12, 10, 4]
rows:
  - {type: conv, name: left, kernel: 3, filters: 6, padding: same}
  - {type: expit, name: bent}
  - {type: conv, name: right, kernel: 3, filters: 6, padding: same, from: left}
  - {type: larger, name: most, from: [bent, right]}
  - {type: joined, name: all, from: [left, most, bent]}
  - {type: conv, name: last, kernel: 1, filters: 3}
"""


def test_functions_agree(tmp_path: Path) -> None:
    network = archspec.load(SPEC)
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(0).standard_normal((3, *network.input_shape))
    outputs = {}
    for name in ("torch", "keras"):
        backend, printed = ready(name), network.printed(name)
        plan = backend.lower(network.graph)
        path = tmp_path / f"rows_{name}.py"
        path.write_text(printed.text)
        source = backend.import_source(path, printed.model, "float64", network.input_shape)
        backend.load(source, plan, weights)
        built = network.build(name, weights=weights, dtype="float64")
        outputs[name] = backend.run(built, inputs)
        assert np.abs(backend.run(source, inputs) - outputs[name]).max() <= 1e-13
    assert np.abs(outputs["torch"]).max() > 0.1
    assert np.abs(outputs["torch"] - outputs["keras"]).max() <= 1e-12


def test_functions_are_printed_as_people_write_them() -> None:
    network = archspec.load(SPEC)
    torch, keras = network.source("torch"), network.source("keras")
    assert "import torch\nfrom torch import Tensor, nn, special\n" in torch
    assert "= special.expit(" in torch
    assert "torch.hstack([" in torch
    assert "= ops.concatenate([" in keras
    assert ", axis=-1)" in keras


def test_an_import_cannot_change_its_meaning() -> None:
    spec = "archspec: 1\nname: a\ninput: [4, 4, 3]\nrows: [{type: contrary}]\n"
    with pytest.raises(BrokenPlugin, match=r"`contrary` of .* declares `F`, which is declared"):
        archspec.load(spec).source("torch")
