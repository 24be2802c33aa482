"""The replay against the truth: printed PyTorch files are changed in one place, and its verdict on each is compared
with really running it. `make mutants` tries several thousand.

A mutant is wrong if it raises, if its weights have other names or another order, if it gives other values than the
built model, or if, from one seed, its first weights or its values in training differ from those of the file itself;
everything else is right, whatever it looks like.
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

import numpy as np
import torch

import archspec
from archspec.api import Network
from archspec.exceptions import ArchspecError
from archspec.lowering.backend import ready
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


class Subject:
    """One network with its printed file, and what its built model gives."""

    def __init__(self, network: Network) -> None:
        chosen: Any = ready("torch")
        self.plan = chosen.lower(network.graph)
        self.printed = network.printed("torch")
        self.framework = chosen.syntax(self.plan).replayed()
        weights = network.random_weights(0, "float64")
        self.built = network.build("torch", weights=weights, dtype="float64").eval()
        shape = chosen.lower(network.graph).scope.takes[0].type.shape
        drawn = np.random.default_rng(1).standard_normal((2, *shape))
        self.x = (
            torch.from_numpy(drawn).movedim(-1, 1) if drawn.ndim == 4 else torch.from_numpy(drawn)
        )
        with torch.no_grad():
            self.expected = self.built(self.x)
        self.first = self.started(self.module(self.printed.text))

    def module(self, text: str) -> torch.nn.Module:
        """The model that a file makes, its weights drawn from one seed."""
        space: dict[str, Any] = {"__name__": "mutant"}
        exec(compile(text, "mutant", "exec"), space)  # our own file
        torch.manual_seed(0)
        model: torch.nn.Module = space[self.printed.model]()
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

    def accepted(self, text: str) -> bool:
        """The replay's verdict."""
        try:
            replay(text, self.plan, self.printed.model, self.framework)
        except ArchspecError:
            return False
        return True

    def right(self, text: str) -> bool:
        """Whether a file is the network."""
        try:
            model = self.module(text)
            state = self.built.state_dict()
            if list(model.state_dict()) != list(state) or not _same(
                self.started(model), self.first
            ):
                return False
            model.load_state_dict(state)
            with torch.no_grad():
                given = model.eval()(self.x)
        except Exception:
            return False
        return _same(_tuple(given), _tuple(self.expected))


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


def main() -> int:
    """Try the mutants and print what differs; 1 if a wrong one is accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=150, help="mutants of each file")
    each = parser.parse_args().each
    counts, wrong, strict = Counter[str](), list[str](), list[str]()
    torch.set_num_threads(1)
    for name, network in networks():
        subject = Subject(network)
        made = list(mutants(subject.printed.text, frozenset(subject.framework.carried)))
        random.Random(0).shuffle(made)
        for kind, text in made[:each]:
            accepted, right = subject.accepted(text), subject.right(text)
            counts[f"{'accepted' if accepted else 'refused'}, {'right' if right else 'wrong'}"] += 1
            if accepted and not right:
                wrong.append(f"{name}: {kind}: {_changed(subject.printed.text, text)}")
            if right and not accepted:
                strict.append(f"{name}: {kind}: {_changed(subject.printed.text, text)}")
    for verdict, number in sorted(counts.items()):
        print(f"{number:6,} {verdict}")
    print("accepted though wrong:", *Counter(wrong).most_common(), sep="\n  ")
    print("refused though right:", *strict, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
