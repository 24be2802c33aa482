"""A network's models, built and generated, traced at one size and run at two; what comes out against the model."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import archspec
from archspec.lowering.backend import alone
from archspec_torch import tensors
from tests.tracing import ways
from tests.zoo.in_torch import WAYS, made_model
from tests.zoo.subjects import BATCH, DTYPE, Found, Subject, subject

EXACT = 0.0
ONNX = 1e-10  # another program computes
FREE = ("batch, height and width", "batch")
MORE = (0, 13, 6)  # batch, height and width: a size at which `same` has other cells


def own(path: str, **variables: Any) -> Subject:
    """A spec that is no network of the zoo, with random weights and inputs."""
    network = archspec.load(path, **variables)
    shapes = network.input_shapes.values()
    return Subject(network, network.random_weights(0, DTYPE), alone(_drawn(shapes, BATCH)))


def found_by_name(name: str, **variables: Any) -> Subject:
    """A network of the zoo at its smallest size, or a spec by its path."""
    return own(name, **variables) if name.endswith(".yaml") else subject(name, **variables)


def checked(one: Subject, folder: Path, tracers: Sequence[str] = tuple(ways.TRACERS)) -> Found:
    """Every tracer on both models; a fault is what it refuses and what comes out differently."""
    found = Found()
    for way in WAYS:
        model = made_model(way, one, folder)
        given, moved, sizes = _batches(model, one)
        told = FREE[0] if sizes else FREE[1]
        for name in tracers:
            what = f"{name} {way}, free {told}"
            with torch.no_grad(), _quiet():
                try:
                    run = ways.TRACERS[name](model, given, sizes)
                    differ = max(_apart(run(x), ways.itself(model)(x)) for x in (given, moved))
                except Exception as error:  # a tracer refuses in many ways
                    found.faults.append(f"{what}: {type(error).__name__}: {_short(error)}")
                    continue
            limit = ONNX if name == "onnx" else EXACT
            found.figures[what] = differ
            found.expect(differ <= limit, f"{what}: {differ:.1e} apart, {limit:.0e} allowed")
    return found


def _batches(model: nn.Module, one: Subject) -> tuple[ways.Batches, ways.Batches, bool]:
    """What a model is traced with, what else it is run with, and whether that has another height and width.

    Dense layers behind `flatten`, and images that must fit others, fix the size: then the batch alone is another."""
    given = tensors.batches(one.inputs)
    shapes = [
        tuple(size + more for size, more in zip(shape[:-1], MORE[1:], strict=False)) + shape[-1:]
        for shape in one.network.input_shapes.values()
    ]
    moved = tensors.batches(alone(_drawn(shapes, BATCH + 1)))
    with torch.no_grad():
        try:
            model(*moved)
        except RuntimeError:
            same = _drawn(one.network.input_shapes.values(), BATCH + 1)
            return given, tensors.batches(alone(same)), False
    return given, moved, True


def _drawn(shapes: Any, batch: int) -> list[Any]:
    random = np.random.default_rng(1)
    drawn = [random.standard_normal((batch, *shape), dtype=np.float32) for shape in shapes]
    return [array.astype(DTYPE) for array in drawn]


def _apart(found: list[Any], reference: list[Any]) -> float:
    """The largest difference of outputs relative to the largest value."""
    return max(
        float(np.abs(x - y).max() / max(np.abs(y).max(), 1e-300))
        for x, y in zip(found, reference, strict=True)
    )


def _short(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " / ".join(lines)[:300]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of tracers that PyTorch means to retire, and the graphs that they print."""
    logging.disable(logging.WARNING)
    kept = os.dup(1)
    try:
        with warnings.catch_warnings(), open(os.devnull, "wb") as nowhere:
            warnings.simplefilter("ignore")
            sys.stdout.flush()
            os.dup2(nowhere.fileno(), 1)
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        logging.disable(logging.NOTSET)

