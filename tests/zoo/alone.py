"""Generated Keras files where archspec is not imported: made, saved, loaded, cloned, configured again.

A program of its own. It reads the path of a folder a line - `job.json`, `inputs.npy`, `weights.npz`, the file - and
answers each with a line of JSON, when the logits lie in the folder.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np


def answer(folder: Path) -> dict[str, Any]:
    """The names of the model's weights in order, and how many are trained; logits by what was done to the model."""
    job = json.loads((folder / "job.json").read_text())
    keras.config.set_dtype_policy(job["dtype"])
    keras.config.set_floatx(job["dtype"])
    model = getattr(imported(folder / job["file"]), job["function"])(*job["arguments"])
    names = [f"{layer.name}.{v.name}" for layer in model.layers for v in layer.weights]
    with np.load(folder / "weights.npz") as weights:
        for layer in model.layers:
            for variable in layer.weights:
                variable.assign(weights[f"{layer.name}.{variable.name}"])
    inputs = np.load(folder / "inputs.npy")
    outputs, failed = results(model, inputs, folder / "generated.keras")
    for what, logits in outputs.items():
        np.savez(folder / f"{what}.npz", *logits)
    ours = sorted(name for name in sys.modules if name.startswith("archspec"))
    trained = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    return {"names": names, "trained": trained, "failed": failed, "ours": ours}


def imported(file: Path) -> Any:
    """A file as a module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def results(model: Any, inputs: Any, file: Path) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Logits of a model, and of what Keras makes of it in three ways; what could not be made, and why."""
    outputs, failed = {"itself": logits(model, inputs)}, {}
    for what, make in (("loaded", loaded), ("cloned", cloned), ("configured", configured)):
        try:
            outputs[what] = logits(make(model, file), inputs)
        except Exception as error:  # each failure is a finding, whatever it raises
            failed[what] = f"{type(error).__name__}: {error}"
    return outputs, failed


def loaded(model: Any, file: Path) -> Any:
    """Saved and loaded in safe mode: nothing of the file is executed."""
    model.save(file)
    try:
        return keras.saving.load_model(file, safe_mode=True)
    finally:
        file.unlink()


def cloned(model: Any, file: Path) -> Any:
    """A copy that Keras makes layer by layer, with the weights put in."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def configured(model: Any, file: Path) -> Any:
    """A model of the configuration, which is plain data, with the weights put in."""
    config = json.loads(json.dumps(model.get_config()))
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    return copy


def logits(model: Any, inputs: Any) -> list[Any]:
    """Outputs in inference mode, in order."""
    outputs = model(inputs, training=False)
    given = [*outputs.values()] if isinstance(outputs, Mapping) else [outputs]
    return [np.asarray(value) for value in given]


def main() -> None:
    for line in sys.stdin:
        try:
            said = answer(Path(line.strip()))
        except Exception:  # the one who asks shows it
            said = {"error": traceback.format_exc()}
        keras.utils.clear_session()
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
