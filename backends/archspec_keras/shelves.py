"""Weights of Keras models as shelves, Keras's own files of them, and models that others publish."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from archspec.files import replacing
from archspec.source import did_you_mean
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import HDF5, Shelf
from archspec.weights.matching.wiring import Weaver, Wiring
from archspec.weights.stored import Index, Stored
from archspec_keras.tensors import defaults

ENDING = ".weights.h5"


def shelf(model: keras.Model) -> Shelf:
    """The tensors of a model by layer and attribute, in the order of its layers."""
    tensors = {name: _stored(v) for name, v in _variables(model, "")}
    return Shelf(model.name, tensors, "definition", wiring=_wiring(model))


def _wiring(model: keras.Model) -> Wiring:
    """What feeds what; nothing where a model does not tell, or holds other models than plain lists of layers."""
    calls = _calls(model)
    if any(
        isinstance(call.operation, keras.Model) and not _listed(call.operation) for call in calls
    ):
        return ()
    weaver = Weaver([id(tensor) for tensor in getattr(model, "inputs", ())])
    for call in calls:
        fed = [id(tensor) for tensor in call.input_tensors]
        layers = tuple(_weighted(call.operation, ""))
        for output in call.output_tensors:
            joins = isinstance(call.operation, keras.layers.Concatenate)
            weaver.add(id(output), fed, layers, ordered=joins)
    return tuple(weaver.joints)


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
    found: dict[int, Any] = {}
    waiting = [(output, False) for output in getattr(model, "outputs", None) or ()]
    while waiting:
        tensor, done = waiting.pop()
        operation, number, _ = tensor._keras_history
        call = operation._inbound_nodes[number]
        if done:
            found.setdefault(id(call), call)
        elif id(call) not in found:
            waiting.append((tensor, True))
            waiting += [(one, False) for one in call.input_tensors]
    return list(found.values())


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


def _stored(variable: Any) -> Stored:
    bfloat16 = variable.dtype == "bfloat16"
    whole = variable.dtype.startswith("int")  # how many samples a Normalization has seen
    kind = np.dtype("float32" if bfloat16 or whole else variable.dtype)

    def fetch(index: Index) -> Any:
        return np.asarray(variable.value[index] if index else variable).astype(kind)

    return Stored(tuple(variable.shape), kind, fetch, "bfloat16" if bfloat16 else "")


def export(path: Path, model: keras.Model) -> None:
    """Write a model's weights; raises WeightsError for another ending, OSError."""
    if not path.name.endswith(ENDING):
        raise WeightsError([f"Keras wants it to end in {ENDING}"], f"{path} cannot be written")
    with replacing(path) as temporary:
        model.save_weights(temporary, overwrite=True)


def published(reference: str, options: Mapping[str, Any], source: Any) -> keras.Model:
    """`keras.applications.NAME` in float64, its output logits, with the weights of a file; raises WeightsError."""
    name = reference.rpartition(".")[2]
    builders = {key: made for key, made in vars(keras.applications).items() if key[:1].isupper()}
    if not reference.startswith("keras.") or name not in builders:
        hint = did_you_mean(name, builders)
        raise WeightsError(
            [f"{reference}{f'; {hint}' if hint else ''}"], "keras.applications has no such builder"
        )
    if not isinstance(source, Path) or source.suffix.lower() not in HDF5:
        raise WeightsError(
            [f"{source}: a file of Keras's own is needed"], "the import cannot be checked"
        )
    try:
        with defaults("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = builders[name](weights=None, classifier_activation=None, **options)
            made.load_weights(source)
    except (ValueError, TypeError, KeyError, OSError) as error:
        lines = [line.strip()[:200] for line in f"{error}".splitlines() if line.strip()][:2]
        told = ", ".join(f"{key}={value}" for key, value in options.items())
        lines.append(f"the builder was given {told}; more with --with NAME=VALUE")
        raise WeightsError(lines, f"{source} is not {reference}'s") from None
    return made
