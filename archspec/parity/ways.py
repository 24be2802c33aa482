"""The ways of one framework: the model that is built and the model that the generated file makes. In the process that
has the framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from archspec.files import write_text
from archspec.graph.graph import Graph, origins
from archspec.lowering.backend import Backend, Gradients, alone, ready, several
from archspec.lowering.lower import Broken
from archspec.lowering.plan import Plan
from archspec.parity.reference import HALF, ArrayFolder, difference, halved
from archspec.printing.verify.walk import ReplayError
from archspec.records import dataclass
from archspec.weights.check import LayoutError


@dataclass(frozen=True, slots=True)
class Failure:
    """A way without a model: the check that failed, the message, and the path of the node where one is known.

    `layout` are the shapes of a tensor as it is given and as the layer takes it, where these do not fit.
    """

    check: str
    message: str
    path: str = ""
    layout: tuple[tuple[int, ...] | None, tuple[int, ...] | None] | None = None


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """The text of a generated file and the name of its model."""

    text: str
    model: str


@dataclass(frozen=True, slots=True)
class Job:
    """What a framework runs: a network, its generated file, its weights and a batch."""

    backend: str
    graph: Graph
    file: GeneratedFile | Failure
    weights: Mapping[str, Any]
    inputs: Any
    dtype: str
    folder: Path


Tensors = dict[str, tuple[tuple[int, ...], bool]]


@dataclass(frozen=True, slots=True)
class HeldTensors:
    """The tensors of a model by native name, and the names of weights that differ from those of the job."""

    tensors: Tensors
    changed: tuple[str, ...]


@dataclass(slots=True)
class NodeDifferences:
    """A forward pass of one way against the reference.

    `shapes` (without the batch) and `differences` are by the path of the node; `first` is the first node above the
    limit, with its output. `outputs` are the differences of what the model gives, by name. `error` says how the pass
    broke off, if it did.
    """

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    differences: dict[str, float] = field(default_factory=dict)
    first: tuple[str, Any] | None = None
    outputs: dict[str, float] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class TrainingSchedule:
    """Steps of training that are the same for every way: a batch and a learning rate each, one cotangent, one momentum.
    Batches of several inputs, and cotangents of several outputs, are tuples.

    The update is m = momentum * m + gradient, w = w - rate * m, in NumPy: frameworks have their own, which agree only
    while the rate stays. Rates are in units of the one at which the first step moves no weight further than it is long.
    After each step numbered in `seen` the running statistics are kept.
    """

    batches: Any
    cotangent: Any
    rates: tuple[float, ...]
    momentum: float
    seen: tuple[int, ...]


@dataclass(slots=True)
class TrainingRun:
    """One way after a schedule: the first pass, statistics by step, the weights at the end; `error` if it broke off.

    Gradients and weights are on disk: those of every way at once would be many times the network.
    """

    first: Gradients | None = None
    statistics: dict[int, dict[str, Any]] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def models(backend: Backend, job: Job, plan: Plan) -> Iterator[tuple[str, Any]]:
    """(name, model or Failure) of each way, both with the weights of the job."""
    yield job.backend, _tried("build", plan, lambda: _built(backend, job))
    if isinstance(job.file, Failure):
        yield f"{job.backend} source", job.file
    else:
        file = job.file
        model = _tried("source", plan, lambda: _imported(backend, job, file, plan))
        yield f"{job.backend} source", model


def _built(backend: Backend, job: Job) -> Any:
    return backend.build(job.graph, job.weights, job.dtype)


def _imported(backend: Backend, job: Job, file: GeneratedFile, plan: Plan) -> Any:
    path = job.folder / f"{job.graph.name}_{job.backend}.py"
    write_text(path, file.text)
    size = alone([port.type.shape for port in job.graph.inputs])
    model = backend.import_source(path, file.model, job.dtype, size)
    backend.load(model, plan, job.weights)
    return model


def _tried(check: str, plan: Plan, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception as error:  # a way that fails is a finding about it, whatever it raises
        return failure(check, error, plan)


def failure(check: str, error: Exception, plan: Plan | None = None) -> Failure:
    """The message of an exception, and its node."""
    if isinstance(error, Broken | ReplayError):
        return Failure(check, error.reason, error.path)
    if isinstance(error, LayoutError) and plan is not None:
        layout = (error.expected, error.actual)
        return Failure(check, str(error), owner(plan, error.native), layout)
    return Failure(check, f"{type(error).__name__}: {error}")


def owner(plan: Plan, native: str) -> str:
    """The path of the node whose layer holds a tensor; empty if no layer of the plan does."""
    layer = native.rpartition(".")[0]
    for unit in plan.units():
        if any(step.style == "layer" and unit.native_of(step) == layer for step in unit.steps):
            return unit.node.path
    return ""


class FrameworkWays:
    """The two models of one framework. Each method is a question that `archspec.parity.workers` passes on."""

    def __init__(self, job: Job) -> None:
        self.job, self.backend = job, ready(job.backend)
        self.plan = self.backend.lower(job.graph)
        self.models = dict(models(self.backend, job, self.plan))

    def under_policies(self) -> dict[str, Failure]:
        """The generated file, where it computes otherwise than the built model under a policy for numbers."""
        for policy in getattr(self.backend, "policies", ()):
            held = _tried("source", self.plan, partial(self._held, policy))
            if isinstance(held, Failure):
                return {f"{self.job.backend} source": held}
        return {}

    def _held(self, policy: str) -> None:
        """Raises ValueError where the two models are not one under a policy."""
        job = replace(
            self.job, dtype=policy, inputs=alone([x[:1] for x in several(self.job.inputs)])
        )
        assert isinstance(job.file, GeneratedFile)
        built = _built(self.backend, job), _imported(self.backend, job, job.file, self.plan)
        outputs = [several(self.backend.run(model, job.inputs)) for model in built]
        if not max(map(halved, *outputs)) <= HALF:
            raise ValueError(f"under {policy} it computes otherwise than the built model")

    def working(self) -> dict[str, Any]:
        """The ways that have a model."""
        return {way: m for way, m in self.models.items() if not isinstance(m, Failure)}

    def tensors(self) -> dict[str, HeldTensors | Failure]:
        """What each way holds, or why it has no model."""
        inventories: dict[str, HeldTensors | Failure] = {}
        for way, model in self.models.items():
            failed = isinstance(model, Failure)
            inventories[way] = (
                model if failed else _tried("weights", self.plan, partial(self._tensors, model))
            )
        self.models |= {way: one for way, one in inventories.items() if isinstance(one, Failure)}
        return inventories

    def _tensors(self, model: Any) -> HeldTensors:
        dumped, weights = self.backend.dump(model, self.plan), self.job.weights
        changed = (n for n, array in dumped.items() if not np.array_equal(array, weights[n]))
        return HeldTensors(self.backend.inventory(model), tuple(changed))

    def values(self, paths: tuple[str, ...]) -> dict[str, Any]:
        """The values of some nodes in the first way that works."""
        values: dict[str, Any] = {}

        def keep(path: str, value: Any) -> None:
            if path in paths:
                values[path] = np.array(value)

        for model in list(self.working().values())[:1]:
            self.backend.watch(model, self.plan, self.job.inputs, keep)
        return values

    def compared(
        self, reference: ArrayFolder, limit: float, *, alone: bool = False
    ) -> dict[str, NodeDifferences]:
        """Every node of each way against the reference; `alone`: every node fed the reference's inputs."""
        return {
            way: self._compared(model, reference, limit, alone=alone)
            for way, model in self.working().items()
        }

    def _compared(
        self, model: Any, reference: ArrayFolder, limit: float, *, alone: bool
    ) -> NodeDifferences:
        result = NodeDifferences()

        def compare(path: str, value: Any) -> None:
            result.shapes[path] = value.shape[1:]
            if path not in reference:
                return
            result.differences[path] = worst = difference(value, reference[path])
            if result.first is None and not worst <= limit:
                result.first = path, np.array(value)

        inputs, graph = self.job.inputs, self.job.graph
        try:
            self.backend.watch(model, self.plan, inputs, compare, reference if alone else None)
            if not alone:
                outputs = several(self.backend.run(model, inputs))
                ends = zip(graph.outputs, outputs, origins(graph.root).outputs, strict=True)
                for port, value, last in ends:
                    if last in reference:
                        result.outputs[port.name] = difference(value, reference[last])
        except Exception as error:  # the nodes before it are known
            result.error = f"{type(error).__name__}: {error}"
        return result

    def trained(self, schedule: TrainingSchedule) -> dict[str, TrainingRun]:
        """Each way after a schedule. Its models are trained then, and cannot be compared any more."""
        return {way: self._trained(way, model, schedule) for way, model in self.working().items()}

    def _trained(self, way: str, model: Any, schedule: TrainingSchedule) -> TrainingRun:
        run = TrainingRun()
        velocity: dict[str, Any] = {}
        unit = 0.0
        running = [n for n, _, slot in self.plan.slots() if not slot.weight.trainable]
        try:
            for step, rate in enumerate(schedule.rates, 1):
                batch = schedule.batches[step - 1]
                passed = self.backend.gradients(model, self.plan, batch, schedule.cotangent)
                if run.first is None:
                    unit = _unit(self.job.weights, passed.weights)
                    run.first = replace(passed, weights=self._on_disk(way, "first", passed.weights))
                weights = self.backend.dump(model, self.plan)
                if step in schedule.seen:
                    run.statistics[step] = {name: weights[name] for name in running}
                for name, gradient in passed.weights.items():
                    velocity[name] = schedule.momentum * velocity.get(name, 0.0) + gradient
                    weights[name] = weights[name] - rate * unit * velocity[name]
                self.backend.load(model, self.plan, weights)
                if step == len(schedule.rates):
                    run.weights = self._on_disk(way, "last", weights)
                del passed, weights  # each as large as the network
        except Exception as error:  # a way that cannot train is a finding about it
            run.error = f"{type(error).__name__}: {error}"
        return run

    def _on_disk(self, way: str, which: str, arrays: Mapping[str, Any]) -> ArrayFolder:
        return ArrayFolder.of(self.job.folder / f"{way} {which}", arrays.items())


def _unit(weights: Mapping[str, Any], gradients: Mapping[str, Any]) -> float:
    """The rate at which the weight with the largest relative step moves by its own length."""
    lengths = {name: float(np.linalg.norm(weights[name])) for name in gradients}
    slopes = {name: float(np.linalg.norm(gradient)) for name, gradient in gradients.items()}
    return min((lengths[n] / slopes[n] for n in lengths if lengths[n] and slopes[n]), default=0.0)
