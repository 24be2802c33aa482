"""What a comparison found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

from archspec.parity.suspects import Suspicion
from archspec.records import dataclass
from archspec.source import Diagnostic, Span
from archspec.source.mistakes import ways_differ


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in which ways differ. `check` is what was compared, `path` the node and `row` its row, empty where none
    is known; `difference` is relative, infinite for another shape and None where there is no figure."""

    check: str
    ways: tuple[str, ...]
    path: str
    row: str
    span: Span
    message: str
    difference: float | None = None
    suspicion: Suspicion | None = None

    def diagnostic(self, limit: float) -> Diagnostic:
        """With its place in the spec."""
        suspicion = self.suspicion
        hint = (
            f"suspicion: {suspicion.key}: {suspicion.cause}" if suspicion else "no known cause fits"
        )
        ways = " and ".join(", ".join(self.ways).rsplit(", ", 1))
        where = f"{self.path}, {ways}" if self.path else ways
        some = self.difference is not None and math.isfinite(self.difference)
        expected = f"at most {limit:.0e} of the largest value" if some else None
        received = f"{self.difference:.1e}" if some else None
        return ways_differ(self.span, f"{where}: {self.message}", expected, received, hint)


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row of the network: its shape and count as predicted, and the worst difference of each way that got there."""

    name: str
    kind: str
    output: tuple[int, ...]
    params: int
    differences: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class NotCompared:
    """Ways that were not compared, and why."""

    ways: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class TrainingFigures:
    """What training compared: for each quantity the worst relative difference of each way, and how far the weights have
    moved, relative to their size. `zero` are weights whose gradient is zero but for rounding."""

    limit: float
    steps: int
    worst: Mapping[str, Mapping[str, float]]
    moved: float
    zero: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Five ways of a network, or as many as there are. `shapes` are those of the batches by the names of the inputs,
    `outputs` the differences of what the network gives by name and way. `asked` are nodes whose reference is a
    framework's own value, `stilled` those whose noise was set to 0 for training."""

    name: str
    dtype: str
    limit: float
    shapes: Mapping[str, tuple[int, ...]]
    ways: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    findings: tuple[Finding, ...]
    missing: tuple[NotCompared, ...] = ()
    asked: tuple[str, ...] = ()
    stilled: tuple[str, ...] = ()
    trained: TrainingFigures | None = None
    outputs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the batch, of several the first."""
        return next(iter(self.shapes.values()))

    @property
    def equal(self) -> bool:
        return not self.findings

    @property
    def broken(self) -> float:
        """The limit that findings are above: training is compared where nothing else differs."""
        return self.trained.limit if self.trained else self.limit

    @property
    def worst(self) -> float:
        """The largest difference of any row."""
        return max((d for row in self.rows for d in row.differences.values()), default=0.0)
