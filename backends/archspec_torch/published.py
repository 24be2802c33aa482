"""Models that others publish, filled with the tensors of a file, to prove an import against."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import util
from typing import Any

import torch
from torch import nn

from archspec.source import did_you_mean
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import MissingPackage, Shelf
from archspec.weights.stored import whole


def model(reference: str, options: Mapping[str, Any], shelf: Shelf) -> nn.Module:
    """`torchvision.models.NAME` or `timm.NAME` in inference mode and float64, its state dict that of the shelf.

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
        made = BUILDERS[root](name, options)
        made.load_state_dict(_state(made, shelf))
    except (RuntimeError, TypeError, ValueError) as error:
        raise WeightsError(_lines(error, options), f"{shelf.where} is not {reference}'s") from None
    made.double().eval()
    # torchvision's auxiliary heads are heard in training alone; the layers stay as they are at inference
    made.training = bool(getattr(made, "aux_logits", False))
    return made


def _state(made: nn.Module, shelf: Shelf) -> dict[str, Any]:
    """The shelf's tensors with the versions of the model's modules, which some of torchvision's do not load without."""
    state: dict[str, Any] = made.state_dict()
    for gone in state.keys() - shelf.tensors.keys():
        del state[gone]
    state.update({name: torch.from_numpy(whole(value)) for name, value in shelf.tensors.items()})
    return state


def _torchvision(name: str, options: Mapping[str, Any]) -> nn.Module:
    from torchvision import models

    _listed(name, models.list_models(), "torchvision")
    made: nn.Module = models.get_model(name, weights=None, **options)
    return made


def _timm(name: str, options: Mapping[str, Any]) -> nn.Module:
    import timm

    _listed(name, timm.list_models(), "timm")
    made: nn.Module = timm.create_model(name, pretrained=False, **options)
    return made


BUILDERS = {"torchvision": _torchvision, "timm": _timm}


def _listed(name: str, known: list[str], library: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known)
        raise WeightsError(
            [f"{name}{f'; {hint}' if hint else ''}"], f"{library} has no such builder"
        )


def _lines(error: Exception, options: Mapping[str, Any]) -> list[str]:
    told = ", ".join(f"{key}={value}" for key, value in options.items())
    given = f"the builder was given {told}; more with --with NAME=VALUE"
    return [*(line.strip()[:200] for line in f"{error}".splitlines()[:3]), given]
