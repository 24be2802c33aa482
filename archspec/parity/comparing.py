"""`archspec parity`: every way of a network against what the spec means, row by row; where one differs, the row that
does so by itself, and why."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from archspec.analysis import table
from archspec.api import Network
from archspec.exceptions import ArchspecError
from archspec.graph.graph import Graph
from archspec.lowering import backend as backends
from archspec.lowering.backend import alone
from archspec.lowering.lower import Broken
from archspec.lowering.plan import Plan
from archspec.parity import static, training
from archspec.parity.places import Places
from archspec.parity.reference import Reference, Shelf, reference
from archspec.parity.report import Compared, Finding, Missing, Report
from archspec.parity.values import Judge, differs, expected
from archspec.parity.ways import Failure, Heard, Opened, Side, Subject, Text, failure
from archspec.parity.workers import Asked, workers
from archspec.printing.verify.walk import ReplayError
from archspec.records import dataclass
from archspec.source import SpecError
from archspec.workflows.building import TOLERANCE

Opening = Callable[[Sequence[Subject]], AbstractContextManager[dict[str, Asked]]]


def compare(
    network: Network,
    chosen: Sequence[str] = (),
    *,
    weights: Mapping[str, Any] | None = None,
    dtype: str = "float64",
    seed: int = 0,
    train: bool = False,
    opening: Opening = workers,
) -> Report:
    """Prediction, models and generated files of every chosen backend - unless said, of all that are installed.

    `train` also compares training, in float64 and without chance: every dropout is at rate 0 then, in all comparisons.
    Raises UnknownBackend, MissingFramework, NothingToCompare, SpecError, WorkerError. A script that calls this guards
    its main part, as `multiprocessing` asks for.
    """
    names, missing = available(chosen)
    stilled: tuple[str, ...] = ()
    if train:
        graph, stilled = training.still(network.graph)
        network = replace(network, graph=graph)
    with tempfile.TemporaryDirectory() as folder:
        made = _Comparison(network, names, weights, dtype, seed, Path(folder))
        with opening(made.subjects()) as sides:
            report = replace(made.report(sides), missing=missing, stilled=stilled)
            return made.trained(report, sides, seed) if train and report.equal else report


def available(chosen: Sequence[str]) -> tuple[tuple[str, ...], tuple[Missing, ...]]:
    """Backends to compare, and what is left out.

    Raises UnknownBackend and MissingFramework for what was asked for by name, NothingToCompare.
    """
    for name in chosen:
        backends.ready(name)
    left: list[Missing] = []
    names: list[str] = []
    for name, entry in backends.found().items():
        ways = (name, f"{name} source")
        if chosen and name not in chosen:
            left.append(Missing(ways, "not asked for"))
            continue
        try:
            backends.ready(name)
            names.append(name)
        except backends.MissingFramework as error:
            left.append(Missing(ways, str(error)))
        except Exception as error:  # a plug-in may raise anything where it is imported
            left.append(Missing(ways, f"{entry.package} cannot be imported: {error}"))
    if not names:
        raise NothingToCompare("; ".join(one.why for one in left) or "no backend is declared")
    return tuple(names), tuple(left)


class NothingToCompare(ArchspecError):
    """Not one framework is there."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A backend before its framework is there: its plan and its file, or what became of them."""

    plan: Plan | None
    text: Text | Failure


def _prepared(network: Network, name: str) -> _Prepared:
    try:
        plan = backends.backend(name).lower(network.graph)
    except Broken as error:
        return _Prepared(None, failure("lower", error))
    try:
        printed = network.printed(name)
    except SpecError:
        raise
    except Exception as error:  # a printer that fails is a finding about it
        check = "replay" if isinstance(error, ReplayError) else "print"
        return _Prepared(plan, failure(check, error))
    return _Prepared(plan, Text(printed.text, printed.model))


SAMPLES, WIDE = 2, 3


def sample(shape: tuple[int, ...], seed: int, dtype: str) -> Any:
    """A random batch, exact in float32, and wide: with values of about 1, few nodes ever see a 6."""
    random = np.random.default_rng(seed)
    return (WIDE * random.standard_normal(shape, dtype=np.float32)).astype(dtype)


def samples(graph: Graph, seed: int, dtype: str) -> Any:
    """A random batch for a network; a tuple for one that takes several."""
    shapes = (port.type.shape for port in graph.inputs)
    return alone([sample((SAMPLES, *s), seed + k, dtype) for k, s in enumerate(shapes)])


