"""The built Keras model and the one of the generated file: the same weights in order, the same logits, and the same
after saving, cloning and configuring each of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from archspec.lowering.backend import alone
from tests.zoo import alone as process
from tests.zoo.subjects import DTYPE, Found, Subject

LIMIT = 1e-12
COPIES = ("loaded", "cloned", "configured")


class Alone:
    """A process that has Keras, and no archspec in it."""

    def __init__(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-W", "ignore", process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait()

    def asked(self, folder: Path) -> dict[str, Any]:
        """What the process says of a folder."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(f"{folder}\n")
        self.child.stdin.flush()
        said: dict[str, Any] = json.loads(self.child.stdout.readline())
        return said


def checked(subject: Subject, folder: Path, other: Alone) -> Found:
    """Everything of one network; `folder` is empty."""
    import keras

    found = Found()
    model = subject.network.build("keras", weights=subject.weights, dtype=DTYPE)
    outputs, failed = process.results(model, subject.inputs, folder / "built.keras")
    reference = alone(outputs["itself"])
    _compared(found, "built", outputs, failed, reference)
    names = _job(subject, folder, model)
    del model
    keras.utils.clear_session()
    said = other.asked(folder)
    if "error" in said:
        found.faults.append(f"the generated file: {said['error']}")
        return found
    found.expect(said["names"] == names, "weights differ in names or order")
    params = subject.network.params
    found.expect(said["trained"] == params.trainable, f"{said['trained']} values are trained")
    found.expect(not said["ours"], f"imported: {', '.join(said['ours'])}")
    logits = {what: _read(folder / f"{what}.npz") for what in ("itself", *COPIES)}
    given = {what: values for what, values in logits.items() if values is not None}
    found.equal("generated", alone(given["itself"]), reference, LIMIT)
    _compared(found, "generated", given, said["failed"], alone(given["itself"]))
    for file in folder.glob("*.npz"):
        file.unlink()
    return found


def _compared(
    found: Found, way: str, outputs: dict[str, list[Any]], failed: dict[str, str], reference: Any
) -> None:
    for what in COPIES:
        if what in failed:
            found.faults.append(f"{what} {way}: {failed[what]}")
        else:
            found.equal(f"{what} {way}", alone(outputs[what]), reference, LIMIT)


def _job(subject: Subject, folder: Path, model: Any) -> list[str]:
    """Write what the other process needs; the names of the weights in order."""
    printed = subject.printed("keras")
    file = f"{subject.network.name}_keras.py"
    (folder / file).write_text(printed.text, encoding="utf-8")
    job = {
        "file": file,
        "function": printed.model,
        "arguments": [subject.network.input_shape],
        "dtype": DTYPE,
    }
    (folder / "job.json").write_text(json.dumps(job))
    np.save(folder / "inputs.npy", subject.inputs)
    weights = {f"{layer.name}.{v.name}": v for layer in model.layers for v in layer.weights}
    np.savez(folder / "weights.npz", **{name: np.asarray(v) for name, v in weights.items()})
    return list(weights)


def _read(file: Path) -> list[Any] | None:
    if not file.exists():
        return None
    with np.load(file) as arrays:
        return [arrays[name] for name in arrays.files]
