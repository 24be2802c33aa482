"""What belongs together: the tensors of a shelf as layers, the weights of a network as its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archspec.graph.graph import Graph, Node, origins
from archspec.lowering.layouts import native_shape
from archspec.lowering.plan import Plan, Slot, Step, Unit
from archspec.records import dataclass
from archspec.source import did_you_mean
from archspec.weights.check import WeightsError, row_of
from archspec.weights.files.tensor_file import Layer, Leaf, Shelf
from archspec.weights.matching.wiring import Weaver, Wiring

LAYOUTS: Mapping[
    str, str
] = {  # layout of a source: the backend whose names and layouts its layers have
    "torch": "torch",
    "torchvision": "torch",
    "timm": "torch",
    "keras": "keras",
    "onnx": "torch",
}
COUNTER = "num_batches_tracked"
STATE = {
    "optimizer",
    "optimizer_weights",
    "metrics",
    "loss",
    "seed_generator",
    "top_level_model_weights",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A weight of a row as the framework has it: its attribute there, its shape, its canonical name."""

    role: str
    shape: tuple[int, ...]
    name: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the network that has weights; `native` is the path of its layer in the built model.

    `path`: what a map of names calls it, where a row is several layers as each of them is called.
    """

    path: str
    native: str
    node: Node
    weights: tuple[Wanted, ...]

    def __str__(self) -> str:
        return row_of(self.node)


def rows(plan: Plan) -> tuple[Row, ...]:
    """The rows with weights of their own, in order of use; one that is several layers stands once for each of them."""
    owners = (unit for unit in plan.units() if not unit.node.shares)
    return tuple(_row(unit, step) for unit in owners for step in unit.steps if step.slots)


def _row(unit: Unit, step: Step) -> Row:
    node, native = unit.node, unit.native_of(step)
    alone = sum(bool(other.slots) for other in unit.steps) == 1
    weights = tuple(
        Wanted(slot.native, native_shape(slot), f"{node.path}.{slot.weight.role}", slot)
        for slot in step.slots
    )
    return Row(node.path if alone else native, native, node, weights)


def wiring(graph: Graph, own: Sequence[Row]) -> Wiring:
    """What feeds what in a network, its layers by the paths of their rows."""
    paths: dict[str, list[str]] = {}
    for row in own:
        paths.setdefault(row.node.path, []).append(row.path)
    flow = origins(graph.root)
    weaver = Weaver([port.name for port in graph.inputs])
    for node in graph.nodes():
        fed, ordered = flow.inputs[node.path], node.op.name == "concat"
        weaver.add(node.path, fed, paths.get(node.owner, ()), ordered=ordered)
    return tuple(weaver.joints)


def framework(layout: str) -> str:
    """The backend whose names a layout has; raises WeightsError for an unknown one."""
    if layout not in LAYOUTS:
        hint = did_you_mean(layout, LAYOUTS)
        known = f"known: {', '.join(LAYOUTS)}"
        raise WeightsError([f"{layout}; {hint or known}"], "there is no such layout")
    return LAYOUTS[layout]


def layers(shelf: Shelf, layout: str) -> tuple[Layer, ...]:
    """The layers of a shelf in its order; what is no weight - counters, seeds, an optimiser's state - is left out."""
    if shelf.layers:
        known = {leaf.name for layer in shelf.layers for leaf in layer.leaves}
        left = tuple(
            Layer(name, (Leaf("", name, tuple(value.shape)),))
            for name, value in shelf.tensors.items()
            if name not in known
        )
        return (*shelf.layers, *left)
    split = _keras if framework(layout) == "keras" else _torch
    found: dict[str, list[Leaf]] = {}
    for name, value in shelf.tensors.items():
        place = split(name)
        if place:
            above, role = place
            found.setdefault(above, []).append(Leaf(role, name, tuple(value.shape)))
    if framework(layout) == "keras":
        found = {above: _kernels(leaves) for above, leaves in found.items()}
    labels = {above: shelf.labels.get(leaves[0].name, "") for above, leaves in found.items()}
    return tuple(Layer(above, tuple(found[above]), labels[above]) for above in found)


def _kernels(leaves: list[Leaf]) -> list[Leaf]:
    """A depthwise convolution's kernel is its kernel, whatever it is called; a separable one has two."""
    one = [leaf.role for leaf in leaves if leaf.role.endswith("_kernel")] == ["depthwise_kernel"]
    return [
        replace(f, role="kernel") if one and f.role == "depthwise_kernel" else f for f in leaves
    ]


def _torch(name: str) -> tuple[str, str] | None:
    """`features.0.0.weight`: layer and attribute."""
    above, _, role = name.rpartition(".")
    return None if role == COUNTER else (above, role)


def _keras(name: str) -> tuple[str, str] | None:
    """`layers/conv2d_1/vars/0`, in older files `conv1/conv1/depthwise_kernel:0`: layer, and number or attribute."""
    pieces = name.replace(".", "/").split("/") if "/" not in name else name.split("/")
    if STATE & set(pieces):
        return None
    role = pieces[-1].partition(":")[0]
    above = [piece for piece in pieces[:-1] if piece not in ("vars", "model_weights")]
    return "/".join(above), role
