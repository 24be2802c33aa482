"""`archspec weights import --check`: an import proven by the logits of the model that the weights come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archspec.api import Network
from archspec.graph.graph import origins
from archspec.lowering.backend import alone, backend, missing, ready, registered, several
from archspec.weights.check import WeightsError
from archspec.weights.checkpoints import backend_of, format_of
from archspec.weights.files import onnx_file
from archspec.workflows.building import sample

TOLERANCE = 1e-10


def check(
    network: Network,
    weights: Mapping[str, Any],
    source: Path,
    layout: str,
    reference: str = "",
    options: Mapping[str, Any] | None = None,
    key: str = "",
    seed: int = 0,
) -> float:
    """The worst difference of logits, in float64 on a random batch, from the source's own model.

    It is relative to the largest logit of an output; several outputs are compared in their order. Raises WeightsError
    where it is above 1e-10, MissingFramework, SpecError.
    """
    inputs = sample(network, seed, "float64")
    chosen = _runner(layout)
    expected = _expected(network, inputs, source, layout, reference, dict(options or {}), key)
    difference = _worst(
        network, several(logits(network, chosen, weights, inputs)), several(expected)
    )
    if not difference <= TOLERANCE:
        raise WeightsError(
            [
                f"logits differ by {difference:.1e} of the largest (allowed: {TOLERANCE:.0e})",
                "the tensors fit, the network does not: compare paddings, activations, epsilons, and the input's size",
            ],
            f"{network.name} is not the model of {source}",
        )
    return difference


def _worst(network: Network, got: tuple[Any, ...], expected: tuple[Any, ...]) -> float:
    """Of all outputs; raises WeightsError where there are more of them, or of another shape."""
    shapes = [[value.shape[1:] for value in values] for values in (got, expected)]
    if shapes[0] != shapes[1]:
        here, there = (" and ".join(map(str, listed)) for listed in shapes)
        raise WeightsError(
            [f"{here} comes out here, {there} there"], f"{network.name} is another network"
        )
    pairs = zip(got, expected, strict=True)
    return max(float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300)) for a, b in pairs)


def _runner(layout: str) -> Any:
    """The backend that runs ours: the source's, so that what the check needs is there; for ONNX any that is ready."""
    if layout != onnx_file.LAYOUT:
        return ready(backend_of(layout))
    able = [name for name in registered() if not missing(backend(name))]
    return ready(able[0] if able else backend_of(layout))


def _expected(
    network: Network,
    inputs: Any,
    source: Path,
    layout: str,
    reference: str,
    options: dict[str, Any],
    key: str,
) -> Any:
    if layout == onnx_file.LAYOUT:
        from archspec.workflows import onnx_run

        return onnx_run.outputs(source, inputs)
    chosen = ready(backend_of(layout))
    named = reference or network.document.reference or ""
    if not named:
        raise WeightsError(
            [f"{network.name} names no `reference`: --reference torchvision.models.NAME"],
            "there is nothing to check against",
        )
    model = format_of(layout).published(
        named, options, source, key, network.input_shape, network.output_shape[-1]
    )
    return chosen.run(model, inputs)


def logits(network: Network, chosen: Any, weights: Mapping[str, Any], inputs: Any) -> Any:
    """A network's outputs in float64, each before a softmax that gives it."""
    model, graph = chosen.build(network.graph, weights, "float64"), network.graph
    flow = origins(graph.root)
    softmaxes = {node.path for node in graph.nodes() if node.op.name == "softmax"}
    ends = [flow.inputs[path][0] if path in softmaxes else path for path in flow.outputs]
    if not softmaxes.intersection(flow.outputs) or not flow.inputs.keys() >= set(ends):
        return chosen.run(model, inputs)
    values = chosen.trace(model, chosen.lower(graph), inputs)
    return alone([values[path] for path in ends])
