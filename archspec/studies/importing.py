"""`archspec weights import --check`: an import proven by the logits of the model that the weights come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archspec.api import Network
from archspec.lowering.backend import backend, found, missing, ready
from archspec.studies.building import sample
from archspec.weights.check import WeightsError
from archspec.weights.importing import shelved
from archspec.weights.layers import framework
from archspec.weights.order import ancestors
from archspec.weights.shelf import keeping

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

    It is relative to the largest logit; raises WeightsError where it is above 1e-10, MissingFramework, SpecError.
    """
    if len(network.input_shapes) > 1 or len(network.output_shapes) > 1:
        told = "logits are compared where one value enters and one comes out"
        raise WeightsError([told], f"{network.name} cannot be checked")
    inputs = sample(network, seed, "float64")
    chosen = _runner(layout)
    expected = _expected(network, inputs, source, layout, reference, dict(options or {}), key)
    got = logits(network, chosen, weights, inputs)
    if got.shape != expected.shape:
        raise WeightsError(
            [f"{got.shape[1:]} comes out here, {expected.shape[1:]} there"],
            f"{network.name} is another network",
        )
    difference = float(np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-300))
    if not difference <= TOLERANCE:
        raise WeightsError(
            [
                f"logits differ by {difference:.1e} of the largest (allowed: {TOLERANCE:.0e})",
                "the tensors fit, the network does not: compare paddings, activations, epsilons, and the input's size",
            ],
            f"{network.name} is not the model of {source}",
        )
    return difference


def _runner(layout: str) -> Any:
    """The backend that runs ours: the source's, so that what the check needs is there; for ONNX any that is ready."""
    if layout != "onnx":
        return ready(framework(layout))
    able = [name for name in found() if not missing(backend(name))]
    return ready(able[0] if able else framework(layout))


def _expected(
    network: Network,
    inputs: Any,
    source: Path,
    layout: str,
    reference: str,
    options: dict[str, Any],
    key: str,
) -> Any:
    if layout == "onnx":
        from archspec.studies import onnx_run

        return onnx_run.outputs(source, inputs)
    chosen, keeper = ready(framework(layout)), keeping(framework(layout))
    named = reference or network.document.reference or ""
    if not named:
        raise WeightsError(
            [f"{network.name} names no `reference`: --reference torchvision.models.NAME"],
            "there is nothing to check against",
        )
    if layout == "keras":
        options = {
            "input_shape": network.input_shape,
            "classes": network.output_shape[-1],
            **options,
        }
        return chosen.run(keeper.published(named, options, source), inputs)
    with shelved(source, layout, key) as shelf:
        options = {"num_classes": network.output_shape[-1], **options}
        return chosen.run(keeper.published(named, options, shelf), inputs)


def logits(network: Network, chosen: Any, weights: Mapping[str, Any], inputs: Any) -> Any:
    """A network's output in float64, before a softmax that stands last."""
    model = chosen.build(network.graph, weights, "float64")
    nodes = list(network.graph.nodes())
    before = ancestors(network.graph)[nodes[-1].path]
    if nodes[-1].op.name != "softmax" or nodes[-2].path not in before:
        return chosen.run(model, inputs)
    return chosen.trace(model, chosen.lower(network.graph), inputs)[nodes[-2].path]
