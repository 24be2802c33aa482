"""Forward passes that are watched, and fed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import archspec
from archspec.graph.graph import origins
from archspec.lowering.backend import ready

SPEC = """
archspec: 1
name: watched
input: [7, 6, 3]
rows:
  - {type: conv, name: stem, kernel: 3, filters: 4, padding: same, activation: relu}
  - {type: identity, name: same}
  - {type: conv, name: side, kernel: 1, filters: 4, from: stem}
  - {type: add, name: sum, from: [same, side]}
  - {type: concat, name: both, from: [sum, stem]}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: classifier, units: 3}
"""
NODES = ["stem", "stem.act", "side", "sum", "both", "pool", "classifier"]


@pytest.fixture(params=["torch", "keras"])
def watched(request: pytest.FixtureRequest) -> Any:
    """A backend, its model and plan, a batch, and every node's value."""
    network = archspec.load(SPEC)
    backend: Any = ready(request.param)
    plan = backend.lower(network.graph)
    weights = network.random_weights(0, "float64")
    model = backend.build(network.graph, weights, "float64")
    batch = np.random.default_rng(0).standard_normal((2, *network.input_shape))
    return backend, model, plan, batch, backend.trace(model, plan, batch)


def test_every_node_is_heard_in_order(watched: Any) -> None:
    backend, model, _, batch, trace = watched
    assert list(trace) == NODES
    assert np.array_equal(trace["classifier"], backend.run(model, batch))
    assert np.allclose(trace["sum"], trace["stem.act"] + trace["side"])


def test_every_node_reads_what_it_is_given(watched: Any) -> None:
    """One value is turned round: only the nodes that read it give something else."""
    backend, model, plan, batch, trace = watched
    flow = origins(plan.scope)
    for turned in NODES[:-1]:
        given = {**trace, "same": trace["stem.act"], turned: -trace[turned]}
        if turned == "stem.act":
            given["same"] = given["stem.act"]
        before = {path: value.copy() for path, value in given.items()}
        found: dict[str, Any] = {}
        backend.watch(model, plan, batch, lambda p, v: found.update({p: v.copy()}), given)  # noqa: B023
        assert list(found) == NODES
        reads = {turned, "same"} if turned == "stem.act" else {turned}
        for path, value in found.items():
            changed = not np.allclose(value, trace[path], rtol=0, atol=1e-12)
            assert changed == bool(reads & set(flow.inputs[path])), (turned, path)
        assert all(np.array_equal(given[path], before[path]) for path in given), "left alone"


def test_a_model_is_left_as_it_was(watched: Any) -> None:
    backend, model, plan, batch, trace = watched
    given = {path: 0 * value for path, value in {**trace, "same": trace["stem.act"]}.items()}
    backend.watch(model, plan, batch, lambda path, value: None, given)
    assert np.array_equal(backend.run(model, batch), trace["classifier"])


def test_an_inventory_has_every_tensor(watched: Any) -> None:
    backend, model, plan, _, _ = watched
    found = backend.inventory(model)
    assert list(found) == [native for _, native, _ in plan.slots()]
    assert all(trained for _, trained in found.values())


def test_gradients_are_slopes(watched: Any) -> None:
    """Against differences of the outputs, weight by weight."""
    backend, model, plan, batch, trace = watched
    cotangent = np.random.default_rng(1).standard_normal(trace["classifier"].shape)
    made = backend.gradients(model, plan, batch, cotangent)
    assert np.allclose(made.outputs, trace["classifier"])
    start = backend.dump(model, plan)

    def value(name: str, step: float) -> float:
        moved = {**start, name: start[name] + step * direction}
        backend.load(model, plan, moved)
        return float((backend.run(model, batch) * cotangent).sum())

    for name, gradient in made.weights.items():
        assert gradient.shape == start[name].shape
        direction = np.random.default_rng(2).standard_normal(gradient.shape)
        slope = (value(name, 1e-6) - value(name, -1e-6)) / 2e-6
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=1e-6, abs=1e-8)
    backend.load(model, plan, start)
    direction = np.random.default_rng(3).standard_normal(batch.shape)
    ends = [
        (backend.run(model, batch + step * direction) * cotangent).sum() for step in (1e-6, -1e-6)
    ]
    slope = (ends[0] - ends[1]) / 2e-6
    assert slope == pytest.approx(float((made.inputs * direction).sum()), rel=1e-6)
