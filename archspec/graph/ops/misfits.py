"""Checks of shapes that several operations share."""

from __future__ import annotations

from archspec.graph.ops.base import ShapeError
from archspec.graph.tensor import TensorType


def kind(x: TensorType) -> str:
    """The description of a type for messages."""
    names = ", ".join(name for name, _ in x.axes)
    return f"{x} ({names})"


def needs_image(x: TensorType) -> None:
    """Raises ShapeError unless the value has height, width and channels."""
    if [name for name, _ in x.axes] != ["height", "width", "channels"]:
        message = f"it needs an image of height, width and channels, not {kind(x)}"
        hint = "put the row above the pooling or flattening that takes height and width away"
        raise ShapeError(message, "height, width, channels", kind(x), hint=hint)


def needs_axis(axis: str, x: TensorType) -> None:
    """Raises ShapeError unless the value has the axis that the key `axis` names."""
    names = [name for name, _ in x.axes]
    if axis not in names:
        raise ShapeError(f"there is no {axis} in {kind(x)}", " or ".join(names), axis, "axis")


def needs_divisor(groups: int, channels: int, end: str) -> None:
    """Raises ShapeError unless as many `groups` divide the channels of the input or the output."""
    if channels % groups:
        message = f"{groups} groups do not divide the {channels} channels of the {end}"
        raise ShapeError(message, f"a divisor of {channels}", groups, "groups")


def needs_one_shape(message: str, inputs: tuple[TensorType, ...], hint: str) -> None:
    """Raises ShapeError unless values are of one shape; `message` has a place for their shapes."""
    if len({x.shape for x in inputs}) > 1:
        raise unequal(message, "one shape", inputs, hint=hint)


def unequal(
    message: str, expected: str, inputs: tuple[TensorType, ...], *but: str, hint: str | None = None
) -> ShapeError:
    """Values whose shapes do not go together in axes other than `but`."""
    shapes = " and ".join(str(x) for x in inputs)
    received = f"{shapes}: {_differing(inputs, *but)}"
    return ShapeError(message.format(shapes), expected, received, "from", hint=hint)


def _differing(inputs: tuple[TensorType, ...], *but: str) -> str:
    """The axes in which values differ, with their sizes: `height 10 and 5, channels 8 and 16`."""
    if len({x.rank for x in inputs}) > 1:
        return "an image and a vector"
    axes = [name for name, _ in inputs[0].axes if name not in but]
    sizes = {name: [x.axis(name).whole for x in inputs] for name in axes}
    odd = {name: several for name, several in sizes.items() if len(set(several)) > 1}
    return ", ".join(f"{name} {' and '.join(map(str, several))}" for name, several in odd.items())
