"""The ways of one framework: the model that is built and the model that the generated file makes. In the process that
has the framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from archspec.graph.graph import Graph, origins
from archspec.lowering.backend import Backend, Gradients, alone, ready, several
from archspec.lowering.lower import Broken
from archspec.lowering.plan import Plan
from archspec.parity.reference import Shelf, difference
from archspec.printing.verify.walk import ReplayError
from archspec.records import dataclass
from archspec.weights.check import LayoutError


@dataclass(frozen=True, slots=True)
class Failure:
    """A way that does not get as far as the others: at which check, what was said, and the node where one is known."""

    check: str
    said: str
    path: str = ""
    layout: tuple[tuple[int, ...] | None, tuple[int, ...] | None] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A generated file and the name of its model."""

    text: str
    model: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a framework is asked about: a network, its weights, a batch."""

    backend: str
    graph: Graph
    text: Text | Failure
    weights: Mapping[str, Any]
    inputs: Any
    dtype: str
    folder: Path


Tensors = dict[str, tuple[tuple[int, ...], bool]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A way that stands: its tensors by native name, and the weights that it does not hold as they were given."""

    tensors: Tensors
    changed: tuple[str, ...]


@dataclass(slots=True)
class Heard:
    """Each node's shape without the batch and its difference from the reference; `first` is the first that is above
    the limit, with its output; `outputs` are the differences of what the model gives, by name. `said` is how the pass
    ended, if it did not end well."""

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    differences: dict[str, float] = field(default_factory=dict)
    first: tuple[str, Any] | None = None
    outputs: dict[str, float] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """Steps of training that every way takes alike: a batch and a learning rate each, one cotangent, one momentum.
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
class Taken:
    """What came of a course: the first pass, statistics by step, the weights at the end; `said` if it broke off.

    Gradients and weights are on shelves: those of every way at once would be many times the network.
    """

    first: Gradients | None = None
    statistics: dict[int, dict[str, Any]] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""


def models(backend: Backend, subject: Subject, plan: Plan) -> Iterator[tuple[str, Any]]:
    """(name, model or Failure) of each way, both with the subject's weights."""
    yield subject.backend, _tried("build", plan, lambda: _built(backend, subject))
    if isinstance(subject.text, Failure):
        yield f"{subject.backend} source", subject.text
    else:
        text = subject.text
        made = _tried("source", plan, lambda: _made(backend, subject, text, plan))
        yield f"{subject.backend} source", made


def _built(backend: Backend, subject: Subject) -> Any:
    return backend.build(subject.graph, subject.weights, subject.dtype)


def _made(backend: Backend, subject: Subject, text: Text, plan: Plan) -> Any:
    file = subject.folder / f"{subject.graph.name}_{subject.backend}.py"
    file.write_text(text.text, encoding="utf-8")
    size = alone([port.type.shape for port in subject.graph.inputs])
    model = backend.import_source(file, text.model, subject.dtype, size)
    backend.load(model, plan, subject.weights)
    return model


def _tried(check: str, plan: Plan, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception as error:  # a way that fails is a finding about it, whatever it raises
        return failure(check, error, plan)


def failure(check: str, error: Exception, plan: Plan | None = None) -> Failure:
    """What an exception says, and of which node."""
    if isinstance(error, Broken | ReplayError):
        return Failure(check, error.said, error.path)
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, LayoutError) and plan is not None:
        layout = (error.given, error.taken)
        return Failure(check, str(error), owner(plan, error.native), layout)
    return Failure(check, said)


def owner(plan: Plan, native: str) -> str:
    """The path of the node whose layer holds a tensor; empty if no layer of the plan does."""
    layer = native.rpartition(".")[0]
    for unit in plan.units():
        if any(step.style == "layer" and unit.native_of(step) == layer for step in unit.steps):
            return unit.node.path
    return ""


