"""A parameter is a promise: what a printed class or function takes as a number holds for other numbers.

Each definition of a block is called as the block with another legal number in place of one parameter's, and held
against the plan of the spec at that number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import archspec
from archspec import shelf
from archspec.api import Network
from archspec.arguments import Alone
from archspec.graph.symbols import EnteredSize
from archspec.language.elaborate.elaborate import elaborate
from archspec.lowering import backend as backends
from archspec.printing.draft.drafter import Drafter
from archspec.printing.draft.items import Definition
from archspec.printing.promises import kept, trials
from archspec.records import growing
from tests.unit.test_random_networks import SPECS, network

MORE = int(os.environ.get("ARCHSPEC_FUZZ", "1"))
SAMPLE = ["efficientnet_b0", "mobilenet_v1_keras", "mobilenet_v3_small_keras", "regnet_y_400mf"]
NAMES = sorted(shelf.names()) if "ARCHSPEC_ZOO" in os.environ else SAMPLE
GHOST = """
archspec: 1
name: ghosts
input: [8, 8, 4]
defaults: {conv: {padding: symmetric, norm: batch_norm}}
blocks:
  ghost:
    params: {filters, ratio: 2, stride: 1}
    let: {primary: ceil(filters / ratio)}
    rows:
      - {type: conv, name: primary, kernel: 1, stride: stride, filters: primary}
      - {type: depthwise, name: cheap, kernel: 3, multiplier: ratio - 1}
      - {type: concat, name: join, from: [primary, cheap]}
      - {type: slice, name: cut, size: filters, when: prev.channels > filters}
rows:
  - {type: ghost, name: first, filters: 8}
  - {type: ghost, name: second, filters: 12, stride: 2}
  - {type: global_avg_pool, name: pool}
"""
CHANCE = """
archspec: 1
name: chance
input: [8, 8, 16]
defaults: {conv: {padding: same}}
blocks:
  expanding:
    params: {expand, filters, first: false}
    rows:
      - {type: conv, name: expand, kernel: 1, filters: input.channels * expand, when: not first}
      - {type: depthwise, name: depthwise, kernel: 3}
      - {type: conv, name: project, kernel: 1, filters: filters}
rows:
  - {type: expanding, name: a, expand: 1, filters: 16, first: true}
  - {type: expanding, name: b, expand: 4, filters: 24}
  - {type: global_avg_pool, name: pool}
"""
UPWARD = """
archspec: 1
name: upward
input: [8, 8, 12]
blocks:
  up:
    params: {filters, kernel: 4}
    rows:
      - {type: conv_transpose, name: up, kernel: kernel, stride: 2, padding: same, filters: filters}
      - {type: relu, name: act}
rows:
  - {type: up, name: a, filters: 12}
  - {type: up, name: b, filters: 24}
  - {type: global_avg_pool, name: pool}
"""


def printed(
    found: Network, backend: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, list[Definition]]:
    """A network's file, and the definitions that it was written from."""
    drafters: list[Drafter] = []
    model = Drafter.model

    def noted(drafter: Drafter) -> Definition:
        drafters.append(drafter)
        return model(drafter)

    with monkeypatch.context() as patched:
        patched.setattr(Drafter, "model", noted)
        text = found.printed(backend).text
    return text, drafters[-1].definitions


