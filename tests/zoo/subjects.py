"""Networks of the zoo as the tests of generated files meet them: logits out, small inputs at which paddings differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import archspec
from archspec import shelf
from archspec.api import Network
from archspec.lowering.backend import several
from archspec.printing.source import Printed
from archspec.source import SpecError, read

# height and width, the smallest first; none of them a power of two and one, where all rules of padding agree
SIZES = ((38, 45), (63, 70), (75, 82), (299, 306))
BATCH = 2
DTYPE = "float64"


@dataclass
class Found:
    """What was measured of one network, and what was wrong with it."""

    figures: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note a fault unless something holds."""
        if not holds:
            self.faults.append(otherwise)

    def equal(self, what: str, found: Any, reference: Any, limit: float) -> None:
        """Note the largest difference, relative to the largest value; a fault if it is above the limit."""
        self.figures[what] = worst = difference(found, reference)
        self.expect(worst <= limit, f"{what}: {worst:.1e} apart, at most {limit:.0e} expected")

    def joined(self, other: Found) -> Found:
        """The figures and faults of both."""
        return Found(self.figures | other.figures, self.faults + other.faults)


def difference(found: Any, reference: Any) -> float:
    """The largest difference of outputs relative to the largest value; of several outputs the worst."""
    pairs = zip(several(found), several(reference), strict=True)
    return max(_difference(one, other) for one, other in pairs)


def _difference(found: Any, reference: Any) -> float:
    assert found.shape == reference.shape
    scale = float(np.abs(reference).max())
    assert scale > 1e-3, "logits so small agree whatever is wrong"
    return float(np.abs(found - reference).max()) / scale


@dataclass
class Subject:
    """A network, random weights in every role, a batch."""

    network: Network
    weights: Mapping[str, Any]
    inputs: Any

    def printed(self, backend: str) -> Printed:
        """Its generated file."""
        return self.network.printed(backend)


def subject(name: str, sizes: Sequence[tuple[int, int]] = SIZES, **variables: Any) -> Subject:
    """A network of the zoo at the first of the sizes that it takes."""
    network = smallest(name, sizes, **variables)
    random = np.random.default_rng(1)
    # values that float32 holds, so that an input layer of that type loses nothing
    drawn = random.standard_normal((BATCH, *network.input_shape), dtype=np.float32).astype(DTYPE)
    return Subject(network, network.random_weights(0, DTYPE), drawn)


def smallest(name: str, sizes: Sequence[tuple[int, int]] = SIZES, **variables: Any) -> Network:
    """A network at the first size that it takes; one that ends in a softmax ends in logits."""
    known = archspec.load(name)
    given = ({"top": "logits"} if "top" in known.vars else {}) | variables
    for size in sizes:
        try:
            return archspec.load(name, input=(*size, known.input_shape[-1]), **given)
        except SpecError:
            continue
    raise AssertionError(f"{name} takes none of {sizes}")


@cache
def variants() -> dict[str, tuple[str, ...]]:
    """The networks of each file of the zoo."""
    found: dict[str, list[str]] = {}
    for name, (file, _) in shelf.listed().items():
        found.setdefault(file, []).append(name)
    return {file: tuple(names) for file, names in found.items()}


@cache
def families() -> tuple[str, ...]:
    """The first network of each file that extends no other."""
    return tuple(
        names[0] for file, names in variants().items() if read(shelf.find(file)[0]).get("rows")
    )
