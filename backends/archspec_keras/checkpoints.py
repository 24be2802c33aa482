"""How Keras names its weights and lays them out, in files and models; Keras is imported by what needs it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from archspec.files import replacing
from archspec.graph.graph import Graph
from archspec.lowering.backend import Backend, ready
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import TensorEntry, TensorFile, grouped
from archspec_keras.environment import doubles, quiet
from archspec_keras.hdf5_file import FORMAT

ENDING = ".weights.h5"
STATE = {
    "optimizer",
    "optimizer_weights",
    "metrics",
    "loss",
    "seed_generator",
    "top_level_model_weights",
}


class KerasCheckpoints:
    """A `CheckpointFormat`: kernels are (height, width, in, out), and a file may number a layer's tensors."""

    layouts: tuple[str, ...] = ("keras",)
    exchanged: tuple[str, ...] = ()
    files = FORMAT
    packages: tuple[str, ...] = ("keras",)
    mappings = False

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def layers(self, tensors: Mapping[str, Any]) -> dict[str, Sequence[TensorEntry]]:
        """The tensors by layer."""
        listed = grouped(tensors, layer_of)
        return {layer: _depthwise(entries) for layer, entries in listed.items()}

    def comparable(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A 1x1 convolution has the cells of a dense layer; a depthwise kernel of one group for each channel is kept
        in two shapes."""
        if len(shape) != 4:
            return shape
        window, rest = shape[:2], ((shape[3], 1) if shape[2] == 1 else shape[2:])
        return rest if window == (1, 1) else (*window, *rest)

    def of_model(self, source: Any, key: str = "") -> TensorFile:
        """The tensors of a model."""
        ready(self.backend.name)
        from archspec_keras import states

        return states.of_model(source)

    def export(
        self, path: Path, graph: Graph, weights: Mapping[str, Any], dtype: str | None = None
    ) -> None:
        """The weights of the built or printed model as Keras saves them; raises WeightsError, OSError."""
        if not path.name.endswith(ENDING):
            raise WeightsError([f"Keras wants it to end in {ENDING}"], f"{path} cannot be written")
        model = ready(self.backend.name).build(graph, weights, dtype or "float32")
        with replacing(path) as temporary:
            model.save_weights(temporary, overwrite=True)

    def published(
        self,
        reference: str,
        options: Mapping[str, Any],
        source: Path,
        key: str,
        input_shape: tuple[int, ...],
        classes: int,
    ) -> Any:
        """A model of keras.applications with the weights of a file, in float64, logits out; raises WeightsError."""
        ready(self.backend.name)
        quiet()
        doubles("float64")
        from archspec_keras.published import published

        sizes = {"input_shape": input_shape, "classes": classes}
        return published(reference, {**sizes, **options}, source)


def layer_of(name: str) -> tuple[str, str] | None:
    """Layer and role of `layers/conv2d_1/vars/0`, in older files of `conv1/conv1/depthwise_kernel:0`.

    The role is a number or an attribute. None for what is no weight.
    """
    pieces = name.replace(".", "/").split("/") if "/" not in name else name.split("/")
    if STATE & set(pieces):
        return None
    role = pieces[-1].partition(":")[0]
    layer = [piece for piece in pieces[:-1] if piece not in ("vars", "model_weights")]
    return "/".join(layer), role


def _depthwise(entries: Sequence[TensorEntry]) -> Sequence[TensorEntry]:
    """A depthwise convolution's kernel is its kernel, whatever it is called; a separable one has two."""
    if [e.role for e in entries if e.role.endswith("_kernel")] != ["depthwise_kernel"]:
        return entries
    return [replace(e, role="kernel") if e.role == "depthwise_kernel" else e for e in entries]
