"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.ops.window import halves, trimmed
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Call, Layout, Slot, Step, Target, call
from archspec.lowering.rows import pair
from archspec_torch.tables.base import slots
from archspec_torch.tables.initial import initial
from archspec_torch.tables.window import padded

TARGETS: Mapping[str, Target] = {
    "nn.Conv2d": Target(
        ("in_channels", "out_channels", "kernel_size"),
        (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1), ("bias", True)),
    ),
    "Conv2dSame": Target(
        ("in_channels", "out_channels", "kernel_size"),
        (("stride", 1), ("dilation", 1), ("groups", 1), ("bias", True)),
    ),
    "nn.ConvTranspose2d": Target(
        ("in_channels", "out_channels", "kernel_size"),
        (("stride", 1), ("padding", 0), ("output_padding", 0), ("bias", True)),
    ),
}
_KERNEL = Layout((3, 2, 0, 1))
_DEPTHWISE = Layout((2, 3, 0, 1), (-1, 1))
_TRANSPOSED = Layout((2, 3, 0, 1))


def conv(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return _convolve(node, weights, node.attrs["filters"], node.attrs["groups"], _KERNEL)


def depthwise(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    channels = node.input_types[0].channels
    filters = channels * node.attrs["multiplier"]
    return _convolve(node, weights, filters, channels, _DEPTHWISE)


def _convolve(
    node: Node, weights: tuple[Weight, ...], filters: Quantity, groups: Quantity, layout: Layout
) -> tuple[Step, ...]:
    before, convolution = _windowed(node, filters, groups, node.attrs["bias"])
    turned = node.op.name == "depthwise"
    return (*before, Step("", convolution, slots=slots(weights, layout, turned=turned)))


def _windowed(
    node: Node, filters: Quantity, groups: Quantity, bias: Quantity
) -> tuple[tuple[Step, ...], Call]:
    """The padding that a convolution does not do itself, and the convolution."""
    attrs = node.attrs
    first = {
        "in_channels": node.input_types[0].channels,
        "out_channels": filters,
        "kernel_size": attrs["kernel"],
        "stride": attrs["stride"],
    }
    last = {"dilation": attrs["dilation"], "groups": groups, "bias": bias}
    if attrs["padding"].value == "same":
        return (), call("Conv2dSame", **first, **last)
    before, padding = padded(node)
    return before, call("nn.Conv2d", **first, padding=padding, **last)


def separable_conv(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs, channels = node.attrs, node.input_types[0].channels
    inner = channels * attrs["multiplier"]
    depthwise, pointwise, *bias = weights
    first = (Slot(depthwise, "weight", _DEPTHWISE, initial(depthwise, turned=True)),)
    before, spatial = _windowed(node, inner, channels, Quantity.of(False))
    mixed = call(
        "nn.Conv2d",
        in_channels=inner,
        out_channels=attrs["filters"],
        kernel_size=1,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=attrs["bias"],
    )
    last = (
        Slot(pointwise, "weight", _KERNEL, initial(pointwise)),
        *(Slot(weight, "bias", Layout(), initial(weight)) for weight in bias),
    )
    return (*before, Step("depthwise", spatial, slots=first), Step("", mixed, slots=last))


def conv_transpose(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """PyTorch cuts off the same on both sides and may add cells at the end; what is left over is cut off behind it."""
    attrs = node.attrs
    cut = [trimmed(attrs, axis) for axis in (0, 1)]
    both = [max(0, min(sides)) for sides in cut]
    more = [max(0, -after) for _, after in cut]
    convolution = call(
        "nn.ConvTranspose2d",
        in_channels=node.input_types[0].channels,
        out_channels=attrs["filters"],
        kernel_size=attrs["kernel"],
        stride=attrs["stride"],
        padding=_half(attrs["padding"], attrs["kernel"], both),
        output_padding=_pair(more),
        bias=attrs["bias"],
    )
    rest = [(before - b, max(0, after) - b) for (before, after), b in zip(cut, both, strict=True)]
    step = Step("", convolution, slots=slots(weights, _TRANSPOSED))
    if not any(cells for sides in rest for cells in sides):
        return (step,)
    amount = Quantity.of(tuple(-cells for sides in reversed(rest) for cells in sides))
    return (step, Step("crop", call("F.pad", pad=amount, value=0.0), "function"))


def _half(padding: Quantity, kernel: Quantity, both: list[int]) -> Quantity:
    """Half the kernel as such where the row says so."""
    if padding.value != "symmetric":
        return _pair(both)
    height, width = halves(kernel)
    return pair(height // 2, width // 2)


def _pair(numbers: list[int]) -> Quantity:
    return pair(*(Quantity.of(number) for number in numbers))


TABLE: Table = {
    "conv": conv,
    "depthwise": depthwise,
    "separable_conv": separable_conv,
    "conv_transpose": conv_transpose,
}
