"""Normalisation over channels, and scaling of them."""

import torch
from torch import Tensor, nn


class LayerScale(nn.Module):
    """Each channel times a factor that is learned."""

    def __init__(self, channels: int, init: float) -> None:
        super().__init__()
        self.gamma = nn.Parameter(init * torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma.view(-1, *[1] * (x.dim() - 2))


class Normalization(nn.Module):
    """Each channel less a mean, divided by a deviation; both come from data and are not trained."""

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        deviation = self.variance.sqrt().clamp(min=1e-7)
        return (x - self.mean.view(shape)) / deviation.view(shape)
