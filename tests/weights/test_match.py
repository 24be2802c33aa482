"""Which tensor is which weight: right, or an error that names both candidates; never a guess."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archspec
from archspec import shelf
from archspec.api import Network
from archspec.lowering.backend import backend
from archspec.lowering.layouts import native
from archspec.source import SpecError
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import Order, TensorFile
from archspec.weights.matching import match
from archspec.weights.matching.name_map import NameMap
from tests.unit.test_random_networks import MORE
from tests.unit.test_random_networks import SPECS as RANDOM
from tests.unit.test_random_networks import network as elaborated

Find = Callable[[str], str]
LARGEST = 300_000  # parameters of a random network: concatenations in loops double them
NAMES = sorted(
    {*shelf.files(), *(path.stem for path in (Path(__file__).parents[1] / "specs").glob("*.yaml"))}
)


def state(network: Network, weights: dict[str, Any]) -> dict[str, Any]:
    """The state dict of the built model, without building it."""
    return native(backend("torch").lower(network.graph), weights)


def counted(network: Network, weights: dict[str, Any]) -> dict[str, Any]:
    """The tensors as Keras's files call them: classes and counters, each tensor a number."""
    counts: dict[str, int] = {}
    found: dict[str, Any] = {}
    units = backend("keras").lower(network.graph).units()
    for unit in (unit for unit in units if not unit.node.shares):
        for step in unit.steps:
            name = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", step.call.target.rpartition(".")[2]).lower()
            number = counts[name] = counts.get(name, -1) + 1
            for k, slot in enumerate(step.slots):
                above = f"layers/{name}_{number}" if number else f"layers/{name}"
                found[f"{above}/vars/{k}"] = weights[f"{unit.node.path}.{slot.weight.role}"]
    return found


def result(
    network: Network,
    tensors: dict[str, Any],
    layout: str,
    order: Order,
    names: NameMap | None = None,
) -> dict[str, Any] | WeightsError:
    shelf = TensorFile("there", tensors, order)
    try:
        return match.arrays(match.match(network.graph, shelf, layout, names), shelf)
    except WeightsError as error:
        return error


def equal(found: Any, weights: dict[str, Any]) -> bool:
    if isinstance(found, WeightsError):
        return False
    return list(found) == list(weights) and all(np.array_equal(found[n], weights[n]) for n in found)


def disguised(tensors: dict[str, Any], call: Callable[[str, int], str]) -> dict[str, Any]:
    """The same tensors under other names of their layers."""
    layers = {
        name: k for k, name in enumerate(dict.fromkeys(n.rpartition(".")[0] for n in tensors))
    }
    return {
        f"{call(name.rpartition('.')[0], layers[name.rpartition('.')[0]])}.{name.rpartition('.')[2]}": value
        for name, value in tensors.items()
    }


@pytest.mark.parametrize("spec", NAMES)
def test_every_spec_in_any_order_under_its_own_names(test_spec: Find, spec: str) -> None:
    without = {"top": "none"} if spec == "vgg_keras" else {}  # vgg has its dense layers
    network = archspec.load(test_spec(spec), **without)
    weights = network.random_weights(0)
    tensors = state(network, weights)
    shuffled = list(tensors)
    random.Random(0).shuffle(shuffled)
    for names in (list(tensors), sorted(tensors), shuffled):
        assert equal(result(network, {n: tensors[n] for n in names}, "torch", "none"), weights)


@pytest.mark.parametrize(
    "spec", ["mobilenet_v1", "mobilenet_v2", "timm_mobilenetv1", "mobilenet_v1_keras"]
)
def test_mobilenets_need_no_order_and_no_map(test_spec: Find, spec: str) -> None:
    """Under names that are not ours, sorted as files sort them: numbers and shapes are enough."""
    network = archspec.load(test_spec(spec))
    weights = network.random_weights(0)
    prefixed = disguised(state(network, weights), lambda name, k: f"backbone.{name}")
    assert equal(result(network, dict(sorted(prefixed.items())), "torch", "none"), weights)
    assert equal(
        result(network, dict(sorted(counted(network, weights).items())), "keras", "none"), weights
    )


