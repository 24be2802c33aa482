"""Matrix products."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Layout, Step, Target, call
from archspec_torch.tables.base import permute, slots

TARGETS: Mapping[str, Target] = {
    "nn.Linear": Target(("in_features", "out_features"), (("bias", True),)),
}
_DENSE = Layout((1, 0))


def dense(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    x = node.input_types[0]
    linear = call(
        "nn.Linear",
        in_features=x.channels,
        out_features=node.attrs["units"],
        bias=node.attrs["bias"],
    )
    step = Step("", linear, slots=slots(weights, _DENSE))
    if x.rank == 1:
        return (step,)
    return (permute("last", (0, 2, 3, 1)), step, permute("first", (0, 3, 1, 2)))


TABLE: Table = {"dense": dense}
