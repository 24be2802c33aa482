"""Normalisation over channels, and scaling of them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Apply, Lit
from archspec.graph.graph import Node
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.lower import Table
from archspec.lowering.plan import Layout, Slot, Step, Target, call
from archspec_torch.tables.base import permute, real
from archspec_torch.tables.initial import initial

TARGETS: Mapping[str, Target] = {
    "nn.BatchNorm1d": Target(("num_features",), (("eps", 1e-5), ("momentum", 0.1))),
    "nn.BatchNorm2d": Target(("num_features",), (("eps", 1e-5), ("momentum", 0.1))),
    "BatchNormUnscaled": Target(("num_features",), (("eps", 1e-5), ("momentum", 0.1))),
    "nn.LayerNorm": Target(("normalized_shape",), (("eps", 1e-5),)),
    "nn.GroupNorm": Target(("num_groups", "num_channels"), (("eps", 1e-5),)),
    "nn.LocalResponseNorm": Target(("size",), (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0))),
    "LayerScale": Target(("channels", "init")),
    "Normalization": Target(("channels",)),
}


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
    norm = call(target, num_features=x.channels, eps=real(node.attrs["epsilon"]), momentum=kept)
    return (Step("", norm, slots=slots),)


def layer_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    """Normalises the last axis; the channels of an image are moved there and back."""
    x = node.input_types[0]
    slots = _affine(weights)
    layer = call("nn.LayerNorm", normalized_shape=x.channels, eps=real(node.attrs["epsilon"]))
    norm = Step("", layer, slots=slots)
    if x.rank == 1:
        return (norm,)
    return (permute("last", (0, 2, 3, 1)), norm, permute("first", (0, 3, 1, 2)))


def _affine(weights: tuple[Weight, ...]) -> tuple[Slot, ...]:
    """Gamma and beta under PyTorch's names."""
    names = {"gamma": "weight", "beta": "bias"}
    return tuple(Slot(w, names[w.role], Layout(), initial(w)) for w in weights)


def group_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    norm = call(
        "nn.GroupNorm",
        num_groups=node.attrs["groups"],
        num_channels=node.input_types[0].channels,
        eps=real(node.attrs["epsilon"]),
    )
    return (Step("", norm, slots=_affine(weights)),)


def layer_scale(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    layer = call("LayerScale", channels=node.input_types[0].channels, init=node.attrs["init"])
    return (Step("", layer, slots=(Slot(weights[0], "gamma"),)),)


def normalization(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    layer = call("Normalization", channels=node.input_types[0].channels)
    return (Step("", layer, slots=tuple(Slot(weight, weight.role) for weight in weights)),)


def local_response_norm(node: Node, weights: tuple[Weight, ...]) -> tuple[Step, ...]:
    numbers = {name: real(node.attrs[name]) for name in ("alpha", "beta", "k")}
    return (Step("", call("nn.LocalResponseNorm", size=node.attrs["size"], **numbers)),)


TABLE: Table = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "layer_scale": layer_scale,
    "normalization": normalization,
    "local_response_norm": local_response_norm,
}
