"""Generated files, run where nothing of archspec is: `golden_alone.py FILE...` makes each model and gives it a batch.

A program of its own. It prints a line for each file: its name, and the shapes that come out of a batch of two.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

CLASSES = 7


def sizes(file: Path) -> list[tuple[int, ...]]:
    """What the model takes, as the Keras file of the same network states it: height, width, channels of each input."""
    twin = file.with_name(file.name.replace("_torch.py", "_keras.py"))
    made = last(twin)
    assert isinstance(made, ast.FunctionDef)
    stated = dict(zip(reversed(made.args.args), reversed(made.args.defaults), strict=False))
    return [ast.literal_eval(v) for arg, v in stated.items() if arg.arg.endswith("_shape")][::-1]


def last(file: Path) -> ast.ClassDef | ast.FunctionDef:
    """The definition at the end of a file, which is the model."""
    found = ast.parse(file.read_text(encoding="utf-8")).body[-1]
    assert isinstance(found, ast.ClassDef | ast.FunctionDef)
    return found


def made(file: Path) -> Any:
    """The model; where the classes are an argument, of a few."""
    make = getattr(importlib.import_module(file.stem), last(file).name)
    few = {"classes": CLASSES} if "classes" in signature(make).parameters else {}
    return make(**few)


def in_torch(file: Path) -> list[Any]:
    import torch

    shapes = [(2, *size[-1:], *size[:-1]) for size in sizes(file)]
    with torch.no_grad():
        given = made(file).eval()(*(torch.ones(shape) for shape in shapes))
    return [value.numpy() for value in (given if isinstance(given, tuple) else (given,))]


def in_keras(file: Path) -> list[Any]:
    model = made(file)
    inputs = [np.ones((2, *x.shape[1:]), "float32") for x in model.inputs]
    given = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    values = given.values() if isinstance(given, Mapping) else [given]
    return [np.asarray(value) for value in values]


def main(names: Sequence[str]) -> None:
    sys.path.insert(0, "")
    for name in names:
        file = Path(name)
        values = in_torch(file) if name.endswith("_torch.py") else in_keras(file)
        assert all(np.isfinite(value).all() for value in values), name
        print(name, *("x".join(map(str, value.shape)) for value in values), flush=True)
    assert not [module for module in sys.modules if module.startswith("archspec")]


if __name__ == "__main__":
    main(sys.argv[1:])
