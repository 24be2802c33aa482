"""Weights as tables and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archspec.analysis.grid import Cell, Grid

if TYPE_CHECKING:
    from archspec.weights.compare import Difference
    from archspec.weights.inspecting import Inspection
    from archspec.weights.matching.match import Match
    from archspec.weights.transfer import WeightTransfer


def _shape(shape: tuple[int, ...] | None) -> str:
    return "" if shape is None else " x ".join(map(str, shape)) or "scalar"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _plain(name: str) -> str:
    """A name that is safe in a terminal: it comes from a file."""
    return "".join(c if c.isprintable() else "?" for c in name)


def match_grid(match: Match) -> Grid:
    """A line for each weight of the network, what is left out below."""
    rows: list[tuple[Cell, ...]] = [
        (
            p.weight.name,
            _plain(p.entry.name),
            _shape(p.weight.slot.weight.shape),
            _shape(p.entry.shape),
        )
        for p in match.pairs
    ]
    below = (f"no weights, left out: {len(match.ignored)}",) if match.ignored else ()
    return Grid(("Weight", "Tensor", "Shape", "Its shape"), rows, below=below)


def inspection(inspected: Inspection, form: str) -> str:
    """A file in a form of FORMS."""
    return _inspection_json(inspected) if form == "json" else _inspection_grid(inspected).show(form)


def _inspection_json(inspected: Inspection) -> str:
    """One object: file, tensors, metadata, wrong, digest_is_the_same; figures that are not there are null."""
    values = {
        "file": inspected.file,
        "tensors": [asdict(one) for one in inspected.tensors],
        "metadata": dict(inspected.metadata),
        "wrong": inspected.wrong,
        "digest_is_the_same": inspected.same,
    }
    return json.dumps(values, indent=2)


def _inspection_grid(inspected: Inspection) -> Grid:
    rows: list[tuple[Cell, ...]] = [
        (
            _plain(t.name),
            _shape(t.shape),
            t.dtype,
            t.nan or None,
            t.infinite or None,
            _number(t.least),
            _number(t.greatest),
            _number(t.mean),
        )
        for t in inspected.tensors
    ]
    columns = ("Tensor", "Shape", "Type", "NaN", "Inf", "Min", "Max", "Mean")
    return Grid(columns, rows, frozenset(columns[3:]), below=tuple(_below(inspected)))


def _below(inspected: Inspection) -> list[str]:
    sizes = 0
    for one in inspected.tensors:
        cells = 1
        for size in one.shape:
            cells *= size
        sizes += cells
    lines = [f"{len(inspected.tensors)} tensors, {sizes:,} numbers"]
    lines += [f"{_plain(key):9} {_plain(value)}" for key, value in inspected.metadata.items()]
    if inspected.same is not None:
        lines.append(f"the digest is {'the' if inspected.same else 'not the'} network's")
    return [*lines, *(f"wrong: {_plain(line)}" for line in inspected.wrong)]


def diff(tensors: Sequence[Difference], form: str, every: bool) -> str:
    """Differences in a form of FORMS; equal tensors only if `every`."""
    shown = [one for one in tensors if every or one.status != "equal"]
    if form == "json":
        return json.dumps([asdict(one) for one in shown], indent=2)
    rows: list[tuple[Cell, ...]] = [
        (_plain(d.name), d.status, _shape(d.first), _shape(d.second), _number(d.worst), _types(d))
        for d in shown
    ]
    columns = ("Tensor", "Status", "First", "Second", "Max difference", "Types")
    apart = tensors and all(d.status in ("missing", "extra") for d in tensors)
    hint = ("no name is in both: `archspec weights import` makes names canonical",) if apart else ()
    below = (_counted(d.status for d in tensors), *hint)
    return Grid(columns, rows, frozenset({"Max difference"}), below=below).show(form)


def _types(difference: Difference) -> str:
    first, second = difference.types
    return first if first == second else f"{first}, {second}"


def _counted(words: Any) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).items()) or "no tensors"


def transfer(weights: Sequence[WeightTransfer], form: str) -> str:
    """What became of each weight, in a form of FORMS."""
    if form == "json":
        return json.dumps([asdict(one) for one in weights], indent=2)
    rows: list[tuple[Cell, ...]] = [
        (f.name, f.status, _shape(f.old), _shape(f.new), f.note) for f in weights
    ]
    below = (_counted(f.status for f in weights),)
    return Grid(("Weight", "Status", "Old", "New", "Why"), rows, below=below).show(form)
