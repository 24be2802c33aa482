"""The object that archspec knows: models that infer, and print nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from archspec.graph.graph import Graph
from archspec.lowering.backend import NoSource
from archspec.lowering.lower import lower
from archspec.lowering.plan import Plan
from archspec_extra.arrays.table import DIALECT


class NumpyBackend:
    """Plain arrays, in the layout of the spec and of the canonical weights. It does not train."""

    name = "numpy"
    extra = ""
    requires: tuple[str, ...] = ("numpy",)
    saves: tuple[str, ...] = ()

    def lower(self, graph: Graph) -> Plan:
        """The plan, without NumPy; raises SpecError that names everything outside the table."""
        return lower(graph, DIALECT)

    def syntax(self, plan: Plan) -> NoReturn:
        """There is none."""
        raise NoSource(self.name)

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str = "float32") -> Any:
        """A model that holds copies of the weights."""
        from archspec_extra.arrays.model import Model

        plan = self.lower(graph)
        return Model(plan, DIALECT.of(plan), weights, dtype)

    def load(self, model: Any, plan: Plan, weights: Mapping[str, Any]) -> None:
        """All or nothing; raises WeightsError with everything that does not fit."""
        model.fill(weights)

    def dump(self, model: Any, plan: Plan) -> dict[str, Any]:
        """Canonical name to array."""
        return {name: array.copy() for name, array in model.weights.items()}

    def run(self, model: Any, inputs: Any, *, training: bool = False) -> Any:
        """A forward pass; raises NotImplementedError for one in training."""
        if training:
            raise NotImplementedError("the numpy backend does not train")
        return model(inputs)

    def trace(self, model: Any, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node by its path."""
        found: dict[str, Any] = {}
        model(inputs, found)
        return found


BACKEND = NumpyBackend()
