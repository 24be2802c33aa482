"""Layers that PyTorch lacks. The printer copies the source of those that a file uses, in this order."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def same_cells(size: int, reach: int, stride: int) -> list[int]:
    """Cells before and behind an axis with TensorFlow's `same` padding, the odd one behind.

    `reach` is the way from a window's first cell to its last. No size is tested, for a tracer
    would fix it.
    """
    total = (size - 1) // stride * stride + reach - (size - 1)
    if reach < 2:  # below zero: cells behind that no window has
        return [0, total]
    if reach + 1 < stride:  # below zero at some sizes
        total = (total + abs(total)) // 2
    return [total // 2, total - total // 2]


class Conv2dSame(nn.Conv2d):
    """Convolution with TensorFlow's `same` padding: the odd cell goes at the end."""

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel_size != (1, 1):
            (rows, columns), (down, right) = self.kernel_size, self.dilation
            height = same_cells(x.shape[2], down * (rows - 1), self.stride[0])
            width = same_cells(x.shape[3], right * (columns - 1), self.stride[1])
            x = F.pad(x, width + height)
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class BatchNormUnscaled(nn.BatchNorm2d):
    """Batch norm of images or vectors without gamma: the statistics and a learned shift."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps, momentum, affine=False)
        self.bias = nn.Parameter(torch.zeros(num_features))

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of axes will do."""


class MaxPool2dSame(nn.Module):
    """Max pooling with TensorFlow's `same` padding: the odd cell goes at the end and never wins."""

    def __init__(self, kernel_size: int | tuple[int, int], stride: int | tuple[int, int]) -> None:
        super().__init__()
        self.kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.stride = (stride, stride) if isinstance(stride, int) else stride

    def forward(self, x: Tensor) -> Tensor:
        height = same_cells(x.shape[2], self.kernel[0] - 1, self.stride[0])
        cells = same_cells(x.shape[3], self.kernel[1] - 1, self.stride[1]) + height
        return F.max_pool2d(F.pad(x, cells, value=float("-inf")), self.kernel, self.stride)


class AvgPool2dSame(nn.Module):
    """Average pooling with TensorFlow's `same` padding: the odd cell goes at the end."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        count_include_pad: bool = False,
    ) -> None:
        super().__init__()
        self.kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.stride = (stride, stride) if isinstance(stride, int) else stride
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        height = same_cells(x.shape[2], self.kernel[0] - 1, self.stride[0])
        cells = same_cells(x.shape[3], self.kernel[1] - 1, self.stride[1]) + height
        mean = F.avg_pool2d(F.pad(x, cells), self.kernel, self.stride)
        if self.count_include_pad:
            return mean
        ones = F.pad(x.new_ones([1, 1, x.shape[2], x.shape[3]]), cells)
        return mean / F.avg_pool2d(ones, self.kernel, self.stride)


class AvgPool2dPadded(nn.Module):
    """Average pooling after uneven padding: `cells` are left, right, top, bottom."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        cells: tuple[int, int, int, int],
        count_include_pad: bool = False,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.cells = kernel_size, stride, cells
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        mean = F.avg_pool2d(F.pad(x, self.cells), self.kernel, self.stride)
        if self.count_include_pad:
            return mean
        ones = F.pad(x.new_ones([1, 1, x.shape[2], x.shape[3]]), self.cells)
        return mean / F.avg_pool2d(ones, self.kernel, self.stride)


