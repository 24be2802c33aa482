"""What the tables call, for the builder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from archspec_torch.layers.arithmetic import Rescale
from archspec_torch.layers.norm import LayerScale, Normalization
from archspec_torch.layers.resample import NearestResize

LAYERS: Mapping[str, Callable[..., nn.Module]] = {
    "nn.ConvTranspose2d": nn.ConvTranspose2d,
    "nn.LayerNorm": nn.LayerNorm,
    "nn.LocalResponseNorm": nn.LocalResponseNorm,
    "nn.ChannelShuffle": nn.ChannelShuffle,
    "nn.AdaptiveAvgPool2d": nn.AdaptiveAvgPool2d,
    "nn.Upsample": nn.Upsample,
    "LayerScale": LayerScale,
    "Normalization": Normalization,
    "NearestResize": NearestResize,
    "Rescale": Rescale,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "-": torch.sub,
    "Tensor.abs": torch.abs,
    "Tensor.div": torch.div,
    "Tensor.amax": torch.amax,
    "torch.maximum": torch.maximum,
    "torch.stack": torch.stack,
}
