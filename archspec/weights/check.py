"""Whether weights fit a network: everything that does not is named, with its row, before anything is loaded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from archspec.exceptions import ArchspecError
from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.plan import Plan
from archspec.weights.lazy_tensor import parts, shape_of, type_name

MOST = 20


class WeightsError(ArchspecError):
    """Weights that do not fit, or a file of them that cannot be read; one line for each tensor at fault."""

    exit_code = 1

    def __init__(self, lines: list[str], title: str = "the weights do not fit the network") -> None:
        shown = lines[:MOST]
        if len(lines) > MOST:
            shown = [*shown, f"... and {len(lines) - MOST} more"]
        super().__init__("\n  ".join(map(_plain, [f"{title}:", *shown])))
        self.lines, self.title = lines, title


def _plain(text: str) -> str:
    """Text that is safe in a terminal: names come from files."""
    return "".join(c if c.isprintable() else "?" for c in text)


def check(plan: Plan, weights: Mapping[str, Any], title: str = "") -> None:
    """Whether weights fit a plan; raises WeightsError."""
    fit((unit.node for unit in plan.units()), weights, title)


def fit(nodes: Iterable[Node], weights: Mapping[str, Any], title: str = "") -> None:
    """Raises WeightsError for a missing, extra, mis-shaped, wrongly typed tensor, or one that holds NaN."""
    expected = dict(declared(nodes))
    lines = []
    for name, (node, weight) in expected.items():
        if name not in weights:
            lines.append(f"{name}: missing, {weight.shape} expected by {row_of(node)}")
            continue
        lines += [f"{line} {row_of(node)}" for line in problems(name, weights[name], weight.shape)]
    lines += [f"{name}: unknown, no row has it" for name in weights if name not in expected]
    if lines:
        raise WeightsError(lines, *([title] if title else []))


def declared(nodes: Iterable[Node]) -> Iterator[tuple[str, tuple[Node, Weight]]]:
    """(canonical name, the row and its declaration) of every weight, in order of use; of those that rows share once."""
    for node in nodes:
        for weight in node.own_weights:
            yield f"{node.path}.{weight.role}", (node, weight)


def row_of(node: Node) -> str:
    """A row and its place, for messages."""
    return f"row {node.path} ({node.span.source.name}:{node.span.line})"


def problems(name: str, value: Any, shape: tuple[int, ...]) -> list[str]:
    """What is wrong with one tensor, to be followed by its row."""
    if tuple(value.shape) != shape:
        return [f"{name}: {tuple(value.shape)}, {shape} expected by"]
    kind = type_name(value)
    if np.dtype(value.dtype).kind != "f" and kind != "bfloat16":
        return [f"{name}: {kind}, a float type expected by"]
    count, first = not_finite(value)
    if count:
        total = math.prod(shape)
        return [f"{name}: NaN or infinite in {count} of {total} places, first at {first}, in"]
    return []


def not_finite(value: Any) -> tuple[int, list[int]]:
    """How many values of a tensor are NaN or infinite, and where the first is."""
    count, first = 0, []
    shape = tuple(value.shape)
    for index in parts(shape):
        bad = ~np.isfinite(np.asarray(value[index]).reshape(shape_of(shape, index)))
        if bad.any() and not count:
            inside = [int(axis[0]) for axis in np.nonzero(bad)] if bad.ndim else []
            starts = [part.start for part in index] + [0] * (len(shape) - len(index))
            first = [a + b for a, b in zip(starts, inside, strict=True)]
        count += int(bad.sum())
    return count, first


class LayoutError(WeightsError):
    """A model that is not the one that the weights are for, or a backend's table that turns them wrongly.

    `native` is the first tensor that does not fit, by the framework's name; `expected` and `actual` are shapes,
    None where there is none.
    """

    exit_code = 2
    fault = True

    def __init__(
        self,
        lines: list[str],
        native: str,
        expected: tuple[int, ...] | None,
        actual: tuple[int, ...] | None,
    ) -> None:
        super().__init__(lines, "the model is not the one that the weights are for")
        self.native, self.expected, self.actual = native, expected, actual


def check_layouts(
    expected: Mapping[str, tuple[int, ...]], actual: Mapping[str, tuple[int, ...]]
) -> None:
    """Whether a model takes tensors of these shapes; raises LayoutError, the first in the model's order."""
    names = [*actual, *(name for name in expected if name not in actual)]
    odd = [name for name in names if expected.get(name) != actual.get(name)]
    if odd:
        lines = [_misfit(name, expected.get(name), actual.get(name)) for name in odd]
        raise LayoutError(lines, odd[0], expected.get(odd[0]), actual.get(odd[0]))


def _misfit(name: str, expected: tuple[int, ...] | None, actual: tuple[int, ...] | None) -> str:
    if expected is None:
        return f"{name}: the network has no such tensor"
    return f"{name}: {actual or 'missing'} in the model, {expected} expected"
