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
from archspec.parity import structure, training
from archspec.parity.places import Places
from archspec.parity.reference import TOLERANCE, ArrayFolder, Reference, reference
from archspec.parity.report import ComparedRow, Finding, NotCompared, Report
from archspec.parity.values import DifferenceFinder, differs, watched
from archspec.parity.ways import (
    Failure,
    FrameworkWays,
    GeneratedFile,
    HeldTensors,
    Job,
    NodeDifferences,
    failure,
)
from archspec.parity.workers import Runner, workers
from archspec.printing.verify.walk import ReplayError
from archspec.records import dataclass
from archspec.source import SpecError

Running = Callable[[Sequence[Job]], AbstractContextManager[dict[str, Runner]]]


def compare(
    network: Network,
    chosen: Sequence[str] = (),
    *,
    weights: Mapping[str, Any] | None = None,
    dtype: str = "float64",
    seed: int = 0,
    train: bool = False,
    opening: Running = workers,
) -> Report:
    """Prediction, models and generated files of every chosen backend; of all that are installed where none is
    chosen.

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
        comparison = _Comparison(network, names, weights, dtype, seed, Path(folder))
        with opening(comparison.jobs()) as runners:
            report = replace(comparison.report(runners), missing=missing, stilled=stilled)
            return comparison.trained(report, runners, seed) if train and report.equal else report


def available(chosen: Sequence[str]) -> tuple[tuple[str, ...], tuple[NotCompared, ...]]:
    """Backends to compare, and what is left out.

    Raises UnknownBackend and MissingFramework for what was asked for by name, NothingToCompare.
    """
    for name in chosen:
        backends.ready(name)
    omitted: list[NotCompared] = []
    names: list[str] = []
    for name, entry in backends.registered().items():
        ways = (name, f"{name} source")
        if chosen and name not in chosen:
            omitted.append(NotCompared(ways, "not asked for"))
            continue
        try:
            backends.ready(name)
            names.append(name)
        except backends.MissingFramework as error:
            omitted.append(NotCompared(ways, str(error)))
        except Exception as error:  # a plug-in may raise anything where it is imported
            omitted.append(NotCompared(ways, f"{entry.package} cannot be imported: {error}"))
    if not names:
        raise NothingToCompare("; ".join(way.why for way in omitted) or "no backend is declared")
    return tuple(names), tuple(omitted)


class NothingToCompare(ArchspecError):
    """Not one framework is there."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What a backend does without its framework: its plan and its file, or why there is none."""

    plan: Plan | None
    file: GeneratedFile | Failure


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
    return _Prepared(plan, GeneratedFile(printed.text, printed.model))


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
    """One network, one batch, one set of weights, and the frameworks that run it."""

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
        canonical = weights or network.random_weights(seed, dtype)
        arrays = ((name, np.asarray(array).astype(dtype)) for name, array in canonical.items())
        self.weights = ArrayFolder.of(folder / "weights", arrays)
        self.inputs = samples(self.graph, seed, dtype)
        self.prepared = {name: _prepared(network, name) for name in names}

    def jobs(self) -> list[Job]:
        """What each framework runs."""
        return [
            Job(name, self.graph, one.file, self.weights, self.inputs, self.dtype, self.folder)
            for name, one in self.prepared.items()
            if one.plan is not None
        ]

    def report(self, runners: Mapping[str, Runner]) -> Report:
        """Everything compared. The frameworks start while the reference is computed."""
        started = {name: runner.ask(FrameworkWays.tensors) for name, runner in runners.items()}
        expected_values = self.reference(runners)
        tensors = {name: answer() for name, answer in started.items()}
        differences = self.differences(runners, expected_values)
        findings = [
            *structure.predicted(self.graph, expected_values, self.places),
            *structure.stopped(expected_values, self.places),
            *self.structures(tensors),
            *self.values(runners, expected_values, differences),
        ]
        findings = findings or list(self.policies(runners))
        by_way = {way: one for ways in differences.values() for way, one in ways.items()}
        return Report(
            self.network.name,
            self.dtype,
            self.limit,
            {p.name: (SAMPLES, *p.type.shape) for p in self.graph.inputs},
            tuple(way for name in self.prepared for way in (name, f"{name} source")),
            tuple(self.rows(by_way)),
            self.places.merged(findings),
            asked=expected_values.asked,
            outputs=self.outputs(by_way),
        )

    def outputs(self, ways: Mapping[str, NodeDifferences]) -> dict[str, dict[str, float]]:
        """The difference of each value that the network gives, by way."""
        return {
            port.name: {w: one.outputs[port.name] for w, one in ways.items() if one.outputs}
            for port in self.graph.outputs
        }

    def trained(self, report: Report, runners: Mapping[str, Runner], seed: int) -> Report:
        """The same with training, where the ways are equal so far."""
        schedule = training.schedule(self.graph, seed)
        answers = [runner.ask(FrameworkWays.trained, schedule) for runner in runners.values()]
        batch, folder = schedule.batches[0], ArrayFolder.of(self.folder / "training", ())
        first = reference(self.graph, self.weights, batch, folder, lambda _: {}, training=True)
        runs = {way: run for answer in answers for way, run in answer().items()}
        comparison = training.Training(self.graph, self.weights, first, self.places, runs)
        findings = self.places.merged(comparison.findings())
        return replace(report, findings=findings, trained=comparison.figures())

    def reference(self, runners: Mapping[str, Runner]) -> Reference:
        """What the spec means; of operations that compute nothing in NumPy, a framework's own values."""

        def own(paths: tuple[str, ...]) -> Mapping[str, Any]:
            values: dict[str, Any] = {}
            for runner in runners.values():
                if values.keys() != set(paths):
                    values = {**runner.ask(FrameworkWays.values, paths)(), **values}
            return values

        return reference(self.graph, self.weights, self.inputs, ArrayFolder(self.folder), own)

    def differences(
        self, runners: Mapping[str, Runner], expected_values: Reference
    ) -> dict[str, dict[str, NodeDifferences]]:
        """By backend and way: each node against the reference."""
        answers = {
            name: runner.ask(FrameworkWays.compared, expected_values.values, self.limit)
            for name, runner in runners.items()
        }
        return {name: answer() for name, answer in answers.items()}

    def structures(
        self, tensors: Mapping[str, Mapping[str, HeldTensors | Failure]]
    ) -> Iterator[Finding]:
        """Ways without a model, and models with other tensors than the plan's."""
        for name, prepared in self.prepared.items():
            if prepared.plan is None:
                assert isinstance(prepared.file, Failure)
                for way in (name, f"{name} source"):
                    yield structure.failed(way, prepared.file, self.places)
                continue
            for way, inventory in tensors[name].items():
                if isinstance(inventory, Failure):
                    yield structure.failed(way, inventory, self.places)
                else:
                    yield from structure.counted(
                        way, inventory, prepared.plan, self.weights, self.places
                    )

    def policies(self, runners: Mapping[str, Runner]) -> Iterator[Finding]:
        """Files that are another network than the built model under a policy, where nothing else differs."""
        answers = [runner.ask(FrameworkWays.under_policies) for runner in runners.values()]
        for answer in answers:
            for way, failed in answer().items():
                yield structure.failed(way, failed, self.places)

    def values(
        self,
        runners: Mapping[str, Runner],
        expected_values: Reference,
        differences: Mapping[str, Mapping[str, NodeDifferences]],
    ) -> Iterator[Finding]:
        """Where a chain differs, the nodes that do so by themselves."""
        finder = DifferenceFinder(
            self.graph, self.weights, expected_values, self.places, self.limit
        )
        for name, runner in runners.items():
            plan, ways = self.prepared[name].plan, differences[name]
            assert plan is not None
            paths = [p for p in watched(plan, ways.values()) if p in expected_values.values]
            wrong = [way for way, one in ways.items() if differs(one, paths, self.limit)]
            if not wrong:
                continue
            alone = runner.ask(
                FrameworkWays.compared, expected_values.values, self.limit, alone=True
            )()
            for way in wrong:
                nodes = list(finder.diverging(way, alone[way], paths))
                yield from nodes or [finder.chained(way, ways[way])]

    def rows(self, ways: Mapping[str, NodeDifferences]) -> Iterator[ComparedRow]:
        """The rows of the table with the worst difference of each way."""
        groups = table.grouped(self.graph.root)
        for row, nodes in zip(table.rows(self.graph), groups, strict=True):
            worst = {}
            for way, one in ways.items():
                figures = [one.differences[n.path] for n in nodes if n.path in one.differences]
                if figures:
                    worst[way] = max(figures)
            yield ComparedRow(row.name, row.kind, row.output, row.params, worst)
