"""Models that others publish, filled with the tensors of a file, to prove an import against."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import util
from typing import Any

import torch
from torch import nn

from archspec.source import did_you_mean
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import MissingPackage, TensorFile
from archspec.weights.lazy_tensor import to_array


def published(reference: str, options: Mapping[str, Any], file: TensorFile) -> nn.Module:
    """`torchvision.models.NAME` or `timm.NAME` in inference mode and float64, its state dict that of the file.

    The name is looked up in the list of the library's own builders. Raises WeightsError, MissingFramework.
    """
    root, _, name = reference.partition(".")
    name = name.rpartition(".")[2]
    if root not in BUILDERS:
        raise WeightsError(
            [f"{reference}: torchvision.models.NAME or timm.NAME expected"],
            "there is nothing to check against",
        )
    if util.find_spec(root) is None:
        raise MissingPackage("this check", root, root)
    try:
        model = BUILDERS[root](name, options)
        model.load_state_dict(_state(model, file))
    except (RuntimeError, TypeError, ValueError) as error:
        raise WeightsError(_lines(error, options), f"{file.source} is not {reference}'s") from None
    model.double().eval()
    # torchvision returns auxiliary heads in training mode alone; the layers stay in inference mode
    model.training = bool(getattr(model, "aux_logits", False))
    return model


def _state(model: nn.Module, file: TensorFile) -> dict[str, Any]:
    """The file's tensors with the versions of the model's modules, which some of torchvision's do not load without."""
    state: dict[str, Any] = model.state_dict()
    for name in state.keys() - file.tensors.keys():
        del state[name]
    state.update({name: torch.from_numpy(to_array(value)) for name, value in file.tensors.items()})
    return state


def _torchvision(name: str, options: Mapping[str, Any]) -> nn.Module:
    from torchvision import models

    _check_listed(name, models.list_models(), "torchvision")
    model: nn.Module = models.get_model(name, weights=None, **options)
    return model


def _timm(name: str, options: Mapping[str, Any]) -> nn.Module:
    import timm

    _check_listed(name, timm.list_models(), "timm")
    model: nn.Module = timm.create_model(name, pretrained=False, **options)
    return model


BUILDERS = {"torchvision": _torchvision, "timm": _timm}


def _check_listed(name: str, builders: list[str], library: str) -> None:
    if name not in builders:
        hint = did_you_mean(name, builders)
        raise WeightsError(
            [f"{name}{f'; {hint}' if hint else ''}"], f"{library} has no such builder"
        )


def _lines(error: Exception, options: Mapping[str, Any]) -> list[str]:
    arguments = ", ".join(f"{key}={value}" for key, value in options.items())
    last = f"the builder was given {arguments}; more with --with NAME=VALUE"
    return [*(line.strip()[:200] for line in f"{error}".splitlines()[:3]), last]
