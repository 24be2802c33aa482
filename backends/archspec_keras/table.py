"""The lowering table: from an operation to Keras's calls, as data. Nothing here imports Keras.

Values are channels last: (N, H, W, C), or (N, C) once height and width are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.graph.expr import Apply, Binary, Expr, Items, Lit, Value
from archspec.graph.graph import Node
from archspec.graph.ops.base import Initial, Weight
from archspec.graph.ops.window import cells, halves
from archspec.graph.quantity import Quantity, union
from archspec.graph.symbols import FrameworkName
from archspec.lowering.lower import Row, Table, Unsupported
from archspec.lowering.plan import Slot, Step, Target, call

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
_POOL = (("strides", None), ("padding", "valid"))
TARGETS: Mapping[str, Target] = {
    "layers.Conv2D": Target(("filters", "kernel_size"), _CONV),
    "layers.DepthwiseConv2D": Target(("kernel_size",), _DEPTHWISE),
    "layers.Dense": Target(
        ("units",), (("use_bias", True), ("kernel_initializer", "glorot_uniform"))
    ),
    "layers.BatchNormalization": Target(
        (), (("epsilon", 1e-3), ("momentum", 0.99), ("scale", True))
    ),
    "layers.ReLU": Target(("max_value",), (("max_value", None),)),
    "LeakyReLU": Target(("slope",)),
    "layers.ELU": Target(("alpha",), (("alpha", 1.0),)),
    "layers.Activation": Target(("activation",)),
    "GELU": Target((), (("approximate", False),)),
    "layers.Softmax": Target((), (("axis", -1),)),
    "layers.ZeroPadding2D": Target(("padding",)),
    "layers.MaxPooling2D": Target(("pool_size",), _POOL),
    "layers.AveragePooling2D": Target(("pool_size",), _POOL),
    "PaddedAveragePooling2D": Target(("pool_size", "strides", "padding"), (("count_pad", False),)),
    "layers.GlobalAveragePooling2D": Target((), (("keepdims", False),)),
    "layers.Flatten": Target(),
    "layers.Permute": Target(("dims",)),
    "layers.Dropout": Target(("rate",), (("noise_shape", None),)),
    "layers.Add": Target(),
    "layers.Multiply": Target(),
    "layers.Concatenate": Target((), (("axis", -1),)),
    "Slice": Target(("start", "size"), (("axis", -1),)),
    "ops.pad": Target(("pad_width",), (("constant_values", 0),), called="pad"),
    "initializers.Constant": Target(("value",)),
    "initializers.RandomNormal": Target(("mean", "stddev")),
    "initializers.RandomUniform": Target(("minval", "maxval")),
    "initializers.TruncatedNormal": Target(("mean", "stddev")),
    "initializers.VarianceScaling": Target(("scale", "mode", "distribution")),
}


def initial(init: Initial) -> Quantity:
    """An initialiser as an argument: a word that Keras knows, or a call that is printed as it stands."""
    std = float(init.option("std", 0.05))  # type: ignore[arg-type]
    limit = float(init.option("limit", 0.05))  # type: ignore[arg-type]
    mode = str(init.option("mode", "fan_in"))
    match init.kind:
        case "zeros" | "ones" | "glorot_uniform" | "he_uniform" | "lecun_uniform" if (
            mode == "fan_in"
        ):
            return Quantity.of(init.kind)
        case "constant":
            return _made("Constant", value=float(init.option("value", 0.0)))  # type: ignore[arg-type]
        case "normal":
            return _made("RandomNormal", mean=0.0, stddev=std)
        case "truncated_normal":
            return _made("TruncatedNormal", mean=0.0, stddev=std)
        case "uniform":
            return _made("RandomUniform", minval=-limit, maxval=limit)
        case "glorot_normal":
            return _scaled(1.0, "fan_avg", "untruncated_normal")
        case "he_uniform":
            return _scaled(2.0, mode, "uniform")
        case "he_normal":
            return _scaled(2.0, mode, "untruncated_normal")
        case "lecun_normal":
            return _scaled(1.0, "fan_in", "untruncated_normal")
    raise Unsupported(f"Keras has no initialiser {init.kind}")


def _scaled(scale: float, mode: str, distribution: str) -> Quantity:
    return _made("VarianceScaling", scale=scale, mode=mode, distribution=distribution)


def _made(name: str, **options: Value) -> Quantity:
    target = f"initializers.{name}"
    expr = Apply(FrameworkName(target), tuple(Lit(value) for value in options.values()))
    return Quantity((target, *options.items()), expr)


def _slots(weights: tuple[Weight, ...]) -> tuple[Slot, ...]:
    return tuple(Slot(weight, weight.role) for weight in weights)


def pair(first: Quantity, second: Quantity) -> Quantity:
    """One argument for height and width: a number where they are equal."""
    if first.value == second.value and first.expr == second.expr:
        return first
    value = (first.value, second.value)
    return Quantity(value, Items((first.expr, second.expr)), union(first, second))


def padded(node: Node) -> tuple[tuple[Step, ...], str]:
    """Steps to put before a window and the `padding` word it takes itself."""
    padding = node.attrs["padding"]
    if padding.value in ("same", "valid"):
        return (), str(padding.value)
    amount, when = sides(node)
    return (Step("pad", call("layers.ZeroPadding2D", padding=amount), when=when),), "valid"


def sides(node: Node) -> tuple[Quantity, Quantity]:
    """Padding in cells as Keras writes it, and whether there is any."""
    padding, kernels = node.attrs["padding"], halves(node.attrs["kernel"])
    if padding.value != "symmetric":
        some = any(c for side in padding.value for c in side)  # type: ignore[union-attr]
        return _simplest(padding), Quantity.of(some)
    dilations = (Quantity.of(1), Quantity.of(1))
    if "dilation" in node.attrs:
        dilations = halves(node.attrs["dilation"])
    amounts = [
        k // 2 if d.value == 1 else d * (k - 1) // 2
        for k, d in zip(kernels, dilations, strict=True)
    ]
    tests: list[Expr] = [Binary(">", k.expr, Lit(1)) for k in kernels]
    test = tests[0] if tests[0] == tests[1] else Binary("or", tests[0], tests[1])
    some = any(a.whole > 0 for a in amounts)
    return pair(amounts[0], amounts[1]), Quantity(some, test, union(*kernels))


def _simplest(padding: Quantity) -> Quantity:
    cells_given: Any = padding.value
    (top, bottom), (left, right) = cells_given
    if top == bottom == left == right and isinstance(padding.expr, Items):
        first = padding.expr.items[0]
        inner = first.items[0] if isinstance(first, Items) else Lit(top)
        return Quantity(top, inner, padding.deps)
    return padding


def _stride(node: Node) -> Quantity:
    return node.attrs["stride"]


def conv(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    before, word = padded(node)
    attrs = node.attrs
    made = call(
        "layers.Conv2D",
        filters=attrs["filters"],
        kernel_size=attrs["kernel"],
        strides=_stride(node),
        padding=word,
        dilation_rate=attrs["dilation"],
        groups=attrs["groups"],
        use_bias=attrs["bias"],
        kernel_initializer=initial(weights[0].init),
    )
    return (*before, Step("", made, slots=_slots(weights)))


def depthwise(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    strides = halves(node.attrs["stride"])
    if strides[0].value != strides[1].value:
        raise Unsupported("Keras's depthwise convolution has one stride for height and width")
    before, word = padded(node)
    attrs = node.attrs
    made = call(
        "layers.DepthwiseConv2D",
        kernel_size=attrs["kernel"],
        strides=strides[0],
        padding=word,
        depth_multiplier=attrs["multiplier"],
        dilation_rate=attrs["dilation"],
        use_bias=attrs["bias"],
        depthwise_initializer=initial(weights[0].init),
    )
    return (*before, Step("", made, slots=_slots(weights)))


def dense(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    made = call(
        "layers.Dense",
        units=node.attrs["units"],
        use_bias=node.attrs["bias"],
        kernel_initializer=initial(weights[0].init),
    )
    return (Step("", made, slots=_slots(weights)),)


def batch_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    names = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "variance": "moving_variance"}
    slots = tuple(Slot(w, names[w.role]) for w in weights)
    attrs = node.attrs
    made = call(
        "layers.BatchNormalization",
        epsilon=attrs["epsilon"],
        momentum=attrs["decay"],
        scale=attrs["scale"],
    )
    return (Step("", made, slots=slots),)


def relu6(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.ReLU", max_value=6.0)),)


def leaky_relu(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("LeakyReLU", slope=node.attrs["slope"])),)


def elu(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.ELU", alpha=node.attrs["alpha"])),)


def activation(word: str) -> Row:
    """An activation that Keras knows by a word."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        return (Step("", call("layers.Activation", activation=word)),)

    return row


