"""What must hold for a random spec: it is printed in both frameworks, and what runs is what the spec means."""

from __future__ import annotations

import json
import re
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import archspec
from archspec.api import Network
from archspec.lowering.backend import alone, ready, several
from archspec.parity.reference import ArrayFolder, reference
from archspec.source import SpecError
from tests.networks.lists import Row

BACKENDS = ("torch", "keras")
HABITS = re.compile(r"get_submodule|add_module|getattr")
LARGE, SLOW = 300_000, 3 * 10**7  # parameters and multiply-adds of a network that is not run


@dataclass
class Finding:
    """What came of a spec. `failures` are (kind, message); `refused` the code of a diagnostic."""

    refused: str = ""
    failures: list[tuple[str, str]] = field(default_factory=list)
    fallbacks: dict[str, int] = field(default_factory=dict)
    printed: int = 0
    ran: bool = False


def loaded(spec: Row) -> Network:
    return archspec.load(spec)


def checked(spec: Row, *, run: bool = False, prints: bool = True) -> Finding:
    """Load a spec and print it; with `run` build and run it, too."""
    found = Finding()
    try:
        network = loaded(spec)
    except SpecError as error:
        found.refused = error.diagnostics[0].code
        return found
    except Exception as error:
        found.failures.append((_kind("load", error), _said(error)))
        return found
    texts: dict[str, Any] = {}
    for name in BACKENDS if prints else ():
        try:
            printed = network.printed(name)
            compile(printed.text, f"random_{name}.py", "exec")
        except SpecError as error:
            found.refused = f"{name}: {error.diagnostics[0].code}"
        except Exception as error:
            found.failures.append((_kind(f"print {name}", error), _said(error)))
        else:
            found.printed += 1
            texts[name] = printed
            if printed.fallbacks:
                found.fallbacks[name] = len(printed.fallbacks)
            if habit := HABITS.search(printed.text):
                found.failures.append((f"print {name}: {habit[0]}", habit[0]))
    if run and network.params.total <= LARGE and network.macs <= SLOW and not found.refused:
        found.ran = True
        with tempfile.TemporaryDirectory() as folder:
            found.failures += _run(network, texts, Path(folder))
    return found


def _run(network: Network, texts: dict[str, Any], folder: Path) -> list[tuple[str, str]]:
    """Whether the built models and the printed files give what the spec means, in float64."""
    failures: list[tuple[str, str]] = []
    weights = network.random_weights(0, "float64")
    drawn = np.random.default_rng(1)
    inputs = alone([drawn.standard_normal((2, *s)) for s in network.input_shapes.values()])
    values = ArrayFolder.of(folder / "values", [])
    meant = reference(network.graph, weights, inputs, values, lambda asked: {})
    if meant.stopped:
        return [("reference", str(meant.stopped))]
    from archspec.graph.graph import origins

    expected = [values[source] for source in origins(network.graph.root).outputs]
    for name in BACKENDS:
        backend = ready(name)

        def built(backend: Any = backend) -> Any:
            return backend.build(network.graph, weights, "float64")

        def imported(backend: Any = backend, name: str = name) -> Any:
            path = folder / f"random_{name}.py"
            path.write_text(texts[name].text)
            size = alone(list(network.input_shapes.values()))
            model = backend.import_source(path, texts[name].model, "float64", size)
            backend.load(model, backend.lower(network.graph), weights)
            return model

        ways: list[tuple[str, Callable[[], Any]]] = [(f"built {name}", built)]
        if name in texts:
            ways.append((f"source {name}", imported))
        for way, make in ways:
            try:
                given = several(backend.run(make(), inputs))
            except Exception as error:
                failures.append((_kind(way, error), _said(error)))
                continue
            failures += _compared(way, given, expected)
    return failures


def _compared(way: str, given: Any, expected: list[Any]) -> list[tuple[str, str]]:
    if len(given) != len(expected):
        return [(f"{way}: outputs", f"{len(given)} outputs, not {len(expected)}")]
    for number, (one, other) in enumerate(zip(given, expected, strict=True)):
        if one.shape != other.shape:
            return [(f"{way}: shape", f"output {number}: {one.shape}, not {other.shape}")]
        if not np.isfinite(other).all():
            continue
        worst = float(np.abs(one - other).max())
        if not worst <= 1e-9 * max(float(np.abs(other).max()), 1e-9):
            return [(f"{way}: value", f"output {number} is off by {worst:.3g}")]
    return []


def _kind(way: str, error: Exception) -> str:
    """A failure without the names that differ from spec to spec."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f for f in reversed(frames) if "archspec" in f.filename), frames[-1])
    text = re.sub(r"[`'\"][^`'\"]*[`'\"]|\d+|\w+\.\w[\w.]*", "_", str(error))[:60]
    return f"{way}: {type(error).__name__} {Path(place.filename).stem}.{place.name} {text}"


def _said(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error))[-600:]


def fails(spec: Row, kind: str, *, run: bool) -> bool:
    """Whether a spec fails in one way."""
    return any(found == kind for found, _ in checked(spec, run=run).failures)


def smaller(spec: Row, still: Callable[[Row], bool], tries: int = 400) -> Row:
    """A smaller spec of which the same is true: without rows, keys and blocks."""
    best = spec
    progress = True
    while progress and tries > 0:
        progress = False
        for other in _cut(best):
            tries -= 1
            if tries <= 0:
                break
            try:
                if still(other):
                    best, progress = other, True
                    break
            except Exception:
                continue
    return best


def _cut(spec: Row) -> list[Row]:
    """A spec without one of its parts, the largest first."""
    places: list[tuple[int, tuple[Any, ...]]] = []

    def visit(value: Any, path: tuple[Any, ...]) -> None:
        if path:
            places.append((len(json.dumps(value)), path))
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inside in items:
            if isinstance(inside, dict | list):
                visit(inside, (*path, key))
            elif isinstance(value, dict) and key not in ("type", "archspec"):
                places.append((len(json.dumps(inside)), (*path, key)))

    visit(spec, ())
    made: list[Row] = []
    for _, path in sorted(places, key=lambda place: -place[0]):
        other = json.loads(json.dumps(spec))
        holder = other
        for key in path[:-1]:
            holder = holder[key]
        inside = holder[path[-1]]
        nested = inside.get("rows") if isinstance(inside, dict) else None
        del holder[path[-1]]
        made.append(other)
        if nested and isinstance(holder, list):
            lifted = json.loads(json.dumps(spec))
            holder = lifted
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1] : path[-1] + 1] = nested
            made.append(lifted)
    return made
