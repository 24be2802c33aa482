"""What belongs together: the tensors of a file as layers, the weights of a network as its rows."""

from __future__ import annotations

from archspec.graph.graph import Node
from archspec.lowering.layouts import native_shape
from archspec.lowering.plan import Plan, Slot, Step, Unit
from archspec.records import dataclass
from archspec.weights.check import row_of
from archspec.weights.checkpoints import CheckpointFormat
from archspec.weights.files.tensor_file import Layer, TensorEntry, TensorFile


@dataclass(frozen=True, slots=True)
class NativeWeight:
    """A weight of a row as the framework has it: its attribute there, its shape, its canonical name."""

    role: str
    shape: tuple[int, ...]
    name: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class WeightedRow:
    """A row of the network that has weights; `native` is the path of its layer in the built model.

    `path`: what a map of names calls it, where a row is several layers as each of them is called.
    """

    path: str
    native: str
    node: Node
    weights: tuple[NativeWeight, ...]

    def __str__(self) -> str:
        return row_of(self.node)


def weighted_rows(plan: Plan) -> tuple[WeightedRow, ...]:
    """The rows with weights of their own, in order of use; one that is several layers stands once for each of them."""
    owners = (unit for unit in plan.units() if not unit.node.shares)
    return tuple(_row(unit, step) for unit in owners for step in unit.steps if step.slots)


def _row(unit: Unit, step: Step) -> WeightedRow:
    node, native = unit.node, unit.native_of(step)
    alone = sum(bool(other.slots) for other in unit.steps) == 1
    weights = tuple(
        NativeWeight(slot.native, native_shape(slot), f"{node.path}.{slot.weight.role}", slot)
        for slot in step.slots
    )
    return WeightedRow(node.path if alone else native, native, node, weights)


def layers_of(file: TensorFile, checkpoints: CheckpointFormat) -> tuple[Layer, ...]:
    """The layers of a file in its order, as it groups its tensors itself, else by the framework's names."""
    if file.layers:
        used = {entry.name for layer in file.layers for entry in layer.entries}
        left = tuple(
            Layer(name, (TensorEntry("", name, tuple(value.shape)),))
            for name, value in file.tensors.items()
            if name not in used
        )
        return (*file.layers, *left)
    return tuple(
        Layer(name, tuple(entries), file.labels.get(entries[0].name, ""))
        for name, entries in checkpoints.layers(file.tensors).items()
    )
