"""Images of another size."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.lowering.lower import Table
from archspec.lowering.plan import Step, Target, call

_GIVEN = (("size", None), ("scale_factor", None), ("mode", "nearest"), ("align_corners", None))
TARGETS: Mapping[str, Target] = {
    "nn.Upsample": Target((), _GIVEN),
    "NearestUpsample": Target(("scale",)),
    "NearestResize": Target(("size",)),
    "ResizeLike": Target(),
    "NearestResizeLike": Target(),
}


def resize(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """PyTorch's `nearest` rounds its places, and not every tracer knows `nearest-exact`: ours are whole numbers."""
    attrs = node.attrs
    if len(node.inputs) > 1:
        bilinear = attrs["method"].value == "bilinear"
        return (Step("", call("ResizeLike" if bilinear else "NearestResizeLike")),)
    size = {"size": attrs["size"]} if "size" in attrs else {"scale_factor": attrs["scale"]}
    if attrs["method"].value == "bilinear":
        return (Step("", call("nn.Upsample", **size, mode="bilinear", align_corners=False)),)
    if "size" in size:
        return (Step("", call("NearestResize", **size)),)
    return (Step("", call("NearestUpsample", scale=attrs["scale"])),)


TABLE: Table = {"resize": resize}
