"""`archspec build`: what is built, what it is compared with, and what is written."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from archspec.api import Network
from archspec.exceptions import ArchspecError
from archspec.files import replacing
from archspec.lowering.backend import Backend, alone, ready, several
from archspec.lowering.layouts import native
from archspec.lowering.plan import Plan
from archspec.parity.reference import HALF, TOLERANCE, halved
from archspec.parity.rows import Rows, compare
from archspec.printing.source import Printed
from archspec.records import dataclass
from archspec.source import place
from archspec.terminal import printable
from archspec.weights.files import canonical_file
from archspec.workflows import writing


class Mismatch(ArchspecError):
    """Two things that are one network by promise and are not: a fault of archspec or of a plug-in."""

    fault = True


@dataclass(frozen=True, slots=True)
class Built:
    """A model that has been compared with its prediction. `given` weights are a file's; else they are random."""

    network: Network
    backend: Backend
    plan: Plan
    model: Any
    weights: dict[str, Any]
    inputs: Any
    outputs: Any
    from_file: bool = False


def build(
    network: Network,
    name: str,
    seed: int,
    dtype: str,
    say: Callable[[str], None],
    file: Path | None = None,
) -> Built:
    """The model with random weights, or those of a file, after a forward pass.

    Raises Mismatch, MissingFramework, SpecError, WeightsError, OSError.
    """
    backend = ready(name)
    plan = backend.lower(network.graph)
    weights = (
        canonical_file.read(file, network.graph) if file else network.random_weights(seed, dtype)
    )
    model = backend.build(network.graph, weights, dtype)
    inputs = sample(network, seed, dtype)
    outputs = backend.run(model, inputs)
    traced = backend.trace(model, plan, alone([array[:1] for array in several(inputs)]))
    _shapes(network, traced, outputs)
    _counts(network, backend.dump(model, plan), weights)
    rows = _values(network, weights, inputs, traced, outputs, dtype)
    params = network.params
    say(
        f"built {network.name} for {name}: {params.total:,} parameters ({params.trainable:,} trainable)"
    )
    say(f"  forward pass {_passed(network)}: {len(traced)} shapes as predicted")
    say(
        f"  values of {rows.compared} of {rows.all} rows as the spec means them, to {TOLERANCE[dtype]:.0e}"
    )
    return Built(network, backend, plan, model, weights, inputs, outputs, file is not None)


def sample(network: Network, seed: int, dtype: str) -> Any:
    """A random batch of two in the spec's layout, exact in float32; a tuple for several inputs."""
    random = np.random.default_rng(seed)
    shapes = network.input_shapes.values()
    drawn = [random.standard_normal((2, *shape), dtype=np.float32) for shape in shapes]
    return alone([array.astype(dtype) for array in drawn])


def _passed(network: Network) -> str:
    """The shapes of inputs and outputs as text."""
    ways = (network.input_shapes, network.output_shapes)
    return " -> ".join(
        ", ".join(
            f"{name} {shape}".strip() if len(way) > 1 else f"{shape}" for name, shape in way.items()
        )
        for way in ways
    )


def _shapes(network: Network, traced: dict[str, Any], outputs: Any) -> None:
    for node in network.graph.nodes():
        array = traced.get(node.path)
        if array is not None and array.shape[1:] != node.output.shape:
            raise Mismatch(f"{node.path}: {array.shape[1:]} instead of {node.output.shape}")
    shapes = network.output_shapes
    for (name, shape), array in zip(shapes.items(), several(outputs), strict=True):
        label = f"output {name}".rstrip()
        if array.shape[1:] != shape:
            raise Mismatch(f"{label} {array.shape[1:]} instead of {shape}")
        if not np.isfinite(array).all():
            raise Mismatch(f"the {label} is not finite")


def _values(
    network: Network,
    weights: dict[str, Any],
    inputs: Any,
    traced: dict[str, Any],
    outputs: Any,
    dtype: str,
) -> Rows:
    """Compare every row, on the values that the model gave it, with the meaning of the spec; raises Mismatch."""
    rows = compare(network.graph, weights, inputs, traced, outputs, TOLERANCE[dtype])
    if rows.wrong is not None:
        row = rows.wrong
        raise Mismatch(f"{place(row.span)}: {row.path} has other values than the spec means")
    return rows


def _counts(network: Network, dumped: dict[str, Any], weights: dict[str, Any]) -> None:
    total = sum(array.size for array in dumped.values())
    if total != network.params.total or dumped.keys() != weights.keys():
        raise Mismatch(f"{total:,} parameters instead of {network.params.total:,}")


