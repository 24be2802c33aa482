"""Arithmetic cell by cell."""

from torch import Tensor, nn


class Rescale(nn.Module):
    """scale * x + offset, each a number for all channels or one for each."""

    def __init__(
        self, scale: float | tuple[float, ...], offset: float | tuple[float, ...] = 0.0
    ) -> None:
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x: Tensor) -> Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        scale, offset = (x.new_tensor(v).view(shape) for v in (self.scale, self.offset))
        return x * scale + offset