@settings(max_examples=60 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(RANDOM, st.randoms(use_true_random=False))
def test_random_networks_are_matched_right_or_not_at_all(spec: dict[str, Any], chance: Any) -> None:
    network = elaborated(spec)
    if network is None or network.params.total > LARGEST:
        return
    weights = network.random_weights(0)
    tensors = state(network, weights)
    told = result(network, disguised(tensors, lambda name, k: f"layer{k}"), "torch", "definition")
    assert equal(told, weights) or "side by side" in str(told)
    shuffled = list(tensors)
    chance.shuffle(shuffled)
    moved = {n: tensors[n] for n in shuffled}
    cases = [
        (disguised(tensors, lambda name, k: f"net.{name}"), "torch", "none"),
        (disguised(moved, lambda name, k: f"net.{name}"), "torch", "none"),
        (disguised(moved, lambda name, k: f"net.{name}"), "torch", "definition"),
        (dict(sorted(counted(network, weights).items())), "keras", "none"),
    ]
    for renamed, layout, order in cases:
        found = result(network, renamed, layout, order)  # type: ignore[arg-type]
        assert isinstance(found, WeightsError) or equal(found, weights)


TWINS = """
archspec: 1
name: twins
input: [8, 8, 4]
rows:
  - {type: conv, name: stem, kernel: 1, filters: 4}
  - {type: conv, name: left, kernel: 3, filters: 4, padding: same, norm: batch_norm, from: stem}
  - {type: conv, name: right, kernel: 3, filters: 4, padding: same, norm: batch_norm, from: stem}
  - {type: add, name: sum, from: [left, right]}
"""


def twins(first: str, second: str) -> tuple[Network, dict[str, Any], dict[str, Any]]:
    """A network of two rows beside each other, its weights, and these under other names of the two."""
    network = archspec.load(TWINS)
    weights = network.random_weights(0)
    called = {"stem": "begin", "left": first, "right": second}
    tensors = {
        re.sub(
            r"^(\w+?)\.(conv|norm)?\.?", lambda m: f"{called[m[1]]}.{m[2] or 'conv'}.", name
        ): value
        for name, value in state(network, weights).items()
    }
    return network, weights, tensors


def test_two_rows_beside_each_other_are_told_apart_by_words() -> None:
    network, weights, tensors = twins("branch_left", "branch_right")
    assert equal(result(network, tensors, "torch", "definition"), weights)


@pytest.mark.parametrize(("first", "second"), [("one", "two"), ("branch_right", "branch_left")])
def test_two_rows_that_nothing_tells_apart(first: str, second: str) -> None:
    """No words in common, or words that say the opposite of the order."""
    network, _, tensors = twins(first, second)
    found = result(network, tensors, "torch", "definition")
    assert isinstance(found, WeightsError)
    assert re.search(rf"row left .* and row right .* {first}.* or {second}.*, both fit", str(found))


def test_a_map_of_names_decides() -> None:
    network, weights, tensors = twins("one", "two")
    words = NameMap(words={"left": "one", "right": "two"})
    assert equal(result(network, tensors, "torch", "definition", words), weights)
    rows = NameMap(
        rows={
            "left": "one.conv",
            "left.norm": "one.norm",
            "right": "two.conv",
            "right.norm": "two.norm",
        }
    )
    assert equal(result(network, dict(sorted(tensors.items())), "torch", "none", rows), weights)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"lift": "one.conv"}, "lift: no row of twins with weights"),
        ({"left": "three"}, "left: there is no layer three"),
        ({"left": "one.conv", "right": "one.conv"}, "two rows are given one layer"),
        ({"left": "one.norm"}, "one.norm.running_mean: row left .* has no running_mean"),
    ],
)
def test_a_map_of_names_that_does_not_fit(rows: dict[str, str], message: str) -> None:
    network, _, tensors = twins("one", "two")
    found = result(network, tensors, "torch", "definition", NameMap(rows=rows, source="map"))
    assert isinstance(found, WeightsError)
    assert re.search(message, str(found))


def test_a_map_beside_the_spec(tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text(TWINS)
    (tmp_path / "twins.weights.yaml").write_text(
        "weights: 1\ntorch:\n  words: {left: one, right: two}\n"
    )
    network = archspec.load(tmp_path / "twins.yaml")
    _, weights, tensors = twins("one", "two")
    found = network.import_weights(tensors, layout="torch")
    assert equal(found, weights)
    with pytest.raises(WeightsError, match="side by side"):
        network.import_weights(tensors, layout="timm")  # the map says nothing of timm
    elsewhere = tmp_path / "other.yaml"
    elsewhere.write_text("weights: 1\ntimm:\n  words: {left: one, right: two}\n")
    assert equal(network.import_weights(tensors, layout="timm", names=elsewhere), weights)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("torch: {words: {a: b}}\n", "missing-key", "1:1"),
        ("weights: 1\ntorhc: {words: {a: b}}\n", "unknown-key", "2:1"),
        ("weights: 1\ntorch: {wrods: {a: b}}\n", "unknown-key", "2:9"),
        ("weights: 1\ntorch: {words: [a, b]}\n", "wrong-form", "2:16"),
        ("weights: 1\ntorch: {rows: {a: [b]}}\n", "wrong-form", "2:19"),
        ("[1]\n", "wrong-form", "1:1"),
    ],
)
def test_mistakes_in_a_map(tmp_path: Path, text: str, code: str, place: str) -> None:
    path = tmp_path / "names.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        archspec.load(TWINS).name_map("torch", path)
    assert f":{place}: error[{code}]" in str(caught.value)


