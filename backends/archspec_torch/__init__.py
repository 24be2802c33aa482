"""The PyTorch backend of archspec. Importing it does not import torch."""

from archspec_torch.backend import BACKEND, TorchBackend

__all__ = ["BACKEND", "TorchBackend"]
