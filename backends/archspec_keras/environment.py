"""What Keras computes with, and what that is told before it is imported. Nothing here imports Keras."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module, util
from pathlib import Path

from archspec.exceptions import ArchspecError

ENGINES = ("tensorflow", "jax", "torch")
# between the levels of a layer's name: PyTorch refuses a dot, Keras a slash, and labels have `_` themselves
SEPARATOR = "-"


class UnknownEngine(ArchspecError):
    """Keras is told to compute with something that archspec's models do not run on."""

    def __init__(self, name: str) -> None:
        known = ", ".join(ENGINES)
        super().__init__(
            f"Keras is told to compute with {name}: set KERAS_BACKEND to one of {known}"
        )


def engine() -> str:
    """What Keras computes with: what it runs on already, else what KERAS_BACKEND says, else what keras.json says if it
    is installed, else the first one that is."""
    running = sys.modules.get("keras")
    if running is not None and hasattr(running, "config"):
        return str(running.config.backend())
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"]
    there = installed()
    configured = _configured()
    return configured if configured in there else next(iter(there), ENGINES[0])


def installed() -> tuple[str, ...]:
    """The frameworks here that Keras can compute with."""
    return tuple(name for name in ENGINES if util.find_spec(name) is not None)


def _configured() -> str:
    """The backend of keras.json, which Keras writes itself where there is none: no more than a preference."""
    folder = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        stated = json.loads((Path(folder) / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return ""
    return str(stated.get("backend", "")) if isinstance(stated, dict) else ""


def quiet() -> None:
    """Let Keras compute with `engine()`; ask TensorFlow for one order of summation and no chatter, unless the user has
    said otherwise. Raises UnknownEngine."""
    chosen = engine()
    if chosen not in ENGINES:
        raise UnknownEngine(chosen)
    os.environ["KERAS_BACKEND"] = chosen
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def doubles(dtype: str) -> None:
    """Let JAX, and Keras on JAX and PyTorch, keep the 64 bits that are asked for, which they would cut without a word.

    For the whole process: models outlive the call. Keras's table is its own; where a version has none, it cuts nothing.
    """
    if dtype != "float64":
        return
    if engine() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    types = import_module("keras.src.backend.common.dtypes")
    getattr(types, "BIT64_TO_BIT32_DTYPE", {})["float64"] = "float64"
