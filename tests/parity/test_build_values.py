"""`build` holds the model that it made against the meaning of the spec: a model with the right shapes and other values
is a mismatch that names the first row at fault."""

from __future__ import annotations

import operator
from typing import Any

import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.workflows.building import Mismatch, build

SPEC = {
    "archspec": 1,
    "name": "small",
    "input": [6, 5, 3],
    "rows": [
        {
            "type": "conv",
            "name": "a",
            "kernel": 3,
            "filters": 4,
            "padding": "same",
            "norm": "batch_norm",
        },
        {"type": "conv", "name": "b", "kernel": 1, "filters": 4},
        {"type": "add", "name": "sum", "from": ["a", "b"]},
        {"type": "relu", "name": "act"},
    ],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_every_row_is_compared(backend: str, dtype: str) -> None:
    said: list[str] = []
    build(archspec.load(SPEC), backend, 0, dtype, said.append)
    assert "values of 5 of 5 rows as the spec means them" in "\n".join(said)


def test_what_a_file_gives_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    build(archspec.load(SPEC), "torch", 1, "float32", print)
    assert "as the spec means them, to 1e-04" in capsys.readouterr().out


def test_an_operator_with_another_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec_torch.build import OPERATORS

    monkeypatch.setitem(OPERATORS, "+", operator.sub)
    with pytest.raises(Mismatch, match=r":\d+:\d+: act has other values than the spec means"):
        build(archspec.load(SPEC), "torch", 0, "float32", print)


@pytest.mark.parametrize("layer", ["a.norm", "b"])
def test_a_layer_with_other_weights(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: Any = ready("torch")
    kind, made = type(chosen), type(chosen).build

    def changed(self: Any, *args: Any, **options: Any) -> Any:
        model = made(self, *args, **options)
        model.get_submodule(layer).weight.data.mul_(1.01)
        return model

    monkeypatch.setattr(kind, "build", changed)
    with pytest.raises(Mismatch, match=rf"{layer} has other values than the spec means"):
        build(archspec.load(SPEC), "torch", 0, "float32", print)
