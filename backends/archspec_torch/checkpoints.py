"""How PyTorch names its weights and lays them out, in files and models; torch is imported by what needs it alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from archspec.graph.graph import Graph
from archspec.lowering.backend import Backend, ready
from archspec.lowering.layouts import native
from archspec.lowering.plan import Plan
from archspec.weights.files.tensor_file import FileFormat, TensorEntry, TensorFile, grouped
from archspec.weights.lazy_tensor import to_array

COUNTER = "num_batches_tracked"
NORMS = ("nn.BatchNorm1d", "nn.BatchNorm2d", "BatchNormUnscaled")


class TorchCheckpoints:
    """A `CheckpointFormat`: kernels are (out, in, height, width), and a name ends in the attribute of its module."""

    layouts: tuple[str, ...] = ("torch", "torchvision", "timm")
    exchanged: tuple[str, ...] = ("onnx",)
    packages: tuple[str, ...] = ("torch",)
    mappings = True

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.files = FileFormat((".pt", ".pth"), self._opened, self._write)

    def layers(self, tensors: Mapping[str, Any]) -> dict[str, Sequence[TensorEntry]]:
        """The tensors by module."""
        return grouped(tensors, layer_of)

    def comparable(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A 1x1 convolution has the cells of a dense layer, and (c, 1, 1) are c factors."""
        if len(shape) == 3 and shape[1:] == (1, 1):
            return shape[:1]
        return shape[:2] if len(shape) == 4 and shape[2:] == (1, 1) else shape

    def of_model(self, source: Any, key: str = "") -> TensorFile:
        """The tensors of a model or a state dict."""
        ready(self.backend.name)
        from archspec_torch import states

        return states.of_model(source, key)

    def export(
        self, path: Path, graph: Graph, weights: Mapping[str, Any], dtype: str | None = None
    ) -> None:
        """The state dict of the built or printed model, counters too, in a `.pt` or `.safetensors` file."""
        from archspec.weights.exporting import save

        plan = self.backend.lower(graph)
        state = native(plan, {name: to_array(value) for name, value in weights.items()})
        save(path, state | _counters(plan), {"format": "pt"}, dtype)

    def published(
        self,
        reference: str,
        options: Mapping[str, Any],
        source: Path,
        key: str,
        input_shape: tuple[int, ...],
        classes: int,
    ) -> Any:
        """A model of torchvision or timm with the tensors of a file, in float64; raises WeightsError."""
        ready(self.backend.name)
        from archspec.weights.checkpoints import opened
        from archspec_torch.published import published

        with opened(source, key) as file:
            return published(reference, {"num_classes": classes, **options}, file)

    @contextmanager
    def _opened(self, path: Path, key: str) -> Iterator[TensorFile]:
        ready(self.backend.name)
        from archspec_torch import states

        yield states.of_file(path, key)

    def _write(
        self,
        path: Path,
        tensors: Mapping[str, Any],
        metadata: Mapping[str, str],
        dtype: str | None,
        versions: Mapping[str, int],
    ) -> None:
        ready(self.backend.name)
        from archspec_torch import states

        states.write(path, tensors, dtype, versions)


def layer_of(name: str) -> tuple[str, str] | None:
    """Module and attribute of `features.0.0.weight`; None for the counter of a batch norm."""
    module, _, role = name.rpartition(".")
    return None if role == COUNTER else (module, role)


def _counters(plan: Plan) -> dict[str, Any]:
    """What a batch norm has in a state dict beside its weights: how many batches it has seen, none."""
    layers = (
        unit.native_of(step)
        for unit in plan.units()
        for step in unit.steps
        if step.present and step.call.target in NORMS
    )
    return {f"{layer}.{COUNTER}": np.zeros((), np.int64) for layer in layers}