def test_numbers_that_contradict_the_file() -> None:
    network = archspec.load(
        "archspec: 1\nname: chain\ninput: [8, 8, 4]\nrows:\n"
        "  - {type: conv, name: a, kernel: 1, filters: 4}\n  - {type: conv, name: b, kernel: 1, filters: 4}\n"
    )
    tensors = disguised(state(network, network.random_weights(0)), lambda name, k: f"conv{2 - k}")
    found = result(network, tensors, "torch", "definition")
    assert isinstance(found, WeightsError)
    assert "conv1 and conv2: their numbers say one order, the file another" in str(found)


def test_kernels_defined_in_another_sequence_take_their_norms_along() -> None:
    """A shortcut that is defined after the body and written before it: the norms have one shape, the kernels not."""
    network = archspec.load(
        "archspec: 1\nname: shortcut\ninput: [8, 8, 3]\n"
        "defaults: {conv: {norm: batch_norm, padding: same, bias: false}}\nrows:\n"
        "  - {type: conv, name: stem, kernel: 1, filters: 4}\n"
        "  - {type: conv, name: side, kernel: 1, filters: 6, from: stem}\n"
        "  - {type: conv, name: first, kernel: 3, filters: 5, from: stem}\n"
        "  - {type: conv, name: second, kernel: 3, filters: 6}\n"
        "  - {type: add, name: sum, from: [side, prev]}\n"
    )
    weights = network.random_weights(0)
    tensors = state(network, weights)
    called = {
        "stem": "conv1",
        "first": "layer.conv1",
        "second": "layer.conv2",
        "side": "layer.downsample",
    }
    theirs = {}
    for label, name in called.items():
        own = {n: v for n, v in tensors.items() if n.startswith(f"{label}.")}
        theirs |= {n.replace(label, name, 1): v for n, v in own.items()}
    assert equal(result(network, theirs, "torch", "definition"), weights)


def test_adversarial_names_cost_little() -> None:
    """Forty names without numbers, all of one shape, and one that fits nowhere; very deep and very long names."""
    rows = "".join(f"  - {{type: conv, name: a{k}, kernel: 1, filters: 4}}\n" for k in range(40))
    network = archspec.load(f"archspec: 1\nname: many\ninput: [8, 8, 4]\nrows:\n{rows}")
    tensors = state(network, network.random_weights(0))
    letters = disguised(tensors, lambda name, k: "x" * (k + 1))
    assert isinstance(result(network, letters, "torch", "none"), WeightsError)
    deep = disguised(tensors, lambda name, k: ".".join("a" * 5_000) + str(k))
    assert equal(result(network, deep, "torch", "definition"), network.random_weights(0))
    long = disguised(tensors, lambda name, k: "9" * 20_000 + "b" * k)
    assert isinstance(result(network, long, "torch", "none"), WeightsError)


def test_a_file_whose_branches_are_mixed_is_in_no_order() -> None:
    """`a.0`, `b.0`, `a.1` is no order of definition: modules are defined one after the other."""
    rows = "".join(
        f"  - {{type: conv, name: {n}, kernel: 1, filters: 4}}\n" for n in ("x", "y", "z")
    )
    network = archspec.load(f"archspec: 1\nname: chain\ninput: [8, 8, 4]\nrows:\n{rows}")
    called = ["part1.0", "part2.0", "part1.1"]
    tensors = disguised(state(network, network.random_weights(0)), lambda name, k: called[k])
    found = result(network, tensors, "torch", "definition")
    assert isinstance(found, WeightsError)
    assert "part1.1 and part2.0: their numbers say one order, the file another" in str(found)


def test_a_vector_of_factors_that_a_module_lists_before_its_layers() -> None:
    """ConvNeXt's layer scale as torchvision has it: (c, 1, 1), called otherwise, ahead of the block's layers."""
    network = archspec.load("convnext", depths=(1, 2, 1, 1), widths=(4, 6, 8, 10), classes=3)
    weights = network.random_weights(0)
    theirs: dict[str, Any] = {}
    for name, value in state(network, weights).items():
        if name.endswith(".scale.gamma"):
            above = name.removesuffix("scale.gamma")
            first = next(key for key in theirs if key.startswith(above))
            moved = {f"{above}layer_scale": value.reshape(-1, 1, 1)}
            listed = list(theirs.items())
            place = list(theirs).index(first)
            theirs = dict([*listed[:place], *moved.items(), *listed[place:]])
        else:
            theirs[name] = value
    other = {f"net.{name}": value for name, value in theirs.items()}
    assert list(other) != [f"net.{name}" for name in state(network, weights)]
    assert equal(result(network, other, "torchvision", "definition"), weights)
