"""What torchvision and timm say, kept for environments without them. `make reference` checks that it still holds.

    .venv-reference/bin/python tests/reference/make_fixtures.py [NAME ...]

Names are those of models.py, and `onnx`; unless said, all.

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

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.reference import seeded
from tests.reference.models import MODELS

HERE = Path(__file__).parent / "fixtures"
ONNX = {"width_mult": 0.35, "num_classes": 10}
ONNX_SIZE = (70, 61)


def _torchvision(name: str, **options: Any) -> Any:
    from torchvision import models

    return models.get_model(name, weights=None, **options)


def _timm(name: str, **options: Any) -> Any:
    import timm

    return timm.create_model(name, pretrained=False, **options)


LIBRARIES: dict[str, Callable[..., Any]] = {"torchvision": _torchvision, "timm": _timm}


def filled(name: str, **options: Any) -> Any:
    """A published model in float64 whose weights follow from their names."""
    import torch

    row = MODELS[name]
    model = LIBRARIES[row.library](row.builder, **{**row.options, **options})
    given = model.state_dict()  # with the versions of its modules, which mnasnet asks for
    for key, value in given.items():
        given[key] = torch.from_numpy(seeded.tensor(key, tuple(value.shape), row.gain))
    model.load_state_dict(given)
    return model.double().eval()


def logits(model: Any, size: tuple[int, int]) -> Any:
    """Its outputs for the batch of a size; with auxiliary heads a row for each output."""
    import torch

    inputs = np.ascontiguousarray(np.moveaxis(seeded.batch(size), -1, 1))
    model.training = getattr(model, "aux_logits", False)  # its layers stay as they are at inference
    with torch.no_grad():
        found = model(torch.from_numpy(inputs))
    return np.stack(found) if isinstance(found, tuple) else found.numpy()


def fixture(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is kept of a model: facts, and logits by size."""
    model = filled(name)
    packages = ("torch", "torchvision", "timm")
    facts = {
        "made_with": {package: metadata.version(package) for package in packages},
        "tensors": [[key, list(value.shape)] for key, value in model.state_dict().items()],
    }
    return facts, {f"{h}x{w}": logits(model, (h, w)) for h, w in MODELS[name].sizes}


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


def written(facts: dict[str, Any]) -> str:
    """Facts as JSON, a tensor a line."""
    made = json.dumps(facts["made_with"])
    lines = ",\n".join(f"  {json.dumps(tensor)}" for tensor in facts["tensors"])
    return f'{{\n "made_with": {made},\n "tensors": [\n{lines}\n ]\n}}\n'


def main(names: list[str]) -> None:
    """Write the fixtures of these names."""
    for name in names:
        if name == "onnx":
            graph, found = onnx_fixture()
            (HERE / "torchvision_mobilenet_v2.onnx").write_bytes(graph)
            np.savez(HERE / "torchvision_mobilenet_v2_onnx.npz", logits=found)
            continue
        facts, logits_of = fixture(name)
        (HERE / f"{name}.json").write_text(written(facts))
        np.savez(HERE / f"{name}.npz", **logits_of)


if __name__ == "__main__":
    main(sys.argv[1:] or [*MODELS, "onnx"])
