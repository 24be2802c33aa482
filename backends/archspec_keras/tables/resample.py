"""Images of another size."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call
from archspec_keras.tables.base import image_call

TARGETS: Mapping[str, Target] = {
    "layers.UpSampling2D": Target(("size",)),
    "Resize": Target((), (("scale", None), ("size", None), ("method", "nearest"))),
    "ResizeLike": Target((), (("method", "nearest"),)),
}


def resize(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs, method = node.attrs, node.attrs["method"]
    if len(node.inputs) > 1:
        return (Step("", call("ResizeLike", method=method)),)
    if "size" in attrs:
        return (Step("", call("Resize", size=attrs["size"], method=method)),)
    if method.value == "nearest":
        return (Step("", image_call("layers.UpSampling2D", size=attrs["scale"])),)
    return (Step("", call("Resize", scale=attrs["scale"], method=method)),)


TABLE: Table = {"resize": resize}