class Side:
    """One framework, asked question after question about its two ways."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.backend = subject, ready(subject.backend)
        self.plan = self.backend.lower(subject.graph)
        self.models = dict(models(self.backend, subject, self.plan))

    def standing(self) -> dict[str, Any]:
        """The ways that have a model."""
        return {way: m for way, m in self.models.items() if not isinstance(m, Failure)}

    def opened(self) -> dict[str, Opened | Failure]:
        """What each way holds, or why it does not stand."""
        found: dict[str, Opened | Failure] = {}
        for way, model in self.models.items():
            gone = isinstance(model, Failure)
            found[way] = (
                model if gone else _tried("weights", self.plan, partial(self._opened, model))
            )
        self.models |= {way: one for way, one in found.items() if isinstance(one, Failure)}
        return found

    def _opened(self, model: Any) -> Opened:
        dumped = self.backend.dump(model, self.plan)
        given = self.subject.weights
        changed = (name for name, array in dumped.items() if not np.array_equal(array, given[name]))
        return Opened(self.backend.inventory(model), tuple(changed))

    def values(self, paths: tuple[str, ...]) -> dict[str, Any]:
        """The first standing way's own values of some nodes."""
        found: dict[str, Any] = {}

        def heard(path: str, value: Any) -> None:
            if path in paths:
                found[path] = np.array(value)

        for model in list(self.standing().values())[:1]:
            self.backend.watch(model, self.plan, self.subject.inputs, heard)
        return found

    def compared(self, reference: Shelf, limit: float, *, alone: bool = False) -> dict[str, Heard]:
        """Every node of each way against the reference; `alone`: every node fed the reference's inputs."""
        return {
            way: self._compared(model, reference, limit, alone=alone)
            for way, model in self.standing().items()
        }

    def _compared(self, model: Any, reference: Shelf, limit: float, *, alone: bool) -> Heard:
        found = Heard()

        def heard(path: str, value: Any) -> None:
            found.shapes[path] = value.shape[1:]
            if path not in reference:
                return
            found.differences[path] = worst = difference(value, reference[path])
            if found.first is None and not worst <= limit:
                found.first = path, np.array(value)

        inputs, graph = self.subject.inputs, self.subject.graph
        try:
            self.backend.watch(model, self.plan, inputs, heard, reference if alone else None)
            if not alone:
                given = several(self.backend.run(model, inputs))
                ends = zip(graph.outputs, given, origins(graph.root).outputs, strict=True)
                for port, value, last in ends:
                    if last in reference:
                        found.outputs[port.name] = difference(value, reference[last])
        except Exception as error:  # the nodes heard so far are known
            found.said = f"{type(error).__name__}: {error}"
        return found

    def trained(self, course: Course) -> dict[str, Taken]:
        """Each way after a course; it has moved then, and is good for nothing else."""
        return {way: self._trained(way, model, course) for way, model in self.standing().items()}

    def _trained(self, way: str, model: Any, course: Course) -> Taken:
        found = Taken()
        speed: dict[str, Any] = {}
        unit = 0.0
        kept = [n for n, _, slot in self.plan.slots() if not slot.weight.trainable]
        try:
            for step, rate in enumerate(course.rates, 1):
                batch = course.batches[step - 1]
                made = self.backend.gradients(model, self.plan, batch, course.cotangent)
                if found.first is None:
                    unit = _unit(self.subject.weights, made.weights)
                    found.first = replace(made, weights=self._shelved(f"{way} first", made.weights))
                weights = self.backend.dump(model, self.plan)
                if step in course.seen:
                    found.statistics[step] = {name: weights[name] for name in kept}
                for name, gradient in made.weights.items():
                    speed[name] = course.momentum * speed.get(name, 0.0) + gradient
                    weights[name] = weights[name] - rate * unit * speed[name]
                self.backend.load(model, self.plan, weights)
                if step == len(course.rates):
                    found.weights = self._shelved(f"{way} last", weights)
                del made, weights  # each as large as the network
        except Exception as error:  # a way that cannot train is a finding about it
            found.said = f"{type(error).__name__}: {error}"
        return found

    def _shelved(self, what: str, arrays: Mapping[str, Any]) -> Shelf:
        return Shelf.of(self.subject.folder / what, arrays.items())


def _unit(weights: Mapping[str, Any], gradients: Mapping[str, Any]) -> float:
    """The rate at which the weight that moves most moves as far as it is long."""
    lengths = {name: float(np.linalg.norm(weights[name])) for name in gradients}
    slopes = {name: float(np.linalg.norm(gradient)) for name, gradient in gradients.items()}
    return min((lengths[n] / slopes[n] for n in lengths if lengths[n] and slopes[n]), default=0.0)
