"""What differs with the framework that Keras computes with; a module for each, imported when it is needed.

Each has `gradients`, `fill` and `inference`, as `on_tensorflow` says.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from archspec_keras.environment import engine


def running() -> Any:
    """The module of the framework that Keras runs on."""
    return import_module(f"{__name__}.on_{engine()}")


__all__ = ["running"]
