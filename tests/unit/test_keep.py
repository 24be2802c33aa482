"""Variables that stay arguments: one file is the network at each of their values."""

from __future__ import annotations

from typing import Any

import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.printing.replay import ReplayError, replay
from archspec.source import SpecError

BACKENDS = ("torch", "keras")


def replayed(text: str, model: str, backend: str, spec: str, settings: dict[str, Any]) -> int:
    """Hold a file, called with arguments, against the plan of the spec with these variables."""
    chosen = ready(backend)
    plan = chosen.lower(archspec.load(spec, **settings).graph)
    return replay(text, plan, model, chosen.syntax(plan).replayed(), settings)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("spec", ["mobilenet_v1", "mobilenet_v2", "efficientnet_lite0"])
def test_width_is_an_argument(spec: str, backend: str) -> None:
    printed = archspec.load(spec).printed(backend, keep=["width", "classes"])
    for width in (0.25, 0.35, 0.5, 0.75, 1.0, 1.3, 1.4):
        settings = {"width": width, "classes": 11}
        assert replayed(printed.text, printed.model, backend, spec, settings) > 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_classes_is_an_argument_by_default(backend: str) -> None:
    printed = archspec.load("mobilenet_v2").printed(backend)
    settings = {"classes": 3, "dropout": 0.5}
    assert replayed(printed.text, printed.model, backend, "mobilenet_v2", settings) > 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_rates_are_arguments_by_default(backend: str) -> None:
    printed = archspec.load("efficientnet_lite0").printed(backend)
    settings = {"classes": 3, "dropout": 0.5, "drop_path": 0.4}
    assert replayed(printed.text, printed.model, backend, "efficientnet_lite0", settings) > 150


TABLE = """
archspec: 1
name: small
vars: {depth: 1, rate: 0.2, classes: 4}
input: [8, 8, 3]
rows:
  - name: stages
    table:
      columns: [c, n]
      rows: [[4, 1], [6, 2]]
      let: {repeats: n * depth, drop: rate * row}
      each:
        - {type: conv, name: convs, kernel: 1, filters: c, repeat: repeats}
        - {type: dropout, name: drop, rate: drop}
  - {type: dense, name: classifier, units: classes}
"""


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("variable", ["depth", "rate"])
def test_a_variable_behind_a_column_is_not_lost_in_silence(backend: str, variable: str) -> None:
    """Columns are printed as numbers: who keeps what they hang on is told; who does not gets a file without it."""
    network = archspec.load(TABLE)
    with pytest.raises(SpecError) as caught:
        network.source(backend, keep=["classes", variable])
    assert "cannot be written with these variables as arguments" in str(caught.value)
    text = network.source(backend)
    assert "classes: int = 4" in text
    assert f"{variable}:" not in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_kept_is_refused_by_the_replay(backend: str) -> None:
    """The comparison can fail: a file for width 1 is not the network of width 0.5."""
    printed = archspec.load("mobilenet_v2").printed(backend)
    chosen = ready(backend)
    plan = chosen.lower(archspec.load("mobilenet_v2", width=0.5).graph)
    with pytest.raises(ReplayError):
        replay(printed.text, plan, printed.model, chosen.syntax(plan).replayed())


def test_what_cannot_be_kept_is_explained() -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load("mobilenet_v1").source("torch", keep=["nothing"])
    assert "has no variable `nothing`" in str(caught.value)
