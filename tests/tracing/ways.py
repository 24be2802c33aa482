"""What PyTorch's tracers make of a model, run as the model itself: one function for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import CO_VARARGS
from io import BytesIO
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.export import Dim

from archspec.lowering.backend import several

Batches = Sequence[Tensor]
Run = Callable[[Batches], list[Any]]


def _arrays(outputs: Any) -> list[Any]:
    return [np.asarray(one.detach().numpy()) for one in several(outputs)]


def itself(model: nn.Module) -> Run:
    """The model as it is."""
    return lambda batches: _arrays(model(*batches))


def symbolic(model: nn.Module, batches: Batches, sizes: bool) -> Run:
    """`torch.fx.symbolic_trace`, on which torchvision's `create_feature_extractor` stands."""
    return itself(fx.symbolic_trace(model))


def scripted(model: nn.Module, batches: Batches, sizes: bool) -> Run:
    """`torch.jit.script`, saved and loaded again."""
    file = BytesIO()
    torch.jit.save(torch.jit.script(model), file)
    file.seek(0)
    return itself(torch.jit.load(file))


def exported(model: nn.Module, batches: Batches, sizes: bool) -> Run:
    """`torch.export` with free batch, height and width; one that it fixes is an error."""
    free = [{axis: Dim.DYNAMIC for axis in _free(batch, sizes)} for batch in batches]
    several_at_once = model.forward.__code__.co_flags & CO_VARARGS  # type: ignore[union-attr]
    shapes: Any = (tuple(free),) if several_at_once else tuple(free)
    return itself(torch.export.export(model, tuple(batches), dynamic_shapes=shapes).module())


def in_onnx(model: nn.Module, batches: Batches, sizes: bool) -> Run:
    """`torch.onnx.export` with free batch, height and width, run by onnx's own evaluator."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    file = BytesIO()
    names = [f"x{number}" for number in range(len(batches))]
    axes = {
        name: {axis: f"{name}_{axis}" for axis in _free(batch, sizes)}
        for name, batch in zip(names, batches, strict=True)
    }
    torch.onnx.export(
        model, tuple(batches), file, input_names=names, dynamic_axes=axes, dynamo=False
    )
    evaluator: Any = ReferenceEvaluator(onnx.load_from_string(file.getvalue()))

    def run(given: Batches) -> list[Any]:
        named = {name: batch.numpy() for name, batch in zip(names, given, strict=True)}
        return list(evaluator.run(None, named))

    return run


def _free(batch: Tensor, sizes: bool) -> list[int]:
    return [axis for axis in range(batch.dim()) if axis != 1 and (sizes or axis == 0)]


TRACERS: dict[str, Callable[[nn.Module, Batches, bool], Run]] = {
    "fx": symbolic,
    "script": scripted,
    "export": exported,
    "onnx": in_onnx,
}
