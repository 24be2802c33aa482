"""The plan evaluated: native modules in nested containers, with the names that the generated source has too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from torch import nn

from archspec.graph.graph import INPUT, Absent, ValueId
from archspec.lowering.dialect import Dialect
from archspec.lowering.flow import Crossings, crossings
from archspec.lowering.lower import blamed
from archspec.lowering.plan import Plan, Step, Unit
from archspec.lowering.sharing import sharing
from archspec_torch.programs import OPERATORS, Container, Instruction, Model, asked


def modules(plan: Plan, dialect: Dialect) -> nn.Module:
    """The model of a plan, with whatever values its layers begin with."""
    outermost = Model() if len(plan.scope.takes) == 1 else Container()
    return _Builder(crossings(plan), sharing(plan).inside, dialect).container(plan, outermost)


class _Builder:
    """`opened` are scopes without a program of their own: what is in them is run by the container around."""

    def __init__(self, crossed: Crossings, opened: Collection[int], dialect: Dialect) -> None:
        self.crossed, self.opened, self.dialect = crossed, opened, dialect

    def layer(self, step: Step) -> nn.Module:
        """The layer of one step."""
        options = {name: quantity.value for name, quantity in step.call.args}
        layer: nn.Module = self.dialect.resolve(step.call.target)(**options)
        return layer

    def applied(self, step: Step, inputs: tuple[int, ...], output: int) -> Instruction:
        """The line that calls a function, a method or an operator."""
        target = step.call.target
        options = tuple((key, quantity.value) for key, quantity in step.call.args)
        listed = self.dialect.targets[target].listed
        if step.style == "method":  # asked of the value, which a tracer's stands in for
            function: Callable[..., Any] = partial(asked, target.partition(".")[2])
        elif step.style == "operator":
            function = OPERATORS[target]
        else:
            function = self.dialect.resolve(target)
        return Instruction("", function, options, inputs, (output,), listed)

    def container(self, plan: Plan, container: Container) -> Container:
        """A plan with a level of its own, filled into an empty container."""
        scope, program = plan.scope, _Program(plan.native)
        captured = self.crossed.captures.get(scope.id, {})
        container._inputs = tuple(program.number(r) for r in (*scope.enters, *captured))
        self.fill(plan, container, program)
        escaped = self.crossed.escapes.get(scope.id, {})
        container._outputs = tuple(program.number(ref) for ref in (*scope.results, *escaped))
        container._program = tuple(program.lines)
        return container

    def fill(self, plan: Plan, parent: nn.Module, program: _Program) -> None:
        """The rows of a plan; layers are children of `parent`."""
        for position, (child, name) in enumerate(zip(plan.children, plan.names, strict=True)):
            ref = ValueId(plan.scope.id, position)
            if isinstance(child, Absent):
                program.alias(child.inputs[0], ref)
            elif isinstance(child, Unit):
                self.unit(child, name, ref, parent, program)
            elif name and child.scope.id not in self.opened:
                self.inner(child, name, ref, parent, program)
            else:
                program.alias(child.scope.inputs[0], ValueId(child.scope.id, INPUT))
                below = nn.Module() if name else parent
                self.fill(child, below, program)
                if name and len(below._modules):
                    parent.add_module(name, below)
                program.alias(child.scope.result, ref)

    def inner(
        self, plan: Plan, name: str, ref: ValueId, parent: nn.Module, program: _Program
    ) -> None:
        alone = _layer_alone(plan)
        if alone is not None:
            unit, step = alone
            with blamed(unit.node, "PyTorch"):
                parent.add_module(name, self.layer(step))
        else:
            parent.add_module(name, self.container(plan, Container()))
        id = plan.scope.id
        captured, escaped = self.crossed.captures.get(id, {}), self.crossed.escapes.get(id, {})
        inputs = tuple(program.number(r) for r in (*plan.scope.inputs, *captured))
        outputs = tuple(program.number(r) for r in (ref, *(() if alone else escaped)))
        program.lines.append(Instruction(program.below(plan.native), None, (), inputs, outputs))
        for inner in escaped if alone else ():  # values by another name
            program.alias(plan.scope.inputs[0] if inner.child == INPUT else ref, inner)

    def unit(
        self, unit: Unit, name: str, ref: ValueId, parent: nn.Module, program: _Program
    ) -> None:
        inputs = tuple(program.number(value) for value in unit.node.inputs)
        steps = [step for step in unit.steps if step.present]
        if not steps:
            program.alias(unit.node.inputs[0], ref)
        for step in steps:
            output = program.number(ref) if step is steps[-1] else program.fresh()
            if step.style == "layer":
                if not unit.node.shares:
                    with blamed(unit.node, "PyTorch"):
                        parent.add_module(step.named(name), self.layer(step))
                layer = program.below(unit.native_of(step))
                listed = self.dialect.targets[step.call.target].listed
                line = Instruction(layer, None, (), inputs, (output,), listed)
            else:
                line = self.applied(step, inputs, output)
            program.lines.append(line)
            inputs = (output,)


def _layer_alone(plan: Plan) -> tuple[Unit, Step] | None:
    """The layer that is all there is of a list, or of lists in one another, and stands where the list stands."""
    if plan.names != ("",) or isinstance(plan.children[0], Absent):
        return None
    if isinstance(plan.children[0], Plan):
        return _layer_alone(plan.children[0])
    unit = plan.children[0]
    steps = [step for step in unit.steps if step.present]
    return (unit, steps[0]) if len(steps) == 1 and steps[0].style == "layer" else None


class _Program:
    """The lines of a container; `native` is its path."""

    def __init__(self, native: str) -> None:
        self.native = native
        self.lines: list[Instruction] = []
        self.numbers: dict[ValueId, int] = {}
        self.count = 0

    def below(self, native: str) -> str:
        """The path of a layer from the container."""
        return native.removeprefix(f"{self.native}.") if self.native else native

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def number(self, ref: ValueId) -> int:
        if ref not in self.numbers:
            self.numbers[ref] = self.fresh()
        return self.numbers[ref]

    def alias(self, source: ValueId, target: ValueId) -> None:
        self.numbers[target] = self.number(source)
