"""The PyTorch backend: the table's plan built, loaded, run and saved."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.graph.graph import Graph
from archspec.lowering.backend import Gradients, Observer, UnknownType
from archspec.lowering.dialect import Dialect
from archspec.lowering.lower import lower
from archspec.lowering.plan import Plan
from archspec_torch.reserved import RESERVED
from archspec_torch.syntax import TorchSyntax
from archspec_torch.tables import HOMES, TABLE, TARGETS

if TYPE_CHECKING:
    from torch import nn

    from archspec.weights.checkpoints import CheckpointFormat

NAMES: Mapping[str, str] = {
    "math": "math",
    "torch": "torch",
    "nn": "torch:nn",
    "Tensor": "torch:Tensor",
    "F": "torch.nn:functional",
    "OrderedDict": "collections:OrderedDict",
}
DIALECT = Dialect(
    "torch",
    "PyTorch",
    TABLE,
    TARGETS,
    NAMES,
    HOMES,
    RESERVED,
)


class TorchBackend:
    """Native `nn.Module`s; values are channels first inside, in the spec's layout at `run`."""

    name = "torch"
    extra = "torch"
    requires: tuple[str, ...] = ("torch",)
    saves: tuple[str, ...] = (".pt2",)
    unbiased = True

    def lower(self, graph: Graph) -> Plan:
        """The plan, without torch."""
        return lower(graph, DIALECT)

    def syntax(self, plan: Plan) -> TorchSyntax:
        """How the printer writes PyTorch."""
        return TorchSyntax(DIALECT.of(plan))

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str = "float32") -> nn.Module:
        """An `nn.Module` in inference mode. Layers are made without values, then get the given ones.

        Raises UnknownType.
        """
        import torch

        from archspec_torch import build, tensors

        if dtype not in tensors.DTYPES:
            raise UnknownType("PyTorch", dtype, tuple(tensors.DTYPES))
        plan = self.lower(graph)
        with torch.device("meta"):
            model = build.modules(plan, DIALECT.of(plan))
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

    @property
    def checkpoints(self) -> CheckpointFormat:
        """How PyTorch's own files and models hold weights."""
        from archspec_torch.checkpoints import TorchCheckpoints

        return TorchCheckpoints(self)

    def run(self, model: nn.Module, inputs: Any, *, training: bool = False) -> Any:
        """(n, height, width, channels) or (n, features) in and out; running statistics move in training."""
        from archspec_torch import tensors

        return tensors.run(model, inputs, training=training)

    def trace(self, model: nn.Module, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node by its path."""
        outputs: dict[str, Any] = {}
        self.watch(model, plan, inputs, lambda path, value: outputs.update({path: value.copy()}))
        return outputs

    def watch(
        self,
        model: nn.Module,
        plan: Plan,
        inputs: Any,
        observe: Observer,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Each node's output as it is made; with `values`, every node reads these values of the nodes before it."""
        from archspec_torch import watching

        watching.watch(model, plan, inputs, observe, values)

    def inventory(self, model: nn.Module) -> dict[str, tuple[tuple[int, ...], bool]]:
        """Parameters and buffers by the names of the state dict, but for the counters of batch norms."""
        from archspec_torch import tensors

        return tensors.inventory(model)

    def gradients(self, model: nn.Module, plan: Plan, inputs: Any, cotangent: Any) -> Gradients:
        """One pass forward and back in training mode."""
        from archspec_torch import tensors

        return tensors.gradients(model, plan, inputs, cotangent)

    def save(self, model: nn.Module, path: Path, inputs: Any) -> None:
        """`.pt2`: an exported program whose batch is free."""
        import torch

        from archspec_torch import tensors

        example = tuple(tensors.batches(inputs))
        free = {0: torch.export.Dim("batch", min=1, max=4096)}
        plain = copy.deepcopy(model).eval()
        shapes: tuple[Any, ...] = (free,) * len(example)
        if any(p.kind is p.VAR_POSITIONAL for p in signature(plain.forward).parameters.values()):
            shapes = (shapes,)  # a built model of several inputs
        program = torch.export.export(plain, example, dynamic_shapes=shapes)
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
