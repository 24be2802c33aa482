"""What torchvision and timm say, kept for environments without them. `make reference` checks that it still holds.

    .venv-reference/bin/python tests/reference/make_fixtures.py

For each model: the names and shapes of its state dict in order, and its logits in float64 with weights that follow from
these (seeded.py). For ONNX the graph as PyTorch exports it, its tensors emptied.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import seeded

HERE = Path(__file__).parent / "fixtures"
SIZES = ((100, 90), (97, 75))
ONNX = {"width_mult": 0.35, "num_classes": 10}
ONNX_SIZE = (70, 61)


def _torchvision(name: str) -> Callable[..., Any]:
    from torchvision import models

    return lambda **options: models.get_model(name, weights=None, **options)


def _timm(name: str) -> Callable[..., Any]:
    import timm

    return lambda **options: timm.create_model(name, pretrained=False, **options)


MODELS: dict[str, tuple[Callable[[str], Callable[..., Any]], str]] = {
    "torchvision_mobilenet_v2": (_torchvision, "mobilenet_v2"),
    "timm_mobilenetv1": (_timm, "mobilenetv1_100"),
}


def filled(name: str, **options: Any) -> Any:
    """A published model in float64 whose weights follow from their names."""
    import torch

    library, builder = MODELS[name]
    model = library(builder)(**options)
    listed = [(key, tuple(value.shape)) for key, value in model.state_dict().items()]
    given = {key: torch.from_numpy(value) for key, value in seeded.state(listed).items()}
    model.load_state_dict(given)
    return model.double().eval()


def logits(model: Any, size: tuple[int, int]) -> Any:
    """Its outputs for the batch of a size."""
    import torch

    inputs = np.ascontiguousarray(np.moveaxis(seeded.batch(size), -1, 1))
    with torch.no_grad():
        return model(torch.from_numpy(inputs)).numpy()


def fixture(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is kept of a model: facts, and logits by size."""
    model = filled(name)
    packages = ("torch", "torchvision", "timm")
    facts = {
        "made_with": {package: metadata.version(package) for package in packages},
        "tensors": [[key, list(value.shape)] for key, value in model.state_dict().items()],
    }
    return facts, {f"{h}x{w}": logits(model, (h, w)) for h, w in SIZES}


def onnx_fixture() -> tuple[bytes, Any]:
    """torchvision's mobilenet_v2, narrow, as an ONNX graph without values, and its logits."""
    import onnx
    import torch

    model = filled("torchvision_mobilenet_v2", **ONNX).float()
    example = torch.zeros(2, 3, *ONNX_SIZE)
    target = HERE / ".export.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example,),
            target,
            dynamo=False,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
        )
    graph = onnx.load(target)
    target.unlink()
    for proto in graph.graph.initializer:
        proto.ClearField("raw_data")
    return graph.SerializeToString(), logits(model.double(), ONNX_SIZE)


def main() -> None:
    """Write every fixture."""
    for name in MODELS:
        facts, found = fixture(name)
        (HERE / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")
        np.savez(HERE / f"{name}.npz", **found)
    graph, found = onnx_fixture()
    (HERE / "torchvision_mobilenet_v2.onnx").write_bytes(graph)
    np.savez(HERE / "torchvision_mobilenet_v2_onnx.npz", logits=found)


if __name__ == "__main__":
    main()
