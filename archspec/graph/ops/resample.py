"""Images of another size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case, np, pair
from archspec.graph.ops.base import Attribute, Attrs, Follows, Operation, ShapeError
from archspec.graph.ops.misfits import needs_image
from archspec.graph.ops.window import halves
from archspec.graph.tensor import SPATIAL, TensorType


class Resize(Operation):
    """An image `scale` times as large, or of `size`: (h, w, c) to (h', w', c).

    Cell i of the output lies at (i + 1/2) * L / L' - 1/2 of the input: centres of cells, corners not aligned, no
    antialiasing. `nearest` takes the cell that holds the place, cell (2 * i + 1) * L // (2 * L'), `bilinear` weighs the
    two cells around it by their distance along each axis; at the rim the place is moved to the outermost centre.
    TensorFlow's tf.image.resize, PyTorch's `nearest-exact` and `bilinear`, ONNX's Resize with half_pixel.
    """

    name = "resize"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "method": base.word("How cells are made.", "nearest", "bilinear", default="nearest"),
        "scale": base.pair("Whole factor of height and width.", None),
        "size": base.pair("Height and width of the output, in place of `scale`.", None),
    }
    follows = (Follows(("size",)),)

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        x = inputs[0]
        needs_image(x)
        keys = [key for key in ("scale", "size") if key in attrs]
        if len(keys) != 1:
            message, expected = "it takes either `scale` or `size`", "scale: 2, or size: [56, 56]"
            hint = "a whole factor by `scale`; any other size, computed where need be, by `size`"
            raise ShapeError(message, expected, " and ".join(keys) or "neither", "size", hint)
        for name, half in zip(SPATIAL, halves(attrs[keys[0]]), strict=True):
            x = x.with_axis(name, x.axis(name) * half if keys[0] == "scale" else half)
        return x

    def compute(self, case: Case) -> Array:
        x, attrs = case.x, case.attrs
        for axis in (1, 2):
            size = x.shape[axis]
            number = pair(attrs["size"] if "size" in attrs else attrs["scale"])[axis - 1]
            x = _resized(x, axis, number if "size" in attrs else size * number, attrs["method"])
        return x


def _resized(x: Array, axis: int, count: int, method: str) -> Array:
    size = x.shape[axis]
    if method == "nearest":
        return x.take([(2 * i + 1) * size // (2 * count) for i in range(count)], axis)
    places = np.clip((np.arange(count) + 0.5) * size / count - 0.5, 0, size - 1)
    low = places.astype(int)
    part = np.expand_dims(places - low, (*range(axis), *range(axis + 1, x.ndim)))
    return x.take(low, axis) * (1 - part) + x.take(np.minimum(low + 1, size - 1), axis) * part
