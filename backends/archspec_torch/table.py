"""The lowering table: from an operation to PyTorch's calls, as data. Nothing here imports torch.

Values are channels first: (N, C, H, W), or (N, C) once height and width are gone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from archspec.graph.expr import Apply, Items, Lit
from archspec.graph.graph import Node
from archspec.graph.ops.base import Initial, Weight, spread
from archspec.graph.ops.window import cells, halves
from archspec.graph.quantity import Quantity, union
from archspec.lowering.lower import Row, Table, Unsupported
from archspec.lowering.plan import Call, Layout, Slot, Step, Target, call

TARGETS: Mapping[str, Target] = {
    "nn.Conv2d": Target(
        ("in_channels", "out_channels", "kernel_size"),
        (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1), ("bias", True)),
    ),
    "Conv2dSame": Target(
        ("in_channels", "out_channels", "kernel_size"),
        (("stride", 1), ("dilation", 1), ("groups", 1), ("bias", True)),
    ),
    "nn.Linear": Target(("in_features", "out_features"), (("bias", True),)),
    "nn.BatchNorm1d": Target(("num_features",), (("eps", 1e-5), ("momentum", 0.1))),
    "nn.BatchNorm2d": Target(("num_features",), (("eps", 1e-5), ("momentum", 0.1))),
    "BatchNormUnscaled": Target(("num_features",), (("eps", 1e-5), ("momentum", 0.1))),
    "nn.ReLU": Target((), (("inplace", False),)),
    "nn.ReLU6": Target((), (("inplace", False),)),
    "nn.LeakyReLU": Target(("negative_slope",), (("inplace", False),)),
    "nn.ELU": Target(("alpha",), (("alpha", 1.0), ("inplace", False))),
    "nn.Sigmoid": Target(),
    "HardSigmoid": Target(),
    "nn.SiLU": Target((), (("inplace", False),)),
    "nn.Hardswish": Target((), (("inplace", False),)),
    "nn.GELU": Target((), (("approximate", "none"),)),
    "nn.Tanh": Target(),
    "nn.Softmax": Target((), (("dim", None),)),
    "nn.MaxPool2d": Target(
        ("kernel_size",), (("stride", None), ("padding", 0), ("ceil_mode", False))
    ),
    "nn.AvgPool2d": Target(
        ("kernel_size",),
        (("stride", None), ("padding", 0), ("ceil_mode", False), ("count_include_pad", True)),
    ),
    "MaxPool2dSame": Target(("kernel_size", "stride")),
    "AvgPool2dSame": Target(("kernel_size", "stride"), (("count_include_pad", False),)),
    "AvgPool2dPadded": Target(("kernel_size", "stride", "cells"), (("count_include_pad", False),)),
    "nn.Dropout": Target(("p",), ()),
    "DropPath": Target(("p",)),
    "nn.Flatten": Target((), (("start_dim", 1), ("end_dim", -1))),
    "F.pad": Target(("pad",), (("value", 0.0),)),
    "Tensor.mean": Target((), (("keepdim", False),)),
    "Tensor.permute": Target(("dims",), ()),
    "Tensor.flatten": Target(("start_dim",), ()),
    "Tensor.narrow": Target(("dim", "start", "length"), ()),
    "torch.cat": Target(listed=True),
    "+": Target((), ()),
    "*": Target((), ()),
    "ScaleChannels": Target(),
}

_KERNEL = Layout((3, 2, 0, 1))
_DEPTHWISE = Layout((2, 3, 0, 1), (-1, 1))
_DENSE = Layout((1, 0))
_AXES = {"channels": 1, "height": 2, "width": 3}


def initial(weight: Weight, *, turned: bool = False) -> Call:
    """The call of `torch.nn.init` for an initialiser.

    `turned`: PyTorch counts the fans of a depthwise kernel the other way round than Keras, whose count is ours; where
    it has a multiplier no count of PyTorch's is ours, and the numbers are given.
    """
    init = weight.init
    if turned and weight.shape[-1] > 1 and init.kind not in _FANLESS:
        distribution, deviation = spread(weight)
        limit = math.sqrt(3) * deviation
        if distribution == "uniform":
            return call("nn.init.uniform_", a=-limit, b=limit)
        return call("nn.init.normal_", std=deviation)
    mode = str(init.option("mode", "fan_in"))
    if turned:
        mode = {"fan_in": "fan_out", "fan_out": "fan_in"}.get(mode, mode)
    match init.kind:
        case "zeros" | "ones":
            return Call(f"nn.init.{init.kind}_")
        case "constant":
            return call("nn.init.constant_", val=_float(init, "value", 0.0))
        case "normal":
            return call("nn.init.normal_", std=_float(init, "std", 0.05))
        case "truncated_normal":
            std = _float(init, "std", 0.05)
            return call("nn.init.trunc_normal_", std=std, a=-2 * std, b=2 * std)
        case "uniform":
            limit = _float(init, "limit", 0.05)
            return call("nn.init.uniform_", a=-limit, b=limit)
        case "glorot_uniform":
            return Call("nn.init.xavier_uniform_")
        case "glorot_normal":
            return Call("nn.init.xavier_normal_")
        case "he_uniform":
            return call("nn.init.kaiming_uniform_", mode=mode)
        case "he_normal":
            return call("nn.init.kaiming_normal_", mode=mode)
        case "lecun_normal":
            return call("nn.init.kaiming_normal_", mode=mode, nonlinearity="linear")
        case "lecun_uniform":
            return call("nn.init.kaiming_uniform_", mode=mode, nonlinearity="linear")
    raise Unsupported(f"PyTorch has no initialiser {init.kind}")


def _float(init: Initial, name: str, default: float) -> float:
    return float(init.option(name, default))  # type: ignore[arg-type]


_FANLESS = {"zeros", "ones", "constant", "normal", "truncated_normal", "uniform"}
INITIAL_TARGETS: Mapping[str, Target] = {
    "nn.init.zeros_": Target(),
    "nn.init.ones_": Target(),
    "nn.init.constant_": Target(("val",)),
    "nn.init.normal_": Target((), (("std", 1.0),)),
    "nn.init.trunc_normal_": Target((), (("std", 1.0), ("a", -2.0), ("b", 2.0))),
    "nn.init.uniform_": Target(("a", "b")),
    "nn.init.xavier_uniform_": Target(),
    "nn.init.xavier_normal_": Target(),
    "nn.init.kaiming_uniform_": Target((), (("mode", "fan_in"), ("nonlinearity", "leaky_relu"))),
    "nn.init.kaiming_normal_": Target((), (("mode", "fan_in"), ("nonlinearity", "leaky_relu"))),
}


def _slots(
    weights: tuple[Weight, ...], kernel: Layout, *, turned: bool = False
) -> tuple[Slot, ...]:
    layouts = {"kernel": ("weight", kernel), "bias": ("bias", Layout())}
    return tuple(
        Slot(w, *layouts[w.role], initial(w, turned=turned and w.role == "kernel")) for w in weights
    )


def pair(first: Quantity, second: Quantity) -> Quantity:
    """One argument for height and width: a number where they are equal."""
    if first == second or (first.value == second.value and first.expr == second.expr):
        return first
    value = (first.value, second.value)
    return Quantity(value, Items((first.expr, second.expr)), union(first, second))


def symmetric(node: Node) -> Quantity:
    """kernel // 2 on each side, for dilated kernels d * (k - 1) // 2."""
    kernels, dilations = halves(node.attrs["kernel"]), (Quantity.of(1), Quantity.of(1))
    if "dilation" in node.attrs:
        dilations = halves(node.attrs["dilation"])
    sides = [
        k // 2 if d.value == 1 else d * (k - 1) // 2
        for k, d in zip(kernels, dilations, strict=True)
    ]
    return pair(sides[0], sides[1])


