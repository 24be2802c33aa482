"""What a file must do, read off the plan: every call in order, with the values it takes."""

from __future__ import annotations

from archspec.graph.expr import Value
from archspec.graph.graph import INPUT, Absent, ValueId
from archspec.lowering.plan import Plan, Step, Unit
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One call: the layer's path (empty for functions), target, arguments, and the numbers of the values it takes."""

    native: str
    target: str
    args: dict[str, Value]
    inputs: tuple[int, ...]
    shape: tuple[int, ...] | None
    row: str
    step: Step


@dataclass(slots=True)
class Expectation:
    """The events in order; value 0 is the network's input, further ones are -1, -2, ...; value k is what event k - 1
    gives. `results` are by name."""

    events: list[Event]
    results: dict[str, int]


def expect(plan: Plan) -> Expectation:
    """The events of a plan."""
    walk = _Walk({ref: -k for k, ref in enumerate(plan.scope.enters)}, [])
    walk.plan(plan)
    results = {port.name: walk.numbers[port.ref] for port in plan.scope.gives}
    return Expectation(walk.events, results)


def idle(plan: Plan) -> dict[tuple[str, str], dict[str, Value]]:
    """The steps that a plan leaves out since they change nothing, by path and target, with their arguments."""
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for unit in plan.units():
        for step in unit.steps:
            if not step.present:
                native = unit.native_of(step) if step.style == "layer" else ""
                found[native, step.call.target] = {k: q.value for k, q in step.call.args}
    return found


@dataclass(slots=True)
class _Walk:
    numbers: dict[ValueId, int]
    events: list[Event]

    def plan(self, plan: Plan) -> None:
        numbers = self.numbers
        for position, child in enumerate(plan.children):
            ref = ValueId(plan.scope.id, position)
            if isinstance(child, Absent):
                numbers[ref] = numbers[child.inputs[0]]
            elif isinstance(child, Plan):
                numbers[ValueId(child.scope.id, INPUT)] = numbers[child.scope.inputs[0]]
                self.plan(child)
                numbers[ref] = numbers[child.scope.result]
            else:
                numbers[ref] = self.unit(child, plan.scope.kind == "split")

    def unit(self, unit: Unit, piece: bool) -> int:
        inputs = tuple(self.numbers[value] for value in unit.node.inputs)
        steps = [step for step in unit.steps if step.present]
        for step in steps:
            shape = unit.node.output.shape if step is steps[-1] else None
            native = unit.native_of(step) if step.style == "layer" and not piece else ""
            args = {key: quantity.value for key, quantity in step.call.args}
            event = Event(native, step.call.target, args, inputs, shape, unit.node.path, step)
            self.events.append(event)
            inputs = (len(self.events),)
        return inputs[0]
