"""The replay against the truth: printed files are changed in one place, and its verdict on each is compared with really
running it. `make mutants` tries several thousand.

A mutant is wrong if it raises, if its layers or weights have other names, or its weights another order, if it gives
other values, or if, from one seed, its first weights or its values in training differ from those of the file itself;
everything else is right, whatever it looks like.
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

import archspec
from archspec.api import Network
from archspec.exceptions import ArchspecError
from archspec.lowering.backend import ready
from archspec.lowering.plan import Plan
from archspec.printing.framework import Framework
from archspec.printing.source import Printed
from archspec.printing.verify.replay import replay
from tests.mutants.mutations import mutants

CASES = Path(__file__).parents[1] / "printing" / "specs"
LARGE = (  # cases that take long to run
    "dla34_one_tree2",
    "ecaresnet26t",
    "ghostnet_100",
    "mobilenetv4_conv_small",
    "repvgg_a0",
    "res2net50_26w_4s",
    "starnet_s1",
)
SMALL = sorted({path.stem for path in CASES.glob("*.yaml")} - {*LARGE})
ZOO: dict[str, dict[str, Any]] = {
    "mobilenet_v1": {"resolution": 32, "width": 0.25},
    "mobilenet_v2": {"resolution": 32},
    "resnet18": {"resolution": 32, "classes": 5},
    "squeezenet1_1": {"classes": 5},
    "shufflenet_v2_x0_5": {"classes": 5},
    "regnet_y_400mf": {"classes": 5},
}


def networks() -> Iterator[tuple[str, Network]]:
    """The networks whose files are changed."""
    for name in SMALL:
        yield name, archspec.load(CASES / f"{name}.yaml")
    for name, given in ZOO.items():
        known = archspec.load(name).vars
        values = {key: value for key, value in given.items() if key in known}
        yield name, archspec.load(name, **values)


class Subject(Protocol):
    """One network with its printed file, and what really running a changed file says."""

    network: Network
    printed: Printed
    framework: Framework
    plan: Plan

    def right(self, text: str) -> bool:
        """Whether a file is the network."""
        ...


def accepted(subject: Subject, text: str) -> bool:
    """The replay's verdict."""
    try:
        replay(text, subject.plan, subject.printed.model, subject.framework)
    except ArchspecError:
        return False
    return True


def executed(subject: Subject, text: str) -> Any:
    """The model that a file makes, its weights drawn from one seed."""
    space: dict[str, Any] = {"__name__": "mutant"}
    exec(compile(text, "mutant", "exec"), space)  # our own file
    return space[subject.printed.model]()


class Torch:
    """A file of PyTorch, held against the built model."""

    def __init__(self, network: Network) -> None:
        chosen: Any = ready("torch")
        self.network, self.plan = network, chosen.lower(network.graph)
        self.printed = network.printed("torch")
        self.framework = chosen.syntax(self.plan).replayed()
        weights = network.random_weights(0, "float64")
        self.built = network.build("torch", weights=weights, dtype="float64").eval()
        self.x = torch.from_numpy(_drawn(self.plan))
        self.x = self.x.movedim(-1, 1) if self.x.ndim == 4 else self.x
        with torch.no_grad():
            self.expected = self.built(self.x)
        model = self.module(self.printed.text)
        self.layers = _layers(model)
        self.first = self.started(model)

    def module(self, text: str) -> torch.nn.Module:
        """The model that a file makes."""
        torch.manual_seed(0)
        model: torch.nn.Module = executed(self, text)
        return model.double()

    def started(self, model: torch.nn.Module) -> list[torch.Tensor]:
        """The first weights, and what training gives where the input is large enough for it."""
        weights = [value.clone() for value in model.state_dict().values()]
        torch.manual_seed(1)
        try:
            with torch.no_grad():
                return [*weights, *_tuple(model.train()(self.x))]
        except ValueError:  # one value per channel
            return weights

    def right(self, text: str) -> bool:
        """Whether a file is the network."""
        try:
            model = self.module(text)
            state = self.built.state_dict()
            if list(model.state_dict()) != list(state) or _layers(model) != self.layers:
                return False
            if not _same(self.started(model), self.first):
                return False
            model.load_state_dict(state)
            with torch.no_grad():
                given = model.eval()(self.x)
        except Exception:
            return False
        return _same(_tuple(given), _tuple(self.expected))


def _layers(model: torch.nn.Module) -> set[str]:
    """The names of the layers that hold no others."""
    return {name for name, layer in model.named_modules() if not [*layer.children()]}


