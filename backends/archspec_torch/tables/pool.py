"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.ops.window import cells, halves
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Call, Step, Target, call
from archspec_torch.tables.window import padded

TARGETS: Mapping[str, Target] = {
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
    "Tensor.mean": Target((), (("keepdim", False),)),
    "Tensor.amax": Target((), (("keepdim", False),)),
    "nn.AdaptiveAvgPool2d": Target(("output_size",)),
}


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


def _ceiled(pool: Call, node: Node) -> Call:
    """A pool with the argument that lets its last window reach past the end."""
    return Call(pool.target, (*pool.args, ("ceil_mode", node.attrs["ceil"])))


def _half(node: Node) -> bool:
    """Whether PyTorch's pools take this padding: at most half the kernel."""
    kernels = halves(node.attrs["kernel"])
    return all(2 * cells(node.attrs, a, 0)[0] <= kernels[a].whole for a in (0, 1))


def global_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    mean = call("Tensor.mean", dim=Quantity.of((2, 3)), keepdim=node.attrs["keepdims"])
    return (Step("", mean, "method"),)


def global_max_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    largest = call("Tensor.amax", dim=Quantity.of((2, 3)), keepdim=node.attrs["keepdims"])
    return (Step("", largest, "method"),)


def adaptive_avg_pool(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    return (Step("", call("nn.AdaptiveAvgPool2d", output_size=node.attrs["size"])),)


TABLE: Table = {
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "global_avg_pool": global_avg_pool,
    "global_max_pool": global_max_pool,
    "adaptive_avg_pool": adaptive_avg_pool,
}
