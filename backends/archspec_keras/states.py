"""Weights of live Keras models, and what feeds what in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from archspec.weights.files.tensor_file import TensorFile
from archspec.weights.lazy_tensor import Index, LazyTensor
from archspec.weights.wiring import Wiring, WiringBuilder
from archspec_keras.values import plain


def of_model(model: keras.Model) -> TensorFile:
    """The tensors of a model by layer and attribute, in the order of its layers."""
    tensors = {name: _lazy(v) for name, v in _variables(model, "")}
    return TensorFile(model.name, tensors, "definition", wiring=_wiring(model))


def _wiring(model: keras.Model) -> Wiring:
    """What feeds what; nothing where a model does not tell, or holds other models than plain lists of layers."""
    calls = _calls(model)
    if any(
        isinstance(call.operation, keras.Model) and not _listed(call.operation) for call in calls
    ):
        return ()
    builder = WiringBuilder([id(tensor) for tensor in getattr(model, "inputs", ())])
    for call in calls:
        inputs = [id(tensor) for tensor in call.input_tensors]
        layers = tuple(_weighted(call.operation, ""))
        for output in call.output_tensors:
            joins = isinstance(call.operation, keras.layers.Concatenate)
            builder.add(id(output), inputs, layers, ordered=joins)
    return builder.wiring()


def _listed(operation: Any) -> bool:
    return isinstance(operation, keras.Sequential)


def _weighted(operation: Any, above: str) -> Iterator[str]:
    """The names of an operation's layers that have weights, as they are called in `_variables`."""
    if _listed(operation):
        for layer in operation.layers:
            yield from _weighted(layer, f"{above}{operation.name}/")
    elif any(True for _ in _own(operation)):
        yield f"{above}{operation.name}"


def _calls(model: keras.Model) -> list[Any]:
    """The calls that make a model's outputs, each after those that feed it."""
    calls: dict[int, Any] = {}
    waiting = [(output, False) for output in getattr(model, "outputs", None) or ()]
    while waiting:
        tensor, done = waiting.pop()
        operation, number, _ = tensor._keras_history
        call = operation._inbound_nodes[number]
        if done:
            calls.setdefault(id(call), call)
        elif id(call) not in calls:
            waiting.append((tensor, True))
            waiting += [(one, False) for one in call.input_tensors]
    return list(calls.values())


def _variables(model: keras.Model, above: str) -> Iterator[tuple[str, Any]]:
    """(name, variable) of every layer's own variables, inner models' too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _variables(layer, f"{above}{layer.name}/")
            continue
        for variable in _own(layer):
            yield f"{above}{layer.name}/{variable.name}", variable


def _own(layer: Any) -> Iterator[Any]:
    """The weights of a layer: the states of random generators are none."""
    for variable in getattr(layer, "variables", ()):
        counts = isinstance(layer, keras.layers.Normalization) and variable.name == "count"
        if counts or variable.dtype.startswith(("float", "bfloat")):
            yield variable


def _lazy(variable: Any) -> LazyTensor:
    bfloat16 = variable.dtype == "bfloat16"
    count = variable.dtype.startswith("int")  # how many samples a Normalization has seen
    dtype = np.dtype("float32" if bfloat16 or count else variable.dtype)

    def fetch(index: Index) -> Any:
        return plain(variable.value[index] if index else variable).astype(dtype)

    return LazyTensor(tuple(variable.shape), dtype, fetch, "bfloat16" if bfloat16 else "")
