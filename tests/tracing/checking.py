"""A network's models, built and generated, traced at one size and run at two; what comes out against the model."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
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
from tests.zoo.subjects import BATCH, DTYPE, SIZES, Found, Subject, subject

EXACT = 0.0
ONNX = 1e-6  # the attributes of its operators, slopes and epsilons, are of single precision
FREE = ("batch, height and width", "batch")
# cells of height and width: sizes at which `same` pads otherwise, the second for sums that keep a size's remainder
MORE = ((13, 6), (24, 32))
# what the exporter of `dynamo=False` cannot say in ONNX, by the words with which it refuses
LIMITS = {
    "adaptive_avg_pool2d": "ONNX has no adaptive pooling: its size must be known, and a multiple",
    "batch_norm for unknown channel size": "behind local response norm the channels are unknown",
}

# At 38 x 45 PyTorch gives up on an inequality where a window of the last pool reaches past the end, and an image comes
# down to one row, a size that `torch.export` takes as fixed.
LARGER = ("googlenet", "xception")


@dataclass
class Traced(Found):
    """`refused`: what cannot be, by tracer and model, and why."""

    refused: dict[str, str] = field(default_factory=dict)


def own(path: str, **variables: Any) -> Subject:
    """A spec that is no network of the zoo, with random weights and inputs."""
    network = archspec.load(path, **variables)
    shapes = network.input_shapes.values()
    return Subject(network, network.random_weights(0, DTYPE), alone(_drawn(shapes, BATCH)))


def found_by_name(name: str, **variables: Any) -> Subject:
    """A network of the zoo at its smallest size, or a spec by its path."""
    if name.endswith(".yaml"):
        return own(name, **variables)
    return subject(name, SIZES[1:] if name in LARGER else SIZES, **variables)


def checked(one: Subject, folder: Path, tracers: Sequence[str] = tuple(ways.TRACERS)) -> Traced:
    """Every tracer on both models; a fault is what it refuses and what comes out differently."""
    found = Traced()
    for way in WAYS:
        model = made_model(way, one, folder)
        for name in tracers:
            moved, sizes = _moved(model, one)
            with torch.no_grad(), _quiet():
                try:
                    _trace(found, name, way, model, one, moved, sizes=sizes)
                except Exception as error:  # a tracer refuses in many ways
                    found.faults.append(f"{name} {way}: {type(error).__name__}: {_short(error)}")
    return found


def _trace(
    found: Traced,
    name: str,
    way: str,
    model: nn.Module,
    one: Subject,
    moved: ways.Batches,
    *,
    sizes: bool,
) -> None:
    """One tracer on one model; where ONNX must know the size, only the batch is free."""
    given = tensors.batches(one.inputs)
    try:
        run = ways.TRACERS[name](model, given, sizes)
    except Exception as error:
        reason = next((why for words, why in LIMITS.items() if words in str(error)), "")
        if not reason:
            raise
        found.refused[f"{name} {way}"] = reason
        if sizes:
            _trace(found, name, way, model, one, _more(one, 0, 0), sizes=False)
        return
    differ = max(_apart(run(x), ways.itself(model)(x)) for x in (given, moved))
    limit = ONNX if name == "onnx" else EXACT
    what = f"{name} {way}, free {FREE[0] if sizes else FREE[1]}"
    found.figures[what] = differ
    found.expect(differ <= limit, f"{what}: {differ:.1e} apart, {limit:.0e} allowed")


def _moved(model: nn.Module, one: Subject) -> tuple[ways.Batches, bool]:
    """What else a model is run with than it is traced with, and whether that has another height and width.

    Dense layers behind `flatten`, images that must fit others and files that say so fix the size: then the batch
    alone is another."""
    for cells in MORE:
        moved = _more(one, *cells)
        with torch.no_grad(), suppress(RuntimeError, AssertionError):
            model(*moved)
            return moved, True
    return _more(one, 0, 0), False


def _more(one: Subject, height: int, width: int) -> ways.Batches:
    """A larger batch, of images that are larger too."""
    shapes = [
        tuple(size + more for size, more in zip(shape[:-1], (height, width), strict=False))
        + shape[-1:]
        for shape in one.network.input_shapes.values()
    ]
    return tensors.batches(alone(_drawn(shapes, BATCH + 1)))


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
        with warnings.catch_warnings(), Path(os.devnull).open("wb") as nowhere:
            warnings.simplefilter("ignore")
            sys.stdout.flush()
            os.dup2(nowhere.fileno(), 1)
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        logging.disable(logging.NOTSET)
