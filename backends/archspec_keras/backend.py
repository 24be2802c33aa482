"""The Keras backend: the table's plan built, loaded, run and saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archspec.graph.graph import Graph
from archspec.lowering.lower import lower
from archspec.lowering.plan import Plan, Target
from archspec_keras.syntax import KerasSyntax
from archspec_keras.tables import TABLE, TARGETS


class KerasBackend:
    """Functional `keras.Model`s on TensorFlow, channels last."""

    name = "keras"
    extra = "keras"
    requires: tuple[str, ...] = ("keras", "tensorflow")
    targets: Mapping[str, Target] = TARGETS

    def lower(self, graph: Graph) -> Plan:
        """The plan, without Keras."""
        return lower(graph, TABLE, frozenset(), "Keras")

    def syntax(self) -> KerasSyntax:
        """How the printer writes Keras."""
        return KerasSyntax()

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str = "float32") -> Any:
        """A `keras.Model` that holds the weights."""
        quiet()
        from archspec.weights.check import check
        from archspec_keras import build

        plan = self.lower(graph)
        check(plan, weights)
        return build.model(plan, graph.name, weights, dtype)

    def load(self, model: Any, plan: Plan, weights: Mapping[str, Any]) -> None:
        """All or nothing; raises WeightsError with everything that does not fit."""
        from archspec_keras import tensors

        tensors.load(model, plan, weights)

    def load_native(self, model: Any, arrays: Mapping[str, Any]) -> None:
        """Arrays by layer name and attribute."""
        from archspec_keras import tensors

        tensors.load_native(model, arrays)

    def dump(self, model: Any, plan: Plan) -> dict[str, Any]:
        """Canonical name to array."""
        from archspec_keras import tensors

        return tensors.dump(model, plan)

    def run(self, model: Any, inputs: Any, *, training: bool = False) -> Any:
        """(n, height, width, channels) or (n, features) in and out; running statistics move in training."""
        from archspec_keras import tensors

        return tensors.run(model, inputs, training=training)

    def trace(self, model: Any, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node that ends in a layer, by its path."""
        from archspec_keras import tensors

        return tensors.trace(model, plan, inputs)

    def save(self, model: Any, path: Path, inputs: Any) -> None:
        """`.keras`: Keras's own format; the batch is free."""
        model.save(path)

    def restore(self, path: Path) -> Any:
        """The model of a `.keras` file, read in safe mode."""
        quiet()
        import keras

        from archspec_keras import support

        del support
        return keras.saving.load_model(path, safe_mode=True)

    def import_source(self, path: Path, name: str, dtype: str, size: tuple[int, ...]) -> Any:
        """The model that the function `name` of a generated file makes for inputs of `size`."""
        quiet()
        from archspec_keras import tensors

        return tensors.import_source(path, name, dtype, size)


def quiet() -> None:
    """Ask TensorFlow for one order of summation and no chatter, unless the user has said otherwise."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


BACKEND = KerasBackend()
