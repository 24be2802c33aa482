"""What PyTorch's tracers make of a model, run as the model itself: one function for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import CO_VARARGS
from io import BytesIO
from typing import Any

import numpy as np
import onnx
import torch
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from torch import Tensor, fx, nn
from torch.export import Dim
from torch.nn import functional as F

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


class MaxPool(OpRun):
    """That of the evaluator fails where the kernel is another for height than for width."""

    def _run(  # type: ignore[override]
        self, x: Any, kernel_shape: Any = None, pads: Any = None, strides: Any = None, **told: Any
    ) -> tuple[Any]:
        before, after = (pads or [0, 0, 0, 0])[:2], (pads or [0, 0, 0, 0])[2:]
        assert before == after
        ceil = bool(told.get("ceil_mode"))
        pooled = F.max_pool2d(torch.from_numpy(x), kernel_shape, strides, before, 1, ceil)
        return (pooled.numpy(),)


class Pad(OpRun):
    """That of the evaluator knows no cells that are cut off, which are negative."""

    def _run(  # type: ignore[override]
        self, x: Any, pads: Any, value: Any = None, axes: Any = None, **told: Any
    ) -> tuple[Any]:
        mode = told.get("mode") or "constant"
        assert mode == "constant"
        before, after = pads[: x.ndim], pads[x.ndim :]
        cells = [int(n) for pair in zip(before[::-1], after[::-1], strict=True) for n in pair]
        filler = float(np.asarray(0.0 if value is None else value).reshape(-1)[0])
        return (F.pad(torch.from_numpy(x), cells, value=filler).numpy(),)


def in_onnx(model: nn.Module, batches: Batches, sizes: bool) -> Run:
    """`torch.onnx.export` with free batch, height and width, run by onnx's own evaluator."""
    file = BytesIO()
    names = [f"x{number}" for number in range(len(batches))]
    axes = {
        name: {axis: f"{name}_{axis}" for axis in _free(batch, sizes)}
        for name, batch in zip(names, batches, strict=True)
    }
    torch.onnx.export(
        model, tuple(batches), file, input_names=names, dynamic_axes=axes, dynamo=False
    )
    proto = onnx.load_from_string(file.getvalue())
    evaluator: Any = ReferenceEvaluator(proto, new_ops=[MaxPool, Pad])

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