def gelu(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("GELU", approximate=node.op.name == "gelu_tanh")),)


def softmax(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Softmax", axis=-1)),)


def max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    args = {"pool_size": attrs["kernel"], "strides": attrs["stride"]}
    if attrs["ceil"].value and attrs["padding"].value != "same":
        return _ceiled(node, "max")
    if attrs["padding"].value in ("same", "valid"):
        return (Step("", call("layers.MaxPooling2D", **args, padding=attrs["padding"])),)
    (top, bottom), (left, right) = (cells(attrs, axis, 0) for axis in (0, 1))
    widths = Quantity.of(((0, 0), (top, bottom), (left, right), (0, 0)))
    pad = call("ops.pad", pad_width=widths, constant_values=float("-inf"))
    some = Quantity.of(any((top, bottom, left, right)))
    pool = call("layers.MaxPooling2D", **args, padding="valid")
    return (Step("pad", pad, "function", when=some), Step("", pool))


def _ceiled(node: Node, mode: str) -> tuple[Step, ...]:
    """A pool whose last window may hang over the end; its padding is the same on both sides."""
    attrs = node.attrs
    sides = pair(*(Quantity.of(cells(attrs, axis, 0)[0]) for axis in (0, 1)))
    args = {"pool_size": attrs["kernel"], "strides": attrs["stride"], "padding": sides}
    counted = Quantity.of(mode == "avg" and bool(attrs["count_pad"].value))
    return (Step("", call("CeilPooling2D", **args, mode=mode, count_pad=counted)),)


def avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    args = {"pool_size": attrs["kernel"], "strides": attrs["stride"]}
    rule, counted = attrs["padding"].value, bool(attrs["count_pad"].value)
    if attrs["ceil"].value and rule != "same":
        return _ceiled(node, "avg")
    if rule == "valid" or (rule == "same" and not counted):
        return (Step("", call("layers.AveragePooling2D", **args, padding=attrs["padding"])),)
    if rule != "same" and counted:
        before, word = padded(node)
        return (*before, Step("", call("layers.AveragePooling2D", **args, padding=word)))
    amount: Quantity = Quantity.of("same")
    if rule != "same":
        amount = Quantity.of(tuple(cells(attrs, axis, 0) for axis in (0, 1)))
    made = call("PaddedAveragePooling2D", **args, padding=amount, count_pad=attrs["count_pad"])
    return (Step("", made),)


def global_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    made = call("layers.GlobalAveragePooling2D", keepdims=node.attrs["keepdims"])
    return (Step("", made),)


def flatten(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    if node.input_types[0].rank == 1:
        return ()
    flat = Step("", call("layers.Flatten"))
    if node.attrs["order"].value == "hwc":
        return (flat,)
    return (Step("order", call("layers.Permute", dims=Quantity.of((3, 1, 2)))), flat)


def dropout(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Dropout", rate=node.attrs["rate"])),)


def drop_path(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    rate, one_each = node.attrs["rate"], [1] * node.output.rank
    shape: Any = (None, *one_each)
    made = call("layers.Dropout", rate=rate, noise_shape=Quantity.of(shape))
    return (Step("", made, when=rate.above(0)),)


def add(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Add")),)


_AXES = {"channels": -1, "height": 1, "width": 2}


def multiply(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Multiply")),)


def concat(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("layers.Concatenate", axis=_AXES[node.attrs["axis"].word])),)


def slice_(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    axis = _AXES[attrs["axis"].word]
    return (Step("", call("Slice", start=attrs["start"], size=attrs["size"], axis=axis)),)


def identity(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return ()


TABLE: Table = {
    "conv": conv,
    "depthwise": depthwise,
    "dense": dense,
    "batch_norm": batch_norm,
    "relu": activation("relu"),
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "sigmoid": activation("sigmoid"),
    "hard_sigmoid": activation("hard_sigmoid"),
    "swish": activation("silu"),
    "hard_swish": activation("hard_silu"),
    "gelu": gelu,
    "gelu_tanh": gelu,
    "tanh": activation("tanh"),
    "softmax": softmax,
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "global_avg_pool": global_avg_pool,
    "flatten": flatten,
    "dropout": dropout,
    "drop_path": drop_path,
    "add": add,
    "multiply": multiply,
    "concat": concat,
    "slice": slice_,
    "identity": identity,
}