def lies(found: Network, backend: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """How often the definitions of a file were tried with another number, and where they did not hold."""
    text, definitions = printed(found, backend, monkeypatch)
    chosen = backends.backend(backend)
    framework = chosen.syntax(chosen.lower(found.graph)).replayed()

    def again(document: Any, first: int) -> Any:
        return elaborate(document, found.graph.variables, (), first)

    alone = Alone(found.document, found.graph, chosen, again)
    tried, wrong = 0, []
    with growing():
        for definition, use, symbol in parameters(definitions):
            for trial in trials(definition, use, symbol, alone):
                tried += 1
                why = kept(trial, text, framework, found.graph.functions)
                wrong += [f"{definition.name}({trial.changed}): {why}"] if why else []
    return tried, wrong


def parameters(definitions: list[Definition]) -> Iterator[tuple[Definition, int, Any]]:
    """Every parameter of a block's definition, at the first, the last and the largest of its uses."""
    for definition in definitions:
        uses = range(len(definition.uses)) if definition.kind == "block" else range(0)
        sizes = [sum(1 for _ in definition.uses[k].units()) for k in uses]
        for use in sorted({0, len(uses) - 1, sizes.index(max(sizes))}) if sizes else ():
            for parameter in definition.parameters:
                symbol = parameter.symbol
                further = isinstance(symbol, EnteredSize) and symbol.input
                if symbol is not None and not further:
                    yield definition, use, symbol


@pytest.mark.parametrize("backend", ["torch", "keras"])
@pytest.mark.parametrize("name", NAMES)
def test_definitions_of_the_zoo_hold(
    name: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, wrong = lies(archspec.load(name), backend, monkeypatch)
    assert not wrong
    assert tried > 0 or name not in SAMPLE


@settings(max_examples=12 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_spec=SPECS)
def test_definitions_of_random_networks_hold(given_spec: dict[str, Any]) -> None:
    found = network(given_spec)
    if found is None:
        return
    with pytest.MonkeyPatch.context() as patched:
        for backend in ("torch", "keras"):
            _, wrong = lies(found, backend, patched)
            assert not wrong


def test_a_wrong_definition_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above would prove nothing if a number in place of a parameter were not seen."""
    found = archspec.load(GHOST)
    text, definitions = printed(found, "torch", monkeypatch)
    chosen = backends.backend("torch")
    framework = chosen.syntax(chosen.lower(found.graph)).replayed()
    (ghost,) = (d for d in definitions if d.kind == "block")
    graph = partial(elaborate, variables=found.graph.variables, size=())
    alone = Alone(found.document, found.graph, chosen, lambda d, first: graph(d, first=first))
    for right, wrong in (("primary * (ratio - 1)", "primary"), ("> filters", "> 99")):
        assert right in text
        mutant = text.replace(right, wrong)
        found_out = [
            kept(trial, mutant, framework, found.graph.functions)
            for trial in trials(ghost, 0, "ratio", alone)
        ]
        assert any(found_out)
    assert not any(
        kept(trial, text, framework, found.graph.functions)
        for trial in trials(ghost, 0, "ratio", alone)
    )


def classes(text: str, folder: Path) -> dict[str, Any]:
    """What a printed file defines; the file runs."""
    file = folder / "printed.py"
    file.write_text(text)
    names: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text, str(file), "exec"), names)
    return names


@pytest.mark.parametrize(("filters", "ratio"), [(8, 2), (8, 4), (9, 2), (10, 3)])
def test_a_printed_class_is_the_block_with_other_numbers(
    filters: int, ratio: int, tmp_path: Path
) -> None:
    """The class runs with the weights of the block, and gives what the spec at these numbers gives."""
    torch = pytest.importorskip("torch")
    ghost = classes(archspec.load(GHOST).source("torch"), tmp_path)["Ghost"]
    row = f"  - {{type: ghost, name: first, filters: {filters}, ratio: {ratio}}}\n"
    head = GHOST.split("rows:\n  - {type: ghost")[0]
    alone = archspec.load(f"{head}rows:\n{row}")
    weights = alone.random_weights(0, "float32")
    built = alone.build("torch", weights=weights)
    module = ghost(4, filters, ratio=ratio).eval()
    state = {key.removeprefix("first."): v for key, v in built.state_dict().items()}
    module.load_state_dict(state)
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 4, 8, 8))).float()
    with torch.no_grad():
        assert torch.equal(module(x), built(x))


def test_a_number_that_the_file_cannot_follow_is_no_parameter() -> None:
    """What PyTorch cuts off a transposed convolution is stated for one kernel; Keras has a word for it."""
    network = archspec.load(UPWARD)
    assert "kernel: int" not in network.source("torch")
    assert "kernel: int = 4" in network.source("keras")


def test_an_expression_that_is_right_by_chance_is_not_taken() -> None:
    """Where `expand` is dropped, its input goes on: as many channels as `in_channels * 1`, but not times 2."""
    text = archspec.load(CHANCE).source("torch")
    assert "in_channels if first else in_channels * expand" in text or (
        "in_channels * expand if not first else in_channels" in text
    )
