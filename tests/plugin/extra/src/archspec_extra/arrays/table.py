"""The lowering table: a part of the operations, the rest is reported with its place. Nothing here imports NumPy."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Value
from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.ops.window import cells, halves
from archspec.graph.quantity import Quantity
from archspec.lowering.dialect import Dialect, Table, carried
from archspec.lowering.plan import Call, Slot, Step, Target, call

Weights = tuple[Weight, ...]
TARGETS: Mapping[str, Target] = {
    name: Target()
    for name in (
        *("conv", "depthwise", "dense", "batch_norm"),
        *("clip", "softmax", "mean", "total"),
    )
}


def _step(made: Call, weights: Weights) -> tuple[Step, ...]:
    """One call that takes its weights by their roles, in the canonical layout."""
    return (Step("", made, slots=tuple(Slot(weight, weight.role) for weight in weights)),)


def _window(node: Node) -> dict[str, Quantity]:
    """The rule `same` stays a rule; every other padding is a number of cells at any size."""
    attrs = node.attrs
    found: dict[str, Value] = {
        key: tuple(h.whole for h in halves(attrs[key])) for key in ("stride", "dilation")
    }
    same = attrs["padding"].value == "same"
    found["padding"] = "same" if same else tuple(cells(attrs, axis, 0) for axis in (0, 1))
    return {key: Quantity.of(value) for key, value in found.items()}


def conv(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("conv", **_window(node), groups=node.attrs["groups"]), weights)


def depthwise(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("depthwise", **_window(node)), weights)


def dense(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("dense"), weights)


def batch_norm(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("batch_norm", epsilon=node.attrs["epsilon"]), weights)


def relu(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("clip", highest=float("inf")), weights)


def relu6(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("clip", highest=6.0), weights)


def softmax(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("softmax"), weights)


def global_avg_pool(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("mean", keepdims=node.attrs["keepdims"]), weights)


def add(node: Node, weights: Weights) -> tuple[Step, ...]:
    return _step(call("total"), weights)


def passed_on(node: Node, weights: Weights) -> tuple[Step, ...]:
    """Nothing happens: `identity`, and `dropout` where nothing is trained."""
    return ()


TABLE: Table = {
    "conv": conv,
    "depthwise": depthwise,
    "dense": dense,
    "batch_norm": batch_norm,
    "relu": relu,
    "relu6": relu6,
    "softmax": softmax,
    "global_avg_pool": global_avg_pool,
    "add": add,
    "dropout": passed_on,
    "identity": passed_on,
}
DIALECT = Dialect(
    "numpy",
    "NumPy",
    TABLE,
    TARGETS,
    homes=carried(TARGETS, "archspec_extra.arrays.functions"),
)
