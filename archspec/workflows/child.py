"""Run a generated file by itself, with given weights on a given batch. Started by `archspec build --prove` alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(backend: str, folder: str) -> None:
    """Write the file's outputs to found.npz in `folder`, which holds plan.json, native weights and the batch."""
    import numpy as np
    from safetensors.numpy import load_file

    from archspec.lowering.backend import alone, ready, several

    place = Path(folder)
    job = json.loads((place / "plan.json").read_text(encoding="utf-8"))
    chosen = ready(backend)
    with np.load(place / "batch.npz") as batch:
        inputs = alone([batch[name] for name in batch.files])
    size = alone([array.shape[1:] for array in several(inputs)])
    model = chosen.import_source(Path(job["file"]), job["name"], job["dtype"], size)
    native = load_file(place / "native.safetensors")
    chosen.load_native(model, native)
    np.savez(place / "found.npz", *several(chosen.run(model, inputs)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
