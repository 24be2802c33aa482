"""The Keras backend of archspec. Importing it does not import Keras."""

from archspec_keras.backend import BACKEND, KerasBackend

__all__ = ["BACKEND", "KerasBackend"]
