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
@pytest.mark.parametrize("spec", ["mobilenet_v1", "mobilenet_v2"])
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
