"""Operations that move cells and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.expr import Lit
from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, Pair, np
from archspec.graph.ops.base import Attribute, Attrs, Follows, Operation, ShapeError
from archspec.graph.ops.misfits import needs_divisor, needs_image
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import SPATIAL, TensorType


class Flatten(Operation):
    """(h, w, c) to (h * w * c), cell after cell (`hwc`, Keras) or channel after channel (`chw`, PyTorch)."""

    name = "flatten"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "order": base.word("Which axis runs slowest.", "hwc", "chw", default="hwc")
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        if inputs[0].rank == 1:
            return inputs[0]
        needs_image(inputs[0])
        (_, height), (_, width), (_, channels) = inputs[0].axes
        return TensorType.vector(height * width * channels)

    def compute(self, case: Case) -> Array:
        x = case.x
        if x.ndim == 4 and case.attrs["order"] == "chw":
            x = x.transpose(0, 3, 1, 2)
        return x.reshape(len(x), -1)


SIDES = ("top", "bottom", "left", "right")


def _sides(attrs: Attrs) -> tuple[tuple[Quantity, Quantity], tuple[Quantity, Quantity]]:
    """Cells before and after, of height and of width."""
    top, bottom, left, right = (attrs[side] for side in SIDES)
    return (top, bottom), (left, right)


class Pad(Operation):
    """`value` around an image: (h, w, c) to (h + top + bottom, w + left + right, c)."""

    name = "pad"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        **{side: base.count(f"Cells added at the {side}.", 0, 0) for side in SIDES},
        "value": base.number("What the cells hold.", 0.0),
    }
    follows = (Follows(("bottom", "right"), 1, frozenset(("top", "left"))),)

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        x = inputs[0]
        needs_image(x)
        for name, sides in zip(SPATIAL, _sides(attrs), strict=True):
            for cells in sides:
                x = x.with_axis(name, x.axis(name) + cells) if cells.expr != Lit(0) else x
        return x

    def compute(self, case: Case) -> Array:
        return np.pad(case.x, ((0, 0), *_rims(case), (0, 0)), constant_values=case.attrs["value"])


class Crop(Operation):
    """An image without its rim: (h, w, c) to (h - top - bottom, w - left - right, c)."""

    name = "crop"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        side: base.count(f"Cells taken off the {side}.", 0, 0) for side in SIDES
    }
    follows = (Follows(("bottom", "right"), -1, frozenset(("top", "left"))),)

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        x = inputs[0]
        needs_image(x)
        for axis, (name, sides) in enumerate(zip(SPATIAL, _sides(attrs), strict=True)):
            cropped, size = sum(cells.whole for cells in sides), x.axis(name).whole
            if cropped >= size:
                key = max(SIDES[2 * axis : 2 * axis + 2], key=lambda side: attrs[side].whole)
                message = f"{cropped} cells of a {name} of {size} leave nothing"
                raise ShapeError(message, f"at most {size - 1} cells", cropped, key)
            for cells in sides:
                x = x.with_axis(name, x.axis(name) - cells) if cells.expr != Lit(0) else x
        return x

    def compute(self, case: Case) -> Array:
        (top, bottom), (left, right) = _rims(case)
        return case.x[:, top : case.x.shape[1] - bottom, left : case.x.shape[2] - right]


class ChannelShuffle(Operation):
    """Channels of `groups` groups dealt out in turn: channel k of group g becomes channel k * groups + g.

    ShuffleNet, Zhang et al. 2018.
    """

    name = "channel_shuffle"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "groups": base.count("Groups that are shuffled with each other.")
    }

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        needs_image(inputs[0])
        channels, groups = inputs[0].channels.whole, attrs["groups"].whole
        needs_divisor(groups, channels, "input")
        return inputs[0]

    def compute(self, case: Case) -> Array:
        groups, shuffled = case.attrs["groups"], np.empty_like(case.x)
        for group, part in enumerate(np.split(case.x, groups, -1)):
            shuffled[..., group::groups] = part
        return shuffled


class Identity(Operation):
    """The value itself."""

    name = "identity"

    def compute(self, case: Case) -> Array:
        return case.x


def _rims(case: Case) -> tuple[Pair, Pair]:
    top, bottom, left, right = (case.attrs[k] for k in ("top", "bottom", "left", "right"))
    return (top, bottom), (left, right)
