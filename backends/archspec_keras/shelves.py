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
from archspec.weights.shelf import HDF5, Shelf
from archspec.weights.stored import Index, Stored
from archspec_keras.tensors import defaults

ENDING = ".weights.h5"


def shelf(model: keras.Model) -> Shelf:
    """The tensors of a model by layer and attribute, in the order of its layers."""
    return Shelf(model.name, {name: _stored(v) for name, v in _variables(model, "")}, "definition")


def _variables(model: keras.Model, above: str) -> Iterator[tuple[str, Any]]:
    """(name, variable) of every layer's own variables, inner models' too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _variables(layer, f"{above}{layer.name}/")
            continue
        for variable in layer.variables:
            if variable.dtype.startswith(("float", "bfloat")):
                yield f"{above}{layer.name}/{variable.name}", variable


def _stored(variable: Any) -> Stored:
    bfloat16 = variable.dtype == "bfloat16"
    kind = np.dtype("float32" if bfloat16 else variable.dtype)

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