class Keras:
    """A file of Keras, held against the unchanged file, which other tests hold against the built model."""

    def __init__(self, network: Network) -> None:
        chosen: Any = ready("keras")
        import keras

        keras.config.set_floatx("float64")
        self.keras: Any = keras
        self.network, self.plan = network, chosen.lower(network.graph)
        self.printed = network.printed("keras")
        self.framework = chosen.syntax(self.plan).replayed()
        self.x = _drawn(self.plan)
        model = self.module(self.printed.text)
        self.paths = self.names(model)
        drawn = np.random.default_rng(2)
        self.values = [drawn.uniform(0.5, 1.5, weight.shape) for weight in model.weights]
        self.first, self.expected = self.found(model)

    def module(self, text: str) -> Any:
        """The model that a file makes."""
        self.keras.utils.set_random_seed(0)
        return executed(self, text)

    def names(self, model: Any) -> list[str]:
        """Those of its layers, and of its weights in their order."""
        layers = (layer.name for layer in model.layers if "Input" not in type(layer).__name__)
        return [*sorted(layers), *(weight.path for weight in model.weights)]

    def found(self, model: Any) -> tuple[list[Any], list[Any]]:
        """The first weights and what training gives; what it gives with other weights."""
        begun = [weight.numpy() for weight in model.weights]
        self.keras.utils.set_random_seed(1)
        begun += _values(model(self.x, training=True))
        model.set_weights(self.values)
        return begun, _values(model(self.x, training=False))

    def right(self, text: str) -> bool:
        """Whether a file is the network."""
        try:
            model = self.module(text)
            if self.names(model) != self.paths:
                return False
            first, given = self.found(model)
        except Exception:
            return False
        return _equal(first, self.first) and _equal(given, self.expected)


def _drawn(plan: Plan) -> Any:
    """Two inputs, channels last."""
    return np.random.default_rng(1).standard_normal((2, *plan.scope.takes[0].type.shape))


def _values(given: Any) -> list[Any]:
    named = given.items() if isinstance(given, dict) else [("", given)]
    return [np.asarray(value) for _, value in named]


def _equal(given: Sequence[Any], wanted: Sequence[Any]) -> bool:
    return len(given) == len(wanted) and all(
        a.shape == b.shape and np.allclose(a, b, 1e-9, 1e-9, equal_nan=True)
        for a, b in zip(given, wanted, strict=True)
    )


SUBJECTS: dict[str, Callable[[Network], Subject]] = {"torch": Torch, "keras": Keras}


def _same(given: Sequence[Any], wanted: Sequence[torch.Tensor]) -> bool:
    return len(given) == len(wanted) and all(
        isinstance(a, torch.Tensor) and a.shape == b.shape and torch.allclose(a, b, 1e-9, 1e-9)
        for a, b in zip(given, wanted, strict=True)
    )


def _changed(before: str, after: str) -> str:
    """The lines that differ."""
    lines = unified_diff(ast.unparse(ast.parse(before)).splitlines(), after.splitlines(), n=0)
    return " ".join(line.strip() for line in lines if line[:3] not in ("---", "+++", "@@ "))


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


@dataclass
class Verdicts:
    """How many mutants were accepted or refused, right or wrong; those where the two differ, as the changed line."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    strict: list[str] = field(default_factory=list)

    def add(self, subject: Subject, kind: str, text: str) -> None:
        """One mutant."""
        taken, right = accepted(subject, text), subject.right(text)
        self.counts[f"{'accepted' if taken else 'refused'}, {'right' if right else 'wrong'}"] += 1
        if taken is not right:
            line = f"{subject.network.graph.name}: {kind}: {_changed(subject.printed.text, text)}"
            (self.wrong if taken else self.strict).append(line)


def verdicts(backends: Sequence[str], each: int, files: int | None = None) -> Verdicts:
    """So many mutants of each of the first files."""
    found = Verdicts()
    torch.set_num_threads(1)
    for _, network in islice(networks(), files):
        for backend in backends:
            subject = SUBJECTS[backend](network)
            made = list(mutants(subject.printed.text, frozenset(subject.framework.carried)))
            random.Random(0).shuffle(made)
            for kind, text in made[:each]:
                found.add(subject, kind, text)
    return found


def main() -> int:
    """Try the mutants and print what differs; 1 if a wrong one is accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=60, help="mutants of each file")
    parser.add_argument("--backend", choices=sorted(SUBJECTS), help="files of one framework")
    given = parser.parse_args()
    found = verdicts([given.backend] if given.backend else sorted(SUBJECTS), given.each)
    for verdict, number in sorted(found.counts.items()):
        print(f"{number:6,} {verdict}")
    print("accepted though wrong:", *found.wrong, sep="\n  ")
    print("refused though right:", *found.strict, sep="\n  ")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