def write(
    printed: Printed,
    path: Path,
    say: Callable[[str], None],
    warn: Callable[[str], None],
    *,
    force: bool = False,
) -> None:
    """Write the source, whole or not at all; raises Edited. `warn` says what is longer than it might be."""
    for fallback in printed.fallbacks:
        warn(f"{fallback}")
    lines = code_lines(printed.text)
    say(f"  source of {lines} lines of code: {printed.calls} calls replayed, all as planned")
    writing.write(path, printed.text, force=force)
    say(printable(f"wrote {path}"))


def code_lines(text: str) -> int:
    """Lines without docstrings, comments and blank ones."""
    import ast

    skipped: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not isinstance(body[0], ast.Expr):
            continue
        if isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
            skipped |= set(range(body[0].lineno, (body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(
        1 for n, line in lines if n not in skipped and line.strip() and line.strip()[0] != "#"
    )


def prove(
    built: Built, printed: Printed, path: Path, dtype: str, say: Callable[[str], None]
) -> float:
    """Run the written file in a child process with the same weights; the worst difference of the outputs.

    So it is under each of the backend's policies for numbers. Raises Mismatch where it is above 1e-10 (float64), 1e-4
    (float32) or, under a policy of half precision, 1e-2 of the largest output.
    """
    policies = getattr(built.backend, "policies", ())
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        arrays = {n: np.asarray(a, order="C") for n, a in native(built.plan, built.weights).items()}
        save_file(arrays, place / "native.safetensors")
        np.savez(place / "batch.npz", *several(built.inputs))
        (place / "plan.json").write_text(
            json.dumps(
                {
                    "file": str(path.resolve()),
                    "name": printed.model,
                    "dtypes": [dtype, *policies],
                }
            )
        )
        outputs, *others = _child(built, place, 1 + len(policies))
    difference = worst(outputs, built.outputs)
    limit = TOLERANCE[dtype]
    say(
        f"  the written file, run by itself: worst difference {difference:.1e} of the largest output"
    )
    if not difference <= limit:
        raise Mismatch(
            f"{path} differs from the built model by {difference:.1e} (allowed: {limit:.0e})"
        )
    for policy, found in zip(policies, others, strict=True):
        _held(built, policy, found, path, say)
    return difference


def _held(built: Built, policy: str, outputs: Any, path: Path, say: Callable[[str], None]) -> None:
    """Raises Mismatch where the written file and a built model differ under a policy for numbers."""
    model = built.backend.build(built.network.graph, built.weights, policy)
    expected = several(built.backend.run(model, built.inputs))
    difference = max(map(halved, several(outputs), expected))
    say(f"  both under {policy}: worst difference {difference:.1e} of the largest output")
    if not difference <= HALF:
        raise Mismatch(f"under {policy}, {path} differs from the built model by {difference:.1e}")


def _child(built: Built, place: Path, count: int) -> list[Any]:
    """The outputs of the written file for each type of numbers, from a process of its own; tuples of several."""
    code = Path(__file__).with_name("child.py")
    command = [sys.executable, str(code), built.backend.name, str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Mismatch(f"the written file does not run:\n{done.stderr[-2000:]}")
    found = []
    for number in range(count):
        with np.load(place / f"found{number}.npz") as arrays:
            found.append(alone([arrays[name] for name in arrays.files]))
    return found


def worst(actual: Any, expected: Any) -> float:
    """The largest difference, relative to the largest value of its output."""
    pairs = zip(several(actual), several(expected), strict=True)
    return max(float(np.abs(a - b).max()) / max(float(np.abs(b).max()), 1e-300) for a, b in pairs)


def save(built: Built, path: Path, seed: int, dtype: str, say: Callable[[str], None]) -> None:
    """An artefact with the given weights, else the spec's initial ones, that loads back; raises Mismatch if not."""
    weights = built.weights if built.from_file else built.network.init_weights(seed, dtype)
    with replacing(path) as temporary:
        if path.suffix == ".safetensors":
            canonical_file.write(temporary, built.network.graph, weights)
            canonical_file.read(temporary, built.network.graph)
            note = f"{len(weights)} tensors, read back"
        else:
            difference = _saved(built, weights, temporary, path, dtype)
            note = f"loads back, another batch size too, difference {difference:.1e}"
    say(printable(f"saved {path}: {note}"))


def _saved(built: Built, weights: dict[str, Any], temporary: Path, path: Path, dtype: str) -> float:
    """Save a model at a temporary path and load it: the worst difference of its outputs. Raises Mismatch."""
    model = built.backend.build(built.network.graph, weights, dtype)
    expected = built.backend.run(model, built.inputs)
    built.backend.save(model, temporary, built.inputs)
    restored = built.backend.restore(temporary)
    batch = alone([np.concatenate([x, x[:1]]) for x in several(built.inputs)])
    actual = alone([y[:-1] for y in several(built.backend.run(restored, batch))])
    difference = worst(actual, expected)
    if not difference <= TOLERANCE[dtype]:
        raise Mismatch(f"{path} loads back with a difference of {difference:.1e}")
    return difference