class _Comparison:
    """One network, one batch, one set of weights, and whoever is asked about them."""

    def __init__(
        self,
        network: Network,
        names: Sequence[str],
        weights: Mapping[str, Any] | None,
        dtype: str,
        seed: int,
        folder: Path,
    ) -> None:
        self.network, self.graph, self.dtype, self.folder = network, network.graph, dtype, folder
        self.limit, self.places = TOLERANCE[dtype], Places(network.graph)
        given = weights or network.random_weights(seed, dtype)
        stated = ((name, np.asarray(array).astype(dtype)) for name, array in given.items())
        self.weights = Shelf.of(folder / "weights", stated)
        self.inputs = samples(self.graph, seed, dtype)
        self.prepared = {name: _prepared(network, name) for name in names}

    def subjects(self) -> list[Subject]:
        """What each framework is asked about."""
        return [
            Subject(
                name, self.graph, found.text, self.weights, self.inputs, self.dtype, self.folder
            )
            for name, found in self.prepared.items()
            if found.plan is not None
        ]

    def report(self, sides: Mapping[str, Asked]) -> Report:
        """Everything compared. The frameworks start while the reference is computed."""
        waiting = {name: side.ask(Side.opened) for name, side in sides.items()}
        found = self.reference(sides)
        opened = {name: answer() for name, answer in waiting.items()}
        heard = self.heard(sides, found)
        findings = [
            *static.predicted(self.graph, found, self.places),
            *static.stopped(found, self.places),
            *self.standing(opened),
            *self.values(sides, found, heard),
        ]
        chain = {way: one for ways in heard.values() for way, one in ways.items()}
        return Report(
            self.network.name,
            self.dtype,
            self.limit,
            {p.name: (SAMPLES, *p.type.shape) for p in self.graph.inputs},
            tuple(way for name in self.prepared for way in (name, f"{name} source")),
            tuple(self.rows(chain)),
            self.places.merged(findings),
            asked=found.asked,
            outputs=self.outputs(chain),
        )

    def outputs(self, heard: Mapping[str, Heard]) -> dict[str, dict[str, float]]:
        """The difference of each value that the network gives, by way."""
        return {
            port.name: {w: one.outputs[port.name] for w, one in heard.items() if one.outputs}
            for port in self.graph.outputs
        }

    def trained(self, report: Report, sides: Mapping[str, Asked], seed: int) -> Report:
        """The same with training, where the ways are equal so far."""
        course = training.course(self.graph, seed)
        asked = [side.ask(Side.trained, course) for side in sides.values()]
        batch, shelf = course.batches[0], Shelf.of(self.folder / "training", ())
        known = reference(self.graph, self.weights, batch, shelf, lambda _: {}, training=True)
        taken = {way: one for answer in asked for way, one in answer().items()}
        made = training.Training(self.graph, self.weights, known, self.places, taken)
        findings = self.places.merged(made.findings())
        return replace(report, findings=findings, trained=made.trained())

    def reference(self, sides: Mapping[str, Asked]) -> Reference:
        """What the spec means; operations that NumPy has no function for are a framework's own."""

        def own(paths: tuple[str, ...]) -> Mapping[str, Any]:
            found: dict[str, Any] = {}
            for side in sides.values():
                if found.keys() != set(paths):
                    found = {**side.ask(Side.values, paths)(), **found}
            return found

        return reference(self.graph, self.weights, self.inputs, Shelf(self.folder), own)

    def heard(self, sides: Mapping[str, Asked], found: Reference) -> dict[str, dict[str, Heard]]:
        """By backend and way: each node against the reference."""
        asked = {n: side.ask(Side.compared, found.values, self.limit) for n, side in sides.items()}
        return {name: answer() for name, answer in asked.items()}

    def standing(self, opened: Mapping[str, Mapping[str, Opened | Failure]]) -> Iterator[Finding]:
        """Ways without a model, and models with other tensors than the plan's."""
        for name, prepared in self.prepared.items():
            if prepared.plan is None:
                assert isinstance(prepared.text, Failure)
                for way in (name, f"{name} source"):
                    yield static.failed(way, prepared.text, self.places)
                continue
            for way, one in opened[name].items():
                if isinstance(one, Failure):
                    yield static.failed(way, one, self.places)
                else:
                    yield from static.counted(way, one, prepared.plan, self.weights, self.places)

    def values(
        self,
        sides: Mapping[str, Asked],
        found: Reference,
        heard: Mapping[str, Mapping[str, Heard]],
    ) -> Iterator[Finding]:
        """Where a chain differs, the nodes that do so by themselves."""
        judge = Judge(self.graph, self.weights, found, self.places, self.limit)
        for name, side in sides.items():
            plan = self.prepared[name].plan
            assert plan is not None
            told = [p for p in expected(plan, heard[name].values()) if p in found.values]
            wrong = [way for way, one in heard[name].items() if differs(one, told, self.limit)]
            if not wrong:
                continue
            alone = side.ask(Side.compared, found.values, self.limit, alone=True)()
            for way in wrong:
                diverging = list(judge.diverging(way, alone[way], told))
                yield from diverging or [judge.chained(way, heard[name][way])]

    def rows(self, heard: Mapping[str, Heard]) -> Iterator[Compared]:
        """The rows of the table with the worst difference of each way."""
        groups = table.grouped(self.graph.root)
        for row, nodes in zip(table.rows(self.graph), groups, strict=True):
            differences = {}
            for way, one in heard.items():
                known = [one.differences[n.path] for n in nodes if n.path in one.differences]
                if known:
                    differences[way] = max(known)
            yield Compared(row.name, row.kind, row.output, row.params, differences)
