"""Live Keras models tell what feeds what: layers are found by that, under any names and in any order, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.weights.check import WeightsError
from archspec.weights.matching import by_wiring
from archspec.weights.wiring import JOIN, WiringBuilder, WiringNode

SPEC = """
archspec: 1
name: cell
input: [9, 8, 4]
defaults: {conv: {padding: same, norm: batch_norm}}
rows:
  - {type: conv, name: stem, kernel: 1, filters: 4}
  - parallel:
      near: [{type: conv, name: conv, kernel: 3, filters: 4}]
      far:
        - {type: conv, name: first, kernel: 3, filters: 4}
        - {type: conv, name: second, kernel: 3, filters: 4}
      pooled:
        - {type: avg_pool, name: pool, kernel: 3, stride: 1, padding: same}
        - {type: conv, name: conv, kernel: 3, filters: 4}
    merge: MERGE
  - {type: global_avg_pool, name: mean}
  - {type: dense, name: classifier, units: 3}
"""


def cell(merge: Any, *, nested: bool = False) -> Any:
    """The same network as a person may have written it: layers made in another order, under names that mislead."""
    import keras
    from keras import layers

    def conv(kernel: int, name: str) -> Any:
        steps = [layers.Conv2D(4, kernel, padding="same", name=name), layers.BatchNormalization()]
        if nested:
            return keras.Sequential(steps, name=f"{name}_block")
        return lambda x: steps[1](steps[0](x))

    pooled, second, first = conv(3, "a"), conv(3, "b"), conv(3, "c")
    near, stem = conv(3, "d"), conv(1, "e")
    inputs = keras.Input((9, 8, 4))
    x = stem(inputs)
    third = pooled(layers.AveragePooling2D(3, 1, padding="same")(x))
    joined = merge([near(x), second(first(x)), third])
    outputs = layers.Dense(3)(layers.GlobalAveragePooling2D()(joined))
    model = keras.Model(inputs, outputs)
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(random.uniform(0.5, 1.5, variable.shape))
    return model


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "lists-of-layers"])
def test_branches_that_are_concatenated(nested: bool) -> None:
    from keras import layers

    model = cell(layers.Concatenate(), nested=nested)
    network = archspec.load(SPEC.replace("MERGE", "concat"))
    weights = network.import_weights(model)
    inputs = np.random.default_rng(1).standard_normal((2, 9, 8, 4), dtype=np.float32)
    found = ready("keras").run(network.build("keras", weights=weights), inputs)
    expected = np.asarray(model(inputs, training=False))
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_branches_that_nothing_tells_apart() -> None:
    """A sum has no order, and a pool no weights: `near` and `pooled` may be either; nothing is guessed."""
    from keras import layers

    network = archspec.load(SPEC.replace("MERGE", "add"))
    with pytest.raises(WeightsError, match="in several ways"):
        network.import_weights(cell(layers.Add()))


A, B = (("kernel", (3, 3, 4, 4)),), (("kernel", (1, 1, 4, 4)),)


def chain(*layers: str) -> tuple[WiringNode, ...]:
    return tuple(WiringNode(name, (number - 1,)) for number, name in enumerate(layers))


def test_a_chain_is_told_by_its_order() -> None:
    kinds = {"x": A, "y": A, "z": A}
    found = by_wiring.pairing(
        chain("1", "2", "3"), chain("z", "x", "y"), dict.fromkeys("123", A), kinds
    )
    assert found == {"1": "z", "2": "x", "3": "y"}


@pytest.mark.parametrize(
    "theirs",
    [
        chain("x", "y", "x"),
        chain("x", "y"),
        (
            WiringNode("x", (-1,)),
            WiringNode("y", (-1,)),
            WiringNode(JOIN, (0, 1)),
            WiringNode("z", (2,)),
        ),
    ],
    ids=["a-layer-called-twice", "too-few", "wired-otherwise"],
)
def test_another_wiring(theirs: tuple[WiringNode, ...]) -> None:
    kinds = {"x": A, "y": A, "z": A}
    assert by_wiring.pairing(chain("1", "2", "3"), theirs, dict.fromkeys("123", A), kinds) is None


def test_another_kind() -> None:
    wanted, kinds = {"1": A, "2": B}, {"x": B, "y": A}
    assert by_wiring.pairing(chain("1", "2"), chain("x", "y"), wanted, kinds) is None


def test_sums_of_sums_are_one_sum() -> None:
    weaver, nested = WiringBuilder(["in"]), WiringBuilder(["in"])
    for made in (weaver, nested):
        for name, kind in (("a", "in"), ("b", "in"), ("c", "b")):
            made.add(name, [kind], [name])
    weaver.add("sum", ["a", "b", "c"])
    nested.add("part", ["c", "b"])
    nested.add("sum", ["part", "a"])
    for made in (weaver, nested):
        made.add("end", ["sum"], ["end"])
    kinds = dict.fromkeys(("a", "b", "c", "end"), A)
    found = by_wiring.pairing(weaver.wiring(), nested.wiring(), kinds, kinds)
    assert found == {name: name for name in kinds}