def given(node: Node) -> tuple[Quantity, Quantity, Quantity, Quantity]:
    """Cells of padding that the row gives as numbers: top, bottom, left, right."""
    padding = node.attrs["padding"]
    items = padding.expr.items if isinstance(padding.expr, Items) else ()
    found = []
    sides: Any = padding.value
    for axis, (before, after) in enumerate(sides):
        inner = items[axis] if axis < len(items) else None
        exprs = inner.items if isinstance(inner, Items) else (Lit(before), Lit(after))
        found += [Quantity(before, exprs[0], padding.deps), Quantity(after, exprs[1], padding.deps)]
    return found[0], found[1], found[2], found[3]


def padded(node: Node, value: float = 0.0) -> tuple[tuple[Step, ...], Quantity]:
    """Steps to put before a window and the `padding` it takes itself, for every rule but `same`."""
    rule = node.attrs["padding"].value
    if rule == "valid":
        return (), Quantity.of(0)
    if rule == "symmetric":
        return (), symmetric(node)
    top, bottom, left, right = given(node)
    if top.expr == bottom.expr and left.expr == right.expr:
        return (), pair(top, left)
    sides = (left, right, top, bottom)
    amount = Quantity(
        tuple(s.value for s in sides), Items(tuple(s.expr for s in sides)), union(*sides)
    )
    return (Step("pad", call("F.pad", pad=amount, value=value), "function"),), Quantity.of(0)


