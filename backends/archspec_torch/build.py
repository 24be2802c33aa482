"""The plan evaluated: native modules in nested containers, with the names that the generated source has too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archspec.graph.graph import INPUT, Absent, Ref
from archspec.lowering.flow import Crossings, crossings
from archspec.lowering.plan import Plan, Step, Unit
from archspec.records import dataclass
from archspec_torch import support
from archspec_torch.layers import targets
from archspec_torch.tables import TARGETS

LAYERS: Mapping[str, Callable[..., nn.Module]] = {
    "nn.Conv2d": nn.Conv2d,
    "nn.Linear": nn.Linear,
    "nn.BatchNorm1d": nn.BatchNorm1d,
    "nn.BatchNorm2d": nn.BatchNorm2d,
    "nn.ReLU": nn.ReLU,
    "nn.ReLU6": nn.ReLU6,
    "nn.Softmax": nn.Softmax,
    "nn.MaxPool2d": nn.MaxPool2d,
    "nn.AvgPool2d": nn.AvgPool2d,
    "nn.Dropout": nn.Dropout,
    "Conv2dSame": support.Conv2dSame,
    "MaxPool2dSame": support.MaxPool2dSame,
    "AvgPool2dSame": support.AvgPool2dSame,
    "AvgPool2dPadded": support.AvgPool2dPadded,
    **targets.LAYERS,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "F.pad": F.pad,
    "Tensor.mean": torch.mean,
    "Tensor.permute": torch.permute,
    "Tensor.flatten": torch.flatten,
    "Tensor.narrow": torch.narrow,
    "torch.cat": torch.cat,
    "+": torch.add,
    **targets.FUNCTIONS,
}
LISTED = frozenset(name for name, target in TARGETS.items() if target.listed)
OPERATORS = frozenset({"+", "-"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a container's program: a child or a function, on values by their number."""

    layer: str
    function: str
    options: tuple[tuple[str, Any], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Container(nn.Module):
    """A level of names: children in order, and the program that runs them."""

    def __init__(self) -> None:
        super().__init__()
        self._program: tuple[Instruction, ...] = ()
        self._inputs: tuple[int, ...] = ()
        self._outputs: tuple[int, ...] = ()

    def forward(self, *values: Tensor) -> Any:
        """Inputs in order; one output alone, several as a tuple."""
        known = dict(zip(self._inputs, values, strict=True))
        for line in self._program:
            given = [known[number] for number in line.inputs]
            if line.layer:
                made = self._modules[line.layer](*given)  # type: ignore[misc]
            elif not line.function:
                made = given[0]
            elif line.function in LISTED:
                made = FUNCTIONS[line.function](given, **dict(line.options))
            elif line.function in OPERATORS:
                made = given[0]
                for other in given[1:]:
                    made = FUNCTIONS[line.function](made, other)
            else:
                made = FUNCTIONS[line.function](*given, **dict(line.options))
            if len(line.outputs) == 1:
                known[line.outputs[0]] = made
            else:
                known.update(zip(line.outputs, made, strict=True))
        results = tuple(known[number] for number in self._outputs)
        return results[0] if len(results) == 1 else results


class Model(Container):
    """The outermost container: one value in, one out."""

    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        return super().forward(x)


def modules(plan: Plan) -> nn.Module:
    """The model of a plan, with whatever values its layers begin with."""
    return _Builder(crossings(plan)).container(plan, Model())


def made(step: Step) -> nn.Module:
    """The layer of one step."""
    options = {name: quantity.value for name, quantity in step.call.args}
    return LAYERS[step.call.target](**options)


class _Builder:
    def __init__(self, crossed: Crossings) -> None:
        self.crossed = crossed

    def container(self, plan: Plan, found: Container) -> Container:
        """A plan with a level of its own, filled into an empty container."""
        scope, program = plan.scope, _Program()
        captured = self.crossed.captures.get(scope.id, {})
        found._inputs = tuple(program.number(r) for r in (Ref(scope.id, INPUT), *captured))
        self.fill(plan, found, program)
        escaped = self.crossed.escapes.get(scope.id, {})
        found._outputs = tuple(program.number(ref) for ref in (scope.result, *escaped))
        found._program = tuple(program.lines)
        return found

    def fill(self, plan: Plan, home: Container, program: _Program) -> None:
        for position, (child, name) in enumerate(zip(plan.children, plan.names, strict=True)):
            ref = Ref(plan.scope.id, position)
            if isinstance(child, Absent):
                program.alias(child.inputs[0], ref)
            elif isinstance(child, Unit):
                self.unit(child, name, ref, home, program)
            elif name:
                self.inner(child, name, ref, home, program)
            else:
                program.alias(child.scope.inputs[0], Ref(child.scope.id, INPUT))
                self.fill(child, home, program)
                program.alias(child.scope.result, ref)

    def inner(self, plan: Plan, name: str, ref: Ref, home: Container, program: _Program) -> None:
        alone = _layer_alone(plan)
        if alone is not None:
            home.add_module(name, made(alone))
        else:
            home.add_module(name, self.container(plan, Container()))
        id = plan.scope.id
        captured, escaped = self.crossed.captures.get(id, {}), self.crossed.escapes.get(id, {})
        inputs = tuple(program.number(r) for r in (*plan.scope.inputs, *captured))
        outputs = tuple(program.number(r) for r in (ref, *escaped))
        program.lines.append(Instruction(name, "", (), inputs, outputs))

    def unit(self, unit: Unit, name: str, ref: Ref, home: Container, program: _Program) -> None:
        inputs = tuple(program.number(value) for value in unit.node.inputs)
        steps = [step for step in unit.steps if step.present]
        if not steps:
            program.alias(unit.node.inputs[0], ref)
        for step in steps:
            output = program.number(ref) if step is steps[-1] else program.fresh()
            if step.style == "layer":
                own = f"{name}_{step.name}" if step.name else name
                home.add_module(own, made(step))
                line = Instruction(own, "", (), inputs, (output,))
            else:
                options = tuple((key, q.value) for key, q in step.call.args)
                line = Instruction("", step.call.target, options, inputs, (output,))
            program.lines.append(line)
            inputs = (output,)


def _layer_alone(plan: Plan) -> Step | None:
    """The layer that is all there is of a turn, and stands where the turn stands."""
    if len(plan.children) != 1 or plan.names != ("",) or not isinstance(plan.children[0], Unit):
        return None
    steps = [step for step in plan.children[0].steps if step.present]
    return steps[0] if len(steps) == 1 and steps[0].style == "layer" else None


class _Program:
    def __init__(self) -> None:
        self.lines: list[Instruction] = []
        self.numbers: dict[Ref, int] = {}
        self.count = 0

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def number(self, ref: Ref) -> int:
        if ref not in self.numbers:
            self.numbers[ref] = self.fresh()
        return self.numbers[ref]

    def alias(self, source: Ref, target: Ref) -> None:
        self.numbers[target] = self.number(source)
