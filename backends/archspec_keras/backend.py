"""The Keras backend: the table's plan built, loaded, run and saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.graph.graph import Graph
from archspec.lowering.backend import Gradients, Observer
from archspec.lowering.dialect import Dialect
from archspec.lowering.lower import lower
from archspec.lowering.plan import Plan
from archspec_keras.environment import ENGINES, SEPARATOR, doubles, engine, installed, quiet
from archspec_keras.syntax import KerasSyntax
from archspec_keras.tables import HOMES, TABLE, TARGETS

if TYPE_CHECKING:
    from archspec.weights.checkpoints import CheckpointFormat

NAMES: Mapping[str, str] = {
    "math": "math",
    "Any": "typing:Any",
    "keras": "keras",
    "KerasTensor": "keras:KerasTensor",
    "initializers": "keras:initializers",
    "layers": "keras:layers",
    "ops": "keras:ops",
}
DIALECT = Dialect(
    "keras",
    "Keras",
    TABLE,
    TARGETS,
    NAMES,
    HOMES,
    called=("input_layer",),
    separator=SEPARATOR,
)


class KerasBackend:
    """Functional `keras.Model`s on TensorFlow, JAX or PyTorch, channels last."""

    name = "keras"
    distributions = ("keras", "tensorflow", "tensorflow-cpu", "jax", "h5py")
    thread_variables = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    saves: tuple[str, ...] = (".keras",)
    policies: tuple[str, ...] = ("mixed_float16",)
    unbiased = False

    @property
    def extra(self) -> str:
        """The extra that brings Keras with what it is told to compute with, TensorFlow unless it is told."""
        told = os.environ.get("KERAS_BACKEND", "")
        return f"keras-{told}" if told in ENGINES[1:] else "keras"

    @property
    def requires(self) -> tuple[str, ...]:
        """Keras, and what it computes with."""
        return ("keras", *(name for name in ENGINES if name == engine()))

    @property
    def state(self) -> str:
        """What Keras computes with here, for `archspec doctor`."""
        others = [name for name in installed() if name != engine()]
        more = f"; KERAS_BACKEND may say {' or '.join(others)}" if others else ""
        return f"computes with {engine()}{more}"

    def lower(self, graph: Graph) -> Plan:
        """The plan, without Keras."""
        return lower(graph, DIALECT)

    def syntax(self, plan: Plan) -> KerasSyntax:
        """How the printer writes Keras."""
        return KerasSyntax(DIALECT.of(plan))

    def build(self, graph: Graph, weights: Mapping[str, Any], dtype: str = "") -> Any:
        """A `keras.Model` that holds the weights. `dtype` is a type or a policy - mixed_float16 -; without one, Keras's
        own policy holds, as for layers that people write. Raises UnknownType."""
        quiet()
        from archspec.weights.check import check
        from archspec_keras import build

        policy = build.policy_of(dtype)
        doubles(policy.variable_dtype)
        plan = self.lower(graph)
        check(plan, weights)
        return build.model(plan, DIALECT.of(plan), graph.name, weights, policy)

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

    @property
    def checkpoints(self) -> CheckpointFormat:
        """How Keras's own files and models hold weights."""
        from archspec_keras.checkpoints import KerasCheckpoints

        return KerasCheckpoints(self)

    def run(self, model: Any, inputs: Any, *, training: bool = False) -> Any:
        """(n, height, width, channels) or (n, features) in and out; running statistics move in training."""
        from archspec_keras import tensors

        return tensors.run(model, inputs, training=training)

    def trace(self, model: Any, plan: Plan, inputs: Any) -> dict[str, Any]:
        """The output of every node that ends in a layer, by its path."""
        outputs: dict[str, Any] = {}
        self.watch(model, plan, inputs, outputs.__setitem__)
        return outputs

    def watch(
        self,
        model: Any,
        plan: Plan,
        inputs: Any,
        observe: Observer,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Each node's output; with `values`, every node reads these values of the nodes before it.

        The output of a node that ends in a function is not seen: it is judged with the node that reads it.
        """
        from archspec_keras import watching

        if values is None:
            watching.watch(model, plan, inputs, observe)
        else:
            watching.alone(model, plan, inputs, observe, values)

    def inventory(self, model: Any) -> dict[str, tuple[tuple[int, ...], bool]]:
        """Every weight as `layer.attribute`."""
        from archspec_keras import tensors

        return tensors.inventory(model)

    def gradients(self, model: Any, plan: Plan, inputs: Any, cotangent: Any) -> Gradients:
        """One pass forward and back in training mode."""
        from archspec_keras import tensors

        return tensors.gradients(model, plan, inputs, cotangent)

    def save(self, model: Any, path: Path, inputs: Any) -> None:
        """`.keras`: Keras's own format; the batch is free."""
        model.save(path)

    def restore(self, path: Path) -> Any:
        """The model of a `.keras` file, read in safe mode."""
        quiet()
        import keras

        import_module("archspec_keras.layers")  # which registers them
        return keras.saving.load_model(path, safe_mode=True)

    def import_source(self, path: Path, name: str, dtype: str, size: tuple[int, ...]) -> Any:
        """The model that the function `name` of a generated file makes for inputs of `size`."""
        quiet()
        doubles(dtype)
        from archspec_keras import tensors

        return tensors.import_source(path, name, dtype, size)


BACKEND = KerasBackend()