class HardSigmoid(nn.Module):
    """relu6(x + 3) / 6; in the gradient of PyTorch's own the sixth has single precision."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x + 3) / 6


class ScaleChannels(nn.Module):
    """The product of two values; the one without height and width, `vector`, scales channels."""

    def __init__(self, vector: int = 1) -> None:
        super().__init__()
        self.vector = vector

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        if self.vector == 0:
            return first[:, :, None, None] * second
        return first * second[:, :, None, None]


class ScaleChannelsOfAll(nn.Module):
    """The product of values; those without height and width, `vectors`, scale channels."""

    def __init__(self, vectors: tuple[int, ...]) -> None:
        super().__init__()
        self.vectors = list(vectors)

    def forward(self, values: list[Tensor]) -> Tensor:
        product = values[0][:, :, None, None] if 0 in self.vectors else values[0]
        for place, other in enumerate(values[1:], 1):
            product = product * (other[:, :, None, None] if place in self.vectors else other)
        return product


class ChannelShuffle(nn.Module):
    """The channels of all groups in turn: the first of each, the second of each, and so on."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape
        grouped = x.view(size[0], self.groups, size[1] // self.groups, size[2], size[3])
        return grouped.transpose(1, 2).flatten(1, 2)


class DropPath(nn.Module):
    """Drops whole samples in training with probability `p` and scales the others by 1 / (1 - p)."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = x.new_empty([x.shape[0]] + [1] * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * kept / (1 - self.p)


class Rescale(nn.Module):
    """scale * x + offset, each a number for all channels or one for each."""

    def __init__(
        self, scale: float | tuple[float, ...], offset: float | tuple[float, ...] = 0.0
    ) -> None:
        super().__init__()
        self.scale = list(map(float, scale)) if isinstance(scale, tuple) else [float(scale)]
        self.offset = list(map(float, offset)) if isinstance(offset, tuple) else [float(offset)]

    def forward(self, x: Tensor) -> Tensor:
        shape = [-1] + [1] * (x.dim() - 2)
        scale = torch.cat([x.new_full([1], value) for value in self.scale])
        offset = torch.cat([x.new_full([1], value) for value in self.offset])
        return x * scale.view(shape) + offset.view(shape)


class LayerScale(nn.Module):
    """Each channel times a factor that is learned."""

    def __init__(self, channels: int, init: float) -> None:
        super().__init__()
        self.gamma = nn.Parameter(init * torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma.view([-1] + [1] * (x.dim() - 2))


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
        shape = [-1] + [1] * (x.dim() - 2)
        deviation = self.variance.sqrt().clamp(min=1e-7)
        return (x - self.mean.view(shape)) / deviation.view(shape)


class NearestUpsample(nn.Module):
    """Each cell of an image `scale` times, by height and by width."""

    def __init__(self, scale: int | tuple[int, int]) -> None:
        super().__init__()
        self.scale = (scale, scale) if isinstance(scale, int) else scale

    def forward(self, x: Tensor) -> Tensor:
        height, width = self.scale
        cells = x[:, :, :, None, :, None].expand(-1, -1, -1, height, -1, width)
        return cells.flatten(4, 5).flatten(2, 3)


def nearest(x: Tensor, height: int, width: int) -> Tensor:
    """An image of another size: each cell is that of the input which holds its centre."""
    rows = (2 * torch.arange(height, device=x.device) + 1) * x.shape[2] // (2 * height)
    columns = (2 * torch.arange(width, device=x.device) + 1) * x.shape[3] // (2 * width)
    return x.index_select(2, rows).index_select(3, columns)


class NearestResize(nn.Module):
    """An image of another size, its cells those of the nearest places."""

    def __init__(self, size: int | tuple[int, int]) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size

    def forward(self, x: Tensor) -> Tensor:
        return nearest(x, self.size[0], self.size[1])


class PadLike(nn.Module):
    """An image with cells added at the bottom and right until it is as large as another."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        cells = [0, like.shape[3] - x.shape[3], 0, like.shape[2] - x.shape[2]]
        return F.pad(x, cells, value=self.value)


class CropLike(nn.Module):
    """An image without what it has more than another at the bottom and right."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return x[:, :, : like.shape[2], : like.shape[3]]


class NearestResizeLike(nn.Module):
    """An image as large as another, its cells those of the nearest places."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return nearest(x, like.shape[2], like.shape[3])


class ResizeLike(nn.Module):
    """An image as large as another, cells weighed by their distance."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


def variance_scaling_(
    weight: Tensor, multiplier: int, scale: float, mode: str, distribution: str
) -> Tensor:
    """Draw the kernel of a depthwise convolution, with the fans of its channels and of its multiplier."""
    cells = weight[0].numel()
    inward, outward = len(weight) // multiplier * cells, multiplier * cells
    fans = {"fan_in": inward, "fan_out": outward, "fan_avg": (inward + outward) / 2}
    deviation = math.sqrt(scale / fans[mode])
    if distribution == "normal":
        return nn.init.normal_(weight, std=deviation)
    return nn.init.uniform_(weight, -math.sqrt(3) * deviation, math.sqrt(3) * deviation)


def of_size(x: Tensor, height: int, width: int) -> Tensor:
    """The image, of the one size for which the numbers in this file are right."""
    said = f"images of {height} x {width} alone: numbers in this file hang on their size"
    torch._assert(x.shape[2] == height, said)  # type: ignore[no-untyped-call]
    torch._assert(x.shape[3] == width, said)  # type: ignore[no-untyped-call]
    return x
