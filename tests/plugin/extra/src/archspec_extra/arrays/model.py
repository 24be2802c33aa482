"""The plan evaluated: every call of it, in order, on arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archspec.graph.graph import INPUT, Absent, ValueId
from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Plan, Unit
from archspec.weights.check import check


class Model:
    """A plan and its weights by their canonical names."""

    def __init__(
        self, plan: Plan, dialect: Dialect, weights: Mapping[str, Any], dtype: str
    ) -> None:
        self.plan, self.dtype = plan, dtype
        called = {step.call.target for unit in plan.units() for step in unit.steps}
        self.functions = {target: dialect.resolve(target) for target in called}
        self.fill(weights)

    def fill(self, weights: Mapping[str, Any]) -> None:
        """Take copies of weights; raises WeightsError before anything is taken."""
        check(self.plan, weights)
        self.weights = {name: np.array(array, self.dtype) for name, array in weights.items()}

    def __call__(self, inputs: Any, trace: dict[str, Any] | None = None) -> Any:
        """The output for a batch; `trace` gets the output of every node by its path."""
        values = {ValueId(self.plan.scope.id, INPUT): np.asarray(inputs, self.dtype)}
        self._run(self.plan, values, {} if trace is None else trace)
        return values[self.plan.scope.result]

    def _run(self, plan: Plan, values: dict[ValueId, Any], trace: dict[str, Any]) -> None:
        for position, child in enumerate(plan.children):
            ref = ValueId(plan.scope.id, position)
            if isinstance(child, Absent):
                values[ref] = values[child.inputs[0]]
            elif isinstance(child, Plan):
                values[ValueId(child.scope.id, INPUT)] = values[child.scope.inputs[0]]
                self._run(child, values, trace)
                values[ref] = values[child.scope.result]
            else:
                given = [values[value] for value in child.node.inputs]
                values[ref] = trace[child.node.path] = self._unit(child, given)

    def _unit(self, unit: Unit, given: list[Any]) -> Any:
        for step in unit.steps:
            own = {s.native: self.weights[f"{unit.node.path}.{s.weight.role}"] for s in step.slots}
            options = {key: quantity.value for key, quantity in step.call.args}
            given = [self.functions[step.call.target](*given, **own, **options)]
        return given[0]
