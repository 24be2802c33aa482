"""Run a generated file by itself, with given weights on a given batch. Started by `archspec build --prove` alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(backend: str, folder: str) -> None:
    """Write the file's outputs to found0.npz, found1.npz ... in `folder`, one for each type of numbers that plan.json
    names; native weights and the batch are there too."""
    import numpy as np
    from safetensors.numpy import load_file

    from archspec.lowering.backend import alone, ready, several

    place = Path(folder)
    job = json.loads((place / "plan.json").read_text(encoding="utf-8"))
    chosen = ready(backend)
    with np.load(place / "batch.npz") as batch:
        inputs = alone([batch[name] for name in batch.files])
    size = alone([array.shape[1:] for array in several(inputs)])
    native = load_file(place / "native.safetensors")
    for number, dtype in enumerate(job["dtypes"]):
        model = chosen.import_source(Path(job["file"]), job["name"], dtype, size)
        chosen.load_native(model, native)
        np.savez(place / f"found{number}.npz", *several(chosen.run(model, inputs)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
