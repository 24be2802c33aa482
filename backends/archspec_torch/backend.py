"""The PyTorch backend: the table's plan built, loaded, run and saved."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.graph.graph import Graph
from archspec.lowering.lower import lower
from archspec.lowering.plan import Plan, Target
from archspec_torch.reserved import RESERVED
from archspec_torch.syntax import TorchSyntax
from archspec_torch.table import INITIAL_TARGETS
from archspec_torch.tables import TABLE, TARGETS

if TYPE_CHECKING:
    from torch import nn


class TorchBackend:
    """Native `nn.Module`s; values are channels first inside, in the spec's layout at `run`."""

    name = "torch"
    extra = "torch"
    requires: tuple[str, ...] = ("torch",)
    targets: Mapping[str, Target] = {**TARGETS, **INITIAL_TARGETS}

    def lower(self, graph: Graph) -> Plan:
        """The plan, without torch."""
        return lower(graph, TABLE, RESERVED, "PyTorch")

    def syntax(self) -> TorchSyntax:
        """How the printer writes PyTorch."""
        return TorchSyntax()

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str = "float32") -> nn.Module:
        """An `nn.Module` in inference mode. Layers are made without values, then get the given ones."""
        import torch

        from archspec_torch import build, tensors

        plan = self.lower(graph)
        with torch.device("meta"):
            model = build.modules(plan)
        tensors.fill(model, plan, weights, tensors.DTYPES[dtype])
        return model.eval()

    def load(self, model: nn.Module, plan: Plan, weights: Mapping[str, Any]) -> None:
        """All or nothing; raises WeightsError with everything that does not fit."""
        from archspec_torch import tensors

        tensors.load(model, plan, weights)

    def load_native(self, model: nn.Module, arrays: Mapping[str, Any]) -> None:
        """Arrays by the names of the state dict."""
        from archspec_torch import tensors

        tensors.load_native(model, arrays)

    def dump(self, model: nn.Module, plan: Plan) -> dict[str, Any]:
        """Canonical name to array."""
        from archspec_torch import tensors

        return tensors.dump(model, plan)

    def run(self, model: nn.Module, inputs: Any, *, training: bool = False) -> Any:
        """(n, height, width, channels) or (n, features) in and out; running statistics move in training."""
        from archspec_torch import tensors

        return tensors.run(model, inputs, training=training)

    def trace(self, model: nn.Module, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node that ends in a layer, by its path."""
        from archspec_torch import tensors

        return tensors.trace(model, plan, inputs)

    def save(self, model: nn.Module, path: Path, inputs: Any) -> None:
        """`.pt2`: an exported program whose batch is free."""
        import torch

        from archspec_torch import tensors

        example = tensors.batch(inputs)
        free = {0: torch.export.Dim("batch", min=1, max=4096)}
        plain = copy.deepcopy(model).eval()
        program = torch.export.export(plain, (example,), dynamic_shapes=(free,))
        torch.export.save(program, path)

    def restore(self, path: Path) -> nn.Module:
        """The module of a `.pt2` file."""
        import torch

        return torch.export.load(path).module()

    def import_source(self, path: Path, name: str, dtype: str, size: tuple[int, ...]) -> nn.Module:
        """The model that the class `name` of a generated file makes, in inference mode."""
        from archspec_torch import tensors

        return tensors.import_source(path, name, dtype)


BACKEND = TorchBackend()
