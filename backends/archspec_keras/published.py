"""Models of keras.applications with the weights of a file, to prove an import against."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from archspec.source import did_you_mean
from archspec.weights.check import WeightsError
from archspec_keras.hdf5_file import FORMAT
from archspec_keras.tensors import settings


def published(reference: str, options: Mapping[str, Any], source: Path) -> keras.Model:
    """`keras.applications.NAME` in float64, its output logits, with the weights of a file; raises WeightsError."""
    name = reference.rpartition(".")[2]
    builders = {key: value for key, value in vars(keras.applications).items() if key[:1].isupper()}
    if not reference.startswith("keras.") or name not in builders:
        hint = did_you_mean(name, builders)
        raise WeightsError(
            [f"{reference}{f'; {hint}' if hint else ''}"], "keras.applications has no such builder"
        )
    if source.suffix.lower() not in FORMAT.endings:
        raise WeightsError(
            [f"{source}: a file of Keras's own is needed"], "the import cannot be checked"
        )
    try:
        with settings("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = builders[name](weights=None, classifier_activation=None, **options)
            model.load_weights(source)
    except (ValueError, TypeError, KeyError, OSError) as error:
        lines = [line.strip()[:200] for line in f"{error}".splitlines() if line.strip()][:2]
        arguments = ", ".join(f"{key}={value}" for key, value in options.items())
        lines.append(f"the builder was given {arguments}; more with --with NAME=VALUE")
        raise WeightsError(lines, f"{source} is not {reference}'s") from None
    return model
