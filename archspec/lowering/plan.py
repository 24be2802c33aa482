"""The plan: each operation as calls of a framework, complete and as data. Building evaluates it, printing writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from archspec.graph.graph import Absent, Node, Scope, ValueId
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.records import dataclass

Style = Literal["layer", "function", "method", "operator"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something of a framework that may be called: parameters given by position, and defaults that need no printing.

    A function that is `listed` takes its values as one list. `called` is what the framework names the value of a
    function, or that with a number, where such names and those of a model's layers must differ.
    """

    positional: tuple[str, ...] = ()
    defaults: tuple[tuple[str, object], ...] = ()
    listed: bool = False
    called: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A target's name and its arguments, complete; what equals a default is dropped when printed."""

    target: str
    args: tuple[tuple[str, Quantity], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How a canonical tensor becomes the framework's: a permutation, then a shape (-1 once)."""

    order: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """A weight of a step: the framework's attribute, its layout, and how the framework draws its first value."""

    weight: Weight
    native: str
    layout: Layout = Layout()
    init: Call | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One call on values. A layer is made once and applied; the others are only applied.

    The first step of a unit takes the node's inputs, each further one the value of the step before. A step whose
    `when` is false is left out, and kept so that the printer can write the condition.
    """

    name: str
    call: Call
    style: Style = "layer"
    slots: tuple[Slot, ...] = ()
    when: Quantity | None = None

    @property
    def present(self) -> bool:
        return self.when is None or bool(self.when.value)

    def named(self, unit: str) -> str:
        """The name or path of its layer where that of its unit is `unit`."""
        return f"{unit}_{self.name}" if self.name else unit


@dataclass(frozen=True, slots=True)
class Unit:
    """A node and its steps; `native` is the path of its layers in the model, which may be another node's."""

    node: Node
    native: str
    steps: tuple[Step, ...]

    def native_of(self, step: Step) -> str:
        """The path of one step's layer."""
        return step.named(self.native)


@dataclass(frozen=True, slots=True)
class Plan:
    """A scope and the plans of its children. `name` is its own level in native paths, empty if it adds none."""

    scope: Scope
    name: str
    native: str
    children: tuple[Unit | Plan | Absent, ...]
    names: tuple[str, ...] = field(default=())

    def units(self) -> Iterator[Unit]:
        """Every unit below, in order."""
        for child in self.children:
            if isinstance(child, Unit):
                yield child
            elif isinstance(child, Plan):
                yield from child.units()

    def slots(self) -> Iterator[tuple[str, str, Slot]]:
        """(canonical name, native path, slot) of every weight, in order; of those that rows share once."""
        for unit in self.units():
            for step in () if unit.node.shares else unit.steps:
                for slot in step.slots:
                    canonical = f"{unit.node.path}.{slot.weight.role}"
                    yield canonical, f"{unit.native_of(step)}.{slot.native}", slot


def const(value: object) -> Quantity:
    """A constant argument."""
    return Quantity.of(value)  # type: ignore[arg-type]


def call(target: str, **args: Quantity | int | float | bool | str) -> Call:
    """A call with its arguments in the order given."""
    pairs = ((k, v if isinstance(v, Quantity) else Quantity.of(v)) for k, v in args.items())
    return Call(target, tuple(pairs))


__all__ = [
    "Call",
    "Layout",
    "Plan",
    "Slot",
    "Step",
    "Style",
    "Target",
    "Unit",
    "ValueId",
    "call",
    "const",
]
