"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.ops.window import cells, halves
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table, Unsupported
from archspec.lowering.plan import Layout, Slot, Step, Target
from archspec_keras.tables.base import image_call, slots
from archspec_keras.tables.initial import initial
from archspec_keras.tables.window import padded

_CONV = (
    ("strides", 1),
    ("padding", "valid"),
    ("dilation_rate", 1),
    ("groups", 1),
    ("use_bias", True),
    ("kernel_initializer", "glorot_uniform"),
)
_DEPTHWISE = (
    ("strides", 1),
    ("padding", "valid"),
    ("depth_multiplier", 1),
    ("dilation_rate", 1),
    ("use_bias", True),
    ("depthwise_initializer", "glorot_uniform"),
)
TARGETS: Mapping[str, Target] = {
    "layers.Conv2D": Target(("filters", "kernel_size"), _CONV),
    "layers.DepthwiseConv2D": Target(("kernel_size",), _DEPTHWISE),
    "layers.SeparableConv2D": Target(
        ("filters", "kernel_size"),
        (
            ("strides", 1),
            ("padding", "valid"),
            ("dilation_rate", 1),
            ("depth_multiplier", 1),
            ("use_bias", True),
            ("depthwise_initializer", "glorot_uniform"),
            ("pointwise_initializer", "glorot_uniform"),
        ),
    ),
    "layers.Conv2DTranspose": Target(
        ("filters", "kernel_size"),
        (
            ("strides", 1),
            ("padding", "valid"),
            ("use_bias", True),
            ("kernel_initializer", "glorot_uniform"),
        ),
    ),
    "layers.Cropping2D": Target(("cropping",)),
}
_TRANSPOSED = Layout((0, 1, 3, 2))


def _not_both(node: Node) -> None:
    """Raises Unsupported for a convolution with a stride and a dilation, which Keras refuses."""
    strides, dilations = halves(node.attrs["stride"]), halves(node.attrs["dilation"])
    if any(s.whole > 1 for s in strides) and any(d.whole > 1 for d in dilations):
        message = "Keras's convolutions have a stride or a dilation above 1, not both"
        raise Unsupported(message, "dilate with stride 1, then pool with kernel 1 and the stride")


def conv(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    _not_both(node)
    before, word = padded(node)
    attrs = node.attrs
    convolution = image_call(
        "layers.Conv2D",
        filters=attrs["filters"],
        kernel_size=attrs["kernel"],
        strides=attrs["stride"],
        padding=word,
        dilation_rate=attrs["dilation"],
        groups=attrs["groups"],
        use_bias=attrs["bias"],
        kernel_initializer=initial(weights[0].init),
    )
    return (*before, Step("", convolution, slots=slots(weights)))


def depthwise(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    _not_both(node)
    strides = halves(node.attrs["stride"])
    if strides[0].value != strides[1].value:
        raise Unsupported("Keras's depthwise convolution has one stride for height and width")
    before, word = padded(node)
    attrs = node.attrs
    convolution = image_call(
        "layers.DepthwiseConv2D",
        kernel_size=attrs["kernel"],
        strides=strides[0],
        padding=word,
        depth_multiplier=attrs["multiplier"],
        dilation_rate=attrs["dilation"],
        use_bias=attrs["bias"],
        depthwise_initializer=initial(weights[0].init),
    )
    return (*before, Step("", convolution, slots=slots(weights)))


def separable_conv(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    _not_both(node)
    attrs = node.attrs
    strides = halves(attrs["stride"])
    if strides[0].value != strides[1].value:
        raise Unsupported("Keras's separable convolution has one stride for height and width")
    before, word = padded(node)
    convolution = image_call(
        "layers.SeparableConv2D",
        filters=attrs["filters"],
        kernel_size=attrs["kernel"],
        strides=strides[0],
        padding=word,
        dilation_rate=attrs["dilation"],
        depth_multiplier=attrs["multiplier"],
        use_bias=attrs["bias"],
        depthwise_initializer=initial(weights[0].init),
        pointwise_initializer=initial(weights[1].init),
    )
    names = {"depthwise": "depthwise_kernel", "kernel": "pointwise_kernel", "bias": "bias"}
    renamed = tuple(Slot(weight, names[weight.role]) for weight in weights)
    return (*before, Step("", convolution, slots=renamed))


def conv_transpose(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """Keras cuts nothing off unless `same`, and makes room for a whole stride where the kernel is smaller."""
    attrs = node.attrs
    same = attrs["padding"].value == "same"
    convolution = image_call(
        "layers.Conv2DTranspose",
        filters=attrs["filters"],
        kernel_size=attrs["kernel"],
        strides=attrs["stride"],
        padding="same" if same else "valid",
        use_bias=attrs["bias"],
        kernel_initializer=initial(weights[0].init),
    )
    layouts = {"kernel": _TRANSPOSED, "bias": Layout()}
    turned = tuple(Slot(weight, weight.role, layouts[weight.role]) for weight in weights)
    step = Step("", convolution, slots=turned)
    cut = [(0, 0) if same else _cut(node, axis) for axis in (0, 1)]
    if not any(cells for sides in cut for cells in sides):
        return (step,)
    return (step, Step("crop", image_call("layers.Cropping2D", cropping=Quantity.of(tuple(cut)))))


def _cut(node: Node, axis: int) -> tuple[int, int]:
    before, after = cells(node.attrs, axis, 0)
    kernel, stride = (halves(node.attrs[key])[axis].whole for key in ("kernel", "stride"))
    return before, after + max(0, stride - kernel)


TABLE: Table = {
    "conv": conv,
    "depthwise": depthwise,
    "separable_conv": separable_conv,
    "conv_transpose": conv_transpose,
}
