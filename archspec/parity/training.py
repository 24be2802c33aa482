"""Training: gradients, running statistics and steps of every way, with the frameworks' own differences worked out.

PyTorch keeps the unbiased variance of a batch, n / (n - 1) of what Keras keeps. After t steps with decay d just what
training has added to d**t of the first value is so much larger, and that part alone is divided by it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import field, replace
from typing import Any

import numpy as np

from archspec.graph.graph import Child, Graph, Node, Scope, origins
from archspec.graph.ops.arrays import Array
from archspec.graph.quantity import Quantity
from archspec.lowering.backend import alone, backend, several
from archspec.parity.places import Places
from archspec.parity.reference import Moments, Reference, difference
from archspec.parity.report import Finding, TrainingFigures
from archspec.parity.suspects import Suspicion
from archspec.parity.ways import TrainingRun, TrainingSchedule
from archspec.records import dataclass
from archspec.weights.matching.dependencies import ancestors

LIMIT = 1e-8
STEPS, RATE, MOMENTUM, SEEN = 10, 1e-3, 0.9, (1, 3)
SAMPLES = 4  # of two samples, a norm behind a flatten would leave the signs alone
ZERO, TINY = 1e-10, 1e-300
LEAST = 1e-6  # of a weight: a step that is shorter has too few digits left of float64's


def schedule(graph: Graph, seed: int) -> TrainingSchedule:
    """Ten batches, a fixed cotangent, and a rate that falls along a cosine.

    The first step moves no weight by more than a thousandth. With random weights, steps ten times as long are chaotic:
    in any one framework a rounding error then grows tenfold with each of them.
    """
    random = np.random.default_rng(seed + 1)
    drawn = [random.standard_normal((STEPS, SAMPLES, *p.type.shape)) for p in graph.inputs]
    batches = tuple(alone([array[step] for array in drawn]) for step in range(STEPS))
    cotangent = alone([random.standard_normal((SAMPLES, *p.type.shape)) for p in graph.outputs])
    rates = tuple(RATE * (1 + math.cos(math.pi * step / STEPS)) / 2 for step in range(STEPS))
    return TrainingSchedule(batches, cotangent, rates, MOMENTUM, SEEN)


def still(graph: Graph) -> tuple[Graph, tuple[str, ...]]:
    """A graph without chance: every dropout at rate 0; and the nodes whose rate was another."""
    changed = [n.path for n in graph.nodes() if n.op.noise and n.attrs[n.op.noise].value != 0]
    return replace(graph, root=_still(graph.root)), tuple(changed)


def _still(scope: Scope) -> Scope:
    children: list[Child] = []
    for child in scope.children:
        if isinstance(child, Scope):
            children.append(_still(child))
        elif isinstance(child, Node) and child.op.noise:
            attrs = {**child.attrs, child.op.noise: Quantity.of(0.0)}
            children.append(replace(child, attrs=attrs))
        else:
            children.append(child)
    return replace(scope, children=tuple(children))


@dataclass(slots=True)
class Training:
    """Compares the runs of one schedule: outputs and statistics after a step with the reference, the rest with the
    first way."""

    graph: Graph
    weights: Mapping[str, Any]
    reference: Reference
    places: Places
    runs: Mapping[str, TrainingRun]
    worst: dict[str, dict[str, float]] = field(default_factory=dict)
    zero: dict[str, None] = field(default_factory=dict)

    def figures(self) -> TrainingFigures:
        """The figures, once the findings are made."""
        moves = self.moves(next(iter(self.runs.values())))
        moved = _length(moves.values()) / max(_length(self.weights[n] for n in moves), 1e-300)
        return TrainingFigures(LIMIT, STEPS, self.worst, moved, tuple(self.zero))

    def findings(self) -> Iterator[Finding]:
        """Everything that differs; `worst` and `zero` fill up on the way."""
        for way, run in self.runs.items():
            if run.error:
                message = f"it does not train: {run.error}"
                yield self.places.finding("training", way, "", message)
        ways = {way: run for way, run in self.runs.items() if not run.error}
        for way, run in ways.items():
            yield from self.outputs(way, run)
            yield from self.statistics(way, run)
        if ways:
            yield from self.against(*next(iter(ways.items())), ways)

    def outputs(self, way: str, run: TrainingRun) -> Iterator[Finding]:
        """The first pass in training mode."""
        if run.first is None:
            return
        one = next(iter(self.runs.values())).first
        ends = origins(self.graph.root).outputs
        for k, (last, output) in enumerate(zip(ends, several(run.first.outputs), strict=True)):
            expected = self.reference.values.get(last)
            if expected is None and one is not None:  # its operation computes nothing in NumPy
                expected = several(one.outputs)[k]
            if expected is not None:
                worst, message = difference(output, expected), "its output in training mode differs"
                yield from self.checked("outputs", way, last, worst, message)

    def statistics(self, way: str, run: TrainingRun) -> Iterator[Finding]:
        """Running statistics after one step, each norm against the batch that the reference's rows give it."""
        for path, calls in self.norms().items():
            node = self.places.nodes[path]
            decay = float(node.attrs["decay"].value)  # type: ignore[arg-type]
            unbiased = backend(way.split()[0]).unbiased
            own = {role: run.statistics[1][f"{path}.{role}"] for role in ("mean", "variance")}
            for role in own:
                kept = self.weights[f"{path}.{role}"]
                batches = [_batch(seen, role, unbiased) for seen in calls]
                orders = [batches] if self.ordered(path) else itertools.permutations(batches)
                worst = min(difference(own[role], _moved(kept, order, decay)) for order in orders)
                message = f"its running {role} after a step differs"
                one = len(calls) == 1 and worst > LIMIT
                biased = self.biased(way, run, 1, path) if one else {}
                cause = self.cause(path, role, biased[role], calls[0], decay) if one else None
                yield from self.checked("statistics after 1 step", way, path, worst, message, cause)

    def norms(self) -> dict[str, list[Moments]]:
        """What each norm sees of a batch, one that rows share in order of its calls."""
        norms: dict[str, list[Moments]] = {}
        for path, seen in self.reference.moments.items():
            norms.setdefault(self.places.nodes[path].owner, []).append(seen)
        return norms

    def biased(self, way: str, run: TrainingRun, step: int, path: str) -> dict[str, Array]:
        """Running statistics of a norm as if the way kept the biased variance.

        A norm that rows share is taken to see as many cells in each of its calls.
        """
        node = self.places.nodes[path]
        mean, variance = (run.statistics[step][f"{path}.{r}"] for r in ("mean", "variance"))
        if backend(way.split()[0]).unbiased:
            cells = SAMPLES * math.prod(node.input_types[0].shape[:-1])
            decay = float(node.attrs["decay"].value)  # type: ignore[arg-type]
            calls = step * sum(node.owner == path for node in self.places.nodes.values())
            kept = decay**calls * self.weights[f"{path}.variance"]
            variance = kept + (variance - kept) * (cells - 1) / cells
        return {"mean": mean, "variance": variance}

    def cause(
        self, path: str, role: str, statistic: Array, seen: Moments, decay: float
    ) -> Suspicion | None:
        """Another decay, or the other variance."""
        kept = self.weights[f"{path}.{role}"]
        batch = seen.mean if role == "mean" else seen.variance
        for other in (1 - decay, 0.99, 0.9, 0.999, 0.1, 0.01, 0.95, 0.997):
            if difference(statistic, other * kept + (1 - other) * batch) <= LIMIT:
                return Suspicion("decay", f"a step keeps {other:g} of a statistic, not {decay:g}")
        for scale in (seen.cells / (seen.cells - 1), (seen.cells - 1) / seen.cells):
            if difference(statistic, decay * kept + (1 - decay) * scale * batch) <= LIMIT:
                return Suspicion("variance", "biased and unbiased variance are exchanged")
        return None

    def against(
        self, first: str, one: TrainingRun, ways: Mapping[str, TrainingRun]
    ) -> Iterator[Finding]:
        """Compares what NumPy does not compute: every way against the first."""
        assert one.first is not None
        if len(ways) == 1:
            return
        gradients = {w: t.first.weights for w, t in ways.items() if t.first is not None}
        moves = {w: self.moves(t) for w, t in ways.items()}
        least = {n: max(LEAST * float(np.abs(w).max()), TINY) for n, w in self.weights.items()}
        flat, unmoved = self.zeros(gradients), self.zeros(moves)
        for way, run in ways.items():
            if way == first or run.first is None:
                continue
            pairs = zip(several(run.first.inputs), several(one.first.inputs), strict=True)
            worst = max(difference(own, other) for own, other in pairs)
            message = f"the gradient of the input is not that of {first}"
            back = [*self.tensors("gradients", way, first, gradients, flat)]
            yield from back[-1:]  # the first on the way back
            yield from self.checked("input gradient", way, "", worst, message)
            yield from self.later(way, run, first, one)
            check = f"weights after {_steps(STEPS)}"
            ends = [*self.tensors(check, way, first, moves, unmoved, least)]
            yield from ends[:1]

    def moves(self, run: TrainingRun) -> WeightChanges:
        """How far each trained weight has come, so that a small step hides nothing."""
        trained = run.first.weights if run.first and run.weights else {}
        return WeightChanges(tuple(trained), self.weights, run.weights)

    def tensors(
        self,
        check: str,
        way: str,
        first: str,
        arrays: Mapping[str, Mapping[str, Array]],
        zeros: Set[str],
        least: Mapping[str, float] | None = None,
    ) -> Iterator[Finding]:
        """Tensor by tensor, but for `zeros`. `least` is what a tensor is held against if its own largest number is
        smaller."""
        for name, other in arrays[first].items():
            if name in zeros:
                continue
            path = name.rpartition(".")[0]
            worst = difference(arrays[way][name], other, (least or {}).get(name, TINY))
            message = f"the {check} of {name} are not those of {first}"
            yield from self.checked(check, way, path, worst, message)

    def zeros(self, arrays: Mapping[str, Mapping[str, Array]]) -> Set[str]:
        """The tensors that are zero in every way: no more than rounding beside the largest of their row. Such is the
        gradient of a bias before a batch norm."""
        small = [self.small(tensors) for tensors in arrays.values()]
        zero = [name for name in small[0] if all(name in others for others in small[1:])]
        self.zero |= dict.fromkeys(zero)
        return frozenset(zero)

    def small(self, tensors: Mapping[str, Array]) -> dict[str, float]:
        """The tensors of one way whose largest number is no more than rounding beside that of their row."""
        sizes = {name: float(np.abs(array).max()) for name, array in tensors.items()}
        largest: dict[str, float] = {}
        for name, size in sizes.items():
            largest[self.row(name)] = max(largest.get(self.row(name), 0.0), size)
        return {name: s for name, s in sizes.items() if s <= ZERO * largest[self.row(name)]}

    def row(self, name: str) -> str:
        """The row that a weight belongs to."""
        return self.places.rows[name.rpartition(".")[0]]

    def later(self, way: str, run: TrainingRun, first: str, one: TrainingRun) -> Iterator[Finding]:
        """Running statistics after each step that was seen."""
        norms = [path for path in self.norms() if self.even(path) and self.ordered(path)]
        for step, path in itertools.product(SEEN, norms):
            own, other = self.biased(way, run, step, path), self.biased(first, one, step, path)
            for role in own:
                worst = difference(own[role], other[role])
                message = f"its running {role} after {_steps(step)} is not that of {first}"
                yield from self.checked(
                    f"statistics after {_steps(step)}", way, path, worst, message
                )

    def ordered(self, path: str) -> bool:
        """Whether each call of a norm takes what came of the one before. Otherwise their order is the framework's own:
        Keras runs the branches of a network in an order of its own."""
        sharing = [node.path for node in self.places.nodes.values() if node.owner == path]
        above = ancestors(self.graph)
        return all(first in above[second] for first, second in itertools.pairwise(sharing))

    def even(self, path: str) -> bool:
        """Whether a norm sees as many cells in each of its calls; otherwise unbiased variances are not worked out."""
        sharing = [node for node in self.places.nodes.values() if node.owner == path]
        return len({math.prod(node.input_types[0].shape[:-1]) for node in sharing}) == 1

    def checked(
        self,
        check: str,
        way: str,
        path: str,
        worst: float,
        message: str,
        cause: Suspicion | None = None,
    ) -> Iterator[Finding]:
        """Notes a figure; a finding if it is above the limit."""
        figures = self.worst.setdefault(check, {})
        figures[way] = max(worst, figures.get(way, 0.0))
        if not worst <= LIMIT:
            yield self.places.finding(check, way, path, message, worst, cause)


@dataclass(frozen=True, slots=True)
class WeightChanges(Mapping[str, Array]):
    """Differences of weights by name, computed when they are asked for."""

    names: tuple[str, ...]
    before: Mapping[str, Array]
    after: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.after[name] - self.before[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _moved(kept: Array, batches: Iterable[Array], decay: float) -> Array:
    """A running statistic after some batches."""
    for batch in batches:
        kept = decay * kept + (1 - decay) * batch
    return kept


def _batch(seen: Moments, role: str, unbiased: bool) -> Array:
    """What a norm takes into its running statistic of a batch, as a framework counts."""
    if role == "mean":
        return seen.mean
    return seen.variance * (seen.cells / (seen.cells - 1) if unbiased else 1.0)


def _length(arrays: Iterable[Array]) -> float:
    return math.sqrt(sum(float(np.square(array).sum()) for array in arrays))


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"
