"""TensorFlow's settings, which it reads when it is first imported."""

from __future__ import annotations

import os


def quiet() -> None:
    """Ask TensorFlow for one order of summation and no chatter, unless the user has said otherwise."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