def _convolve(
    node: Node, weights: tuple[Weight, ...], filters: Quantity, groups: Quantity, layout: Layout
) -> tuple[Step, ...]:
    attrs = node.attrs
    first = {
        "in_channels": node.input_types[0].channels,
        "out_channels": filters,
        "kernel_size": attrs["kernel"],
        "stride": attrs["stride"],
    }
    last = {"dilation": attrs["dilation"], "groups": groups, "bias": attrs["bias"]}
    depthwise = node.op.name == "depthwise"
    slots = _slots(weights, layout, turned=depthwise)
    if attrs["padding"].value == "same":
        return (Step("", call("Conv2dSame", **first, **last), slots=slots),)
    before, padding = padded(node)
    return (*before, Step("", call("nn.Conv2d", **first, padding=padding, **last), slots=slots))


def conv(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return _convolve(node, weights, node.attrs["filters"], node.attrs["groups"], _KERNEL)


def depthwise(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    channels = node.input_types[0].channels
    multiplier = node.attrs["multiplier"]
    filters = channels if multiplier.value == 1 else channels * multiplier
    return _convolve(node, weights, filters, channels, _DEPTHWISE)


def dense(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    x = node.input_types[0]
    linear = call(
        "nn.Linear",
        in_features=x.channels,
        out_features=node.attrs["units"],
        bias=node.attrs["bias"],
    )
    step = Step("", linear, slots=_slots(weights, _DENSE))
    if x.rank == 1:
        return (step,)
    return (_permute("last", (0, 2, 3, 1)), step, _permute("first", (0, 3, 1, 2)))


def _permute(name: str, dims: tuple[int, ...]) -> Step:
    return Step(name, call("Tensor.permute", dims=Quantity.of(dims)), "method")


def batch_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    x, decay = node.input_types[0], node.attrs["decay"]
    rounded = Apply("round", ((1 - decay).expr, Lit(12)))  # 0.1 for 0.9, as people write it
    kept = Quantity(round(1 - float(decay.value), 12), rounded, decay.deps)  # type: ignore[arg-type]
    if isinstance(decay.expr, Lit):
        kept = Quantity.of(kept.value)
    names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}
    slots = tuple(Slot(w, names[w.role], Layout(), initial(w)) for w in weights)
    target = "nn.BatchNorm2d" if x.rank == 3 else "nn.BatchNorm1d"
    if not node.attrs["scale"].value:
        target = "BatchNormUnscaled"
        slots = tuple(Slot(slot.weight, slot.native) for slot in slots)
    made = call(target, num_features=x.channels, eps=node.attrs["epsilon"], momentum=kept)
    return (Step("", made, slots=slots),)


def activation(target: str, **attributes: str) -> Row:
    """An activation module and its attributes; in place behind a layer of its own row, whose value nobody else sees."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        args = {key: node.attrs[name] for key, name in attributes.items()}
        return (Step("", call(target, **args, inplace=node.companion)),)

    return row


def fixed(target: str, **options: str) -> Row:
    """A module that is the same everywhere, and never works in place."""

    def row(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
        return (Step("", call(target, **options)),)

    return row


def softmax(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("nn.Softmax", dim=1)),)


def max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    kernel, stride = node.attrs["kernel"], node.attrs["stride"]
    if node.attrs["padding"].value == "same":
        return (Step("", call("MaxPool2dSame", kernel_size=kernel, stride=stride)),)
    before, padding = padded(node, float("-inf"))
    if not before and not _half(node):
        amount = tuple(cells(node.attrs, axis, 0)[0] for axis in (1, 1, 0, 0))
        pad = call("F.pad", pad=Quantity.of(amount), value=float("-inf"))
        before, padding = (Step("pad", pad, "function"),), Quantity.of(0)
    pool = call("nn.MaxPool2d", kernel_size=kernel, stride=stride, padding=padding)
    return (*before, Step("", _ceiled(pool, node)))


def _ceiled(pool: Call, node: Node) -> Call:
    """A pool that is told whether its last window may hang over the end."""
    return Call(pool.target, (*pool.args, ("ceil_mode", node.attrs["ceil"])))


def _half(node: Node) -> bool:
    """Whether PyTorch's pools take this padding: at most half the kernel."""
    kernels = halves(node.attrs["kernel"])
    return all(2 * cells(node.attrs, a, 0)[0] <= kernels[a].whole for a in (0, 1))


def avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    args = {"kernel_size": node.attrs["kernel"], "stride": node.attrs["stride"]}
    counted = node.attrs["count_pad"]
    rule = node.attrs["padding"].value
    if rule == "same":
        return (Step("", call("AvgPool2dSame", **args, count_include_pad=counted)),)
    before, padding = padded(node)
    if before or not _half(node):
        amount = tuple(c for axis in (1, 0) for c in cells(node.attrs, axis, 0))
        pool = call("AvgPool2dPadded", **args, cells=Quantity.of(amount), count_include_pad=counted)
        return (Step("", pool),)
    if padding.value == 0:
        counted = Quantity.of(True)
    pool = call("nn.AvgPool2d", **args, padding=padding, count_include_pad=counted)
    return (Step("", _ceiled(pool, node)),)


def global_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    mean = call("Tensor.mean", dim=Quantity.of((2, 3)), keepdim=node.attrs["keepdims"])
    return (Step("", mean, "method"),)


def flatten(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    flat = Step("", call("Tensor.flatten", start_dim=1), "method")
    if node.input_types[0].rank == 1:
        return ()
    if node.attrs["order"].value == "chw":
        return (flat,)
    return (_permute("last", (0, 2, 3, 1)), flat)


def dropout(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("nn.Dropout", p=node.attrs["rate"])),)


def drop_path(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    rate = node.attrs["rate"]
    return (Step("", call("DropPath", p=rate), when=rate.above(0)),)


def add(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", Call("+"), "operator"),)


def multiply(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """Channels stand first here, so that a vector must be told to go with them."""
    if len({x.rank for x in node.input_types}) > 1:
        return (Step("", Call("ScaleChannels")),)
    return (Step("", Call("*"), "operator"),)


def concat(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("torch.cat", dim=_AXES[node.attrs["axis"].word]), "function"),)


def slice_(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    attrs = node.attrs
    axis = _AXES[attrs["axis"].word]
    return (
        Step(
            "",
            call("Tensor.narrow", dim=axis, start=attrs["start"], length=attrs["size"]),
            "method",
        ),
    )


def identity(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return ()


TABLE: Table = {
    "conv": conv,
    "depthwise": depthwise,
    "dense": dense,
    "batch_norm": batch_norm,
    "relu": activation("nn.ReLU"),
    "relu6": activation("nn.ReLU6"),
    "leaky_relu": activation("nn.LeakyReLU", negative_slope="slope"),
    "elu": activation("nn.ELU", alpha="alpha"),
    "sigmoid": fixed("nn.Sigmoid"),
    "hard_sigmoid": fixed("HardSigmoid"),
    "swish": activation("nn.SiLU"),
    "hard_swish": activation("nn.Hardswish"),
    "gelu": fixed("nn.GELU", approximate="none"),
    "gelu_tanh": fixed("nn.GELU", approximate="tanh"),
    "tanh": fixed("nn.Tanh"),
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
