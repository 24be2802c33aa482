"""An ONNX file run by onnx's own reference evaluator, in float64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from archspec.lowering.backend import alone, several
from archspec.weights.check import WeightsError
from archspec.weights.files.onnx_file import parsed


def outputs(path: Path, inputs: Any) -> Any:
    """What a file's network gives for a batch in the spec's layout; several inputs and outputs are tuples, in order.

    Raises WeightsError.
    """
    from onnx.reference import ReferenceEvaluator

    model = _widened(path)
    names = {t.name for t in model.graph.initializer}
    ports = [value for value in model.graph.input if value.name not in names]
    batches = several(inputs)
    if len(ports) != len(batches):
        text = f"{len(ports)} values enter it, {len(batches)} the network"
        raise WeightsError([text], f"{path} cannot be run")
    fitted = [_fitted(path, *pair) for pair in zip(ports, batches, strict=True)]
    single, count = any(one for _, one in fitted), len(batches[0])
    cuts = [slice(k, k + 1) for k in range(count)] if single else [slice(None)]
    try:
        run: Any = ReferenceEvaluator(model).run
        named = [(value.name, batch) for value, (batch, _) in zip(ports, fitted, strict=True)]
        rows = [run(None, {name: batch[cut] for name, batch in named}) for cut in cuts]
        return alone([np.concatenate(parts) for parts in zip(*rows, strict=True)])
    except Exception as error:  # an evaluator written in Python may raise anything over a model that it does not know
        raise WeightsError(
            [f"{type(error).__name__}: {error}"[:300]], f"{path} cannot be run"
        ) from None


def _widened(path: Path) -> Any:
    """The model with every float32 as float64; tensors outside the file are read."""
    from onnx import TensorProto, numpy_helper

    from archspec.weights.files.onnx_file import tensor

    model = parsed(path)
    constants = [
        a
        for n in model.graph.node
        if n.op_type == "Constant"
        for a in n.attribute
        if a.name == "value"
    ]
    for proto in [*model.graph.initializer, *(a.t for a in constants)]:
        if proto.data_type == TensorProto.FLOAT:
            array = np.asarray(tensor(path, proto)).astype(np.float64)
            proto.CopyFrom(numpy_helper.from_array(array, proto.name))
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    return model


def _fitted(path: Path, port: Any, inputs: Any) -> tuple[Any, bool]:
    """The batch in the file's layout, and whether the file takes one sample at a time."""
    sizes = [d.dim_value for d in port.type.tensor_type.shape.dim]
    for batch in (inputs, np.moveaxis(inputs, -1, 1)):
        pairs = zip(sizes[1:], batch.shape[1:], strict=False)
        if len(sizes) == batch.ndim and all(size in (0, own) for size, own in pairs):
            return np.ascontiguousarray(batch), sizes[0] == 1
    raise WeightsError(
        [f"it takes {tuple(sizes[1:])}: --input"], f"{path} takes another input than the network's"
    )
