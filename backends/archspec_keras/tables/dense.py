"""Matrix products."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec_keras.tables.base import slots
from archspec_keras.tables.initial import initial

TARGETS: Mapping[str, Target] = {
    "layers.Dense": Target(
        ("units",), (("use_bias", True), ("kernel_initializer", "glorot_uniform"))
    ),
}


def dense(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    layer = call(
        "layers.Dense",
        units=node.attrs["units"],
        use_bias=node.attrs["bias"],
        kernel_initializer=initial(weights[0].init),
    )
    return (Step("", layer, slots=slots(weights)),)


TABLE: Table = {"dense": dense}
