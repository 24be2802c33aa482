"""Layers that Keras lacks. The printer copies the source of those that a file uses, in this order."""

import math
from typing import Any

import keras
from keras import KerasTensor, initializers, layers, ops


@keras.saving.register_keras_serializable("archspec")
class PaddedAveragePooling2D(layers.Layer):
    """Average pooling after padding: `same`, or cells as ((top, bottom), (left, right))."""

    def __init__(
        self, pool_size: Any, strides: Any, padding: Any, count_pad: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.pool_size, self.strides = pool_size, strides
        self.padding, self.count_pad = padding, count_pad

    def call(self, x: KerasTensor) -> KerasTensor:
        size = (
            tuple(self.pool_size)
            if isinstance(self.pool_size, list | tuple)
            else (self.pool_size,) * 2
        )
        step = (
            tuple(self.strides) if isinstance(self.strides, list | tuple) else (self.strides,) * 2
        )
        cells = self.padding
        if cells == "same":
            total = [max(0, -x.shape[a + 1] % step[a] + size[a] - step[a]) for a in (0, 1)]
            cells = [(n // 2, n - n // 2) for n in total]
        width = ((0, 0), tuple(cells[0]), tuple(cells[1]), (0, 0))
        mean = ops.average_pool(ops.pad(x, width), size, step, data_format="channels_last")
        if self.count_pad:
            return mean
        ones = ops.pad(ops.ones((1, x.shape[1], x.shape[2], 1), dtype=x.dtype), width)
        return mean / ops.average_pool(ones, size, step, data_format="channels_last")

    def get_config(self) -> dict[str, Any]:
        own = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own, "count_pad": self.count_pad}


@keras.saving.register_keras_serializable("archspec")
class Slice(layers.Layer):
    """The cells from `start` on along an axis, `size` of them."""

    def __init__(self, start: int, size: int, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        self.start, self.size, self.axis = start, size, axis

    def call(self, x: KerasTensor) -> KerasTensor:
        cells = [slice(None)] * len(x.shape)
        cells[self.axis] = slice(self.start, self.start + self.size)
        return x[tuple(cells)]

    def get_config(self) -> dict[str, Any]:
        own = {"start": self.start, "size": self.size, "axis": self.axis}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("archspec")
class LeakyReLU(layers.Layer):
    """x where it is positive, slope * x elsewhere; TensorFlow's own rounds the slope to float32."""

    def __init__(self, slope: float, **options: Any) -> None:
        super().__init__(**options)
        self.slope = slope

    def call(self, x: KerasTensor) -> KerasTensor:
        return ops.where(x > 0, x, self.slope * x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "slope": self.slope}


@keras.saving.register_keras_serializable("archspec")
class GELU(layers.Layer):
    """The Gaussian error linear unit; TensorFlow's own rounds its constants to float32."""

    def __init__(self, approximate: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.approximate = approximate

    def call(self, x: KerasTensor) -> KerasTensor:
        if self.approximate:
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
            return 0.5 * x * (1 + ops.tanh(inner))
        return 0.5 * x * (1 + ops.erf(x / math.sqrt(2)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "approximate": self.approximate}


@keras.saving.register_keras_serializable("archspec")
class Rescale(layers.Layer):
    """scale * x + offset in full precision; each is a number for all channels or one for each."""

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale, self.offset = scale, offset

    def call(self, x: KerasTensor) -> KerasTensor:
        scale, offset = (ops.convert_to_tensor(v, x.dtype) for v in (self.scale, self.offset))
        return x * scale + offset

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


@keras.saving.register_keras_serializable("archspec")
class LayerScale(layers.Layer):
    """Each channel times a factor that is learned."""

    def __init__(self, init: float, **options: Any) -> None:
        super().__init__(**options)
        self.init, self.gamma_initializer = init, initializers.Constant(init)

    def build(self, shape: tuple[int, ...]) -> None:
        self.gamma = self.add_weight(
            name="gamma", shape=shape[-1:], initializer=self.gamma_initializer
        )

    def call(self, x: KerasTensor) -> KerasTensor:
        return x * self.gamma

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "init": self.init}


@keras.saving.register_keras_serializable("archspec")
class Normalization(layers.Layer):
    """Each channel less a mean, divided by a deviation; both come from data and are not trained.

    Keras's own goes on with the values that it was made with when its weights are assigned.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.mean_initializer: Any = "zeros"
        self.variance_initializer: Any = "ones"
        self.count_initializer: Any = "zeros"

    def build(self, shape: tuple[int, ...]) -> None:
        self.mean = self._held("mean", self.mean_initializer, shape[-1:])
        self.variance = self._held("variance", self.variance_initializer, shape[-1:])
        self.count = self._held("count", self.count_initializer, ())

    def _held(self, name: str, first: Any, shape: tuple[int, ...]) -> Any:
        return self.add_weight(name=name, shape=shape, initializer=first, trainable=False)

    def call(self, x: KerasTensor) -> KerasTensor:
        return (x - self.mean) / ops.maximum(ops.sqrt(self.variance), 1e-7)


@keras.saving.register_keras_serializable("archspec")
class LocalResponseNormalization(layers.Layer):
    """x / (k + alpha / size * the sum of squares over `size` channels around each one) ** beta."""

    def __init__(self, size: int, alpha: float, beta: float, k: float, **options: Any) -> None:
        super().__init__(**options)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x: KerasTensor) -> KerasTensor:
        before, after = self.size // 2, (self.size - 1) // 2
        squares = ops.pad(x * x, ((0, 0), (0, 0), (0, 0), (before, after)))
        channels = x.shape[-1]
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (self.k + self.alpha / self.size * total) ** self.beta

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("archspec")
class AdaptiveAveragePooling2D(layers.Layer):
    """The mean of `size` bins along height and width; bins may share cells, as PyTorch's."""

    def __init__(self, size: Any, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, x: KerasTensor) -> KerasTensor:
        sizes = self.size if isinstance(self.size, list | tuple) else (self.size, self.size)
        for axis, count in zip((1, 2), sizes, strict=True):
            cells = x.shape[axis]
            ends = [(i * cells // count, -(-(i + 1) * cells // count)) for i in range(count)]
            bins = [ops.take(x, range(*end), axis=axis) for end in ends]
            x = ops.stack([ops.mean(cells, axis=axis) for cells in bins], axis=axis)
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable("archspec")
class CeilPooling2D(layers.Layer):
    """Pooling whose last window may hang over the end, as PyTorch's `ceil_mode`."""

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any,
        mode: str = "max",
        count_pad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.pool_size, self.strides, self.padding = pool_size, strides, padding
        self.mode, self.count_pad = mode, count_pad

    def call(self, x: KerasTensor) -> KerasTensor:
        given = (self.pool_size, self.strides, self.padding)
        size, step, side = (tuple(v) if isinstance(v, list | tuple) else (v, v) for v in given)
        over = []
        for k, s, p, cells in zip(size, step, side, x.shape[1:3], strict=True):
            last = min(-(-(cells + 2 * p - k) // s), (cells + p - 1) // s)
            over.append(max(0, last * s + k - cells - 2 * p))
        width = ((0, 0), *((p, p + more) for p, more in zip(side, over, strict=True)), (0, 0))
        if self.mode == "max":
            padded = ops.pad(x, width, constant_values=float("-inf"))
            return ops.max_pool(padded, size, step, data_format="channels_last")
        total = ops.average_pool(ops.pad(x, width), size, step, data_format="channels_last")
        inside = ops.ones((1, *x.shape[1:3], 1), dtype=x.dtype)
        known = ((0, 0), *((p, p) for p in side), (0, 0))
        inside = ops.pad(inside, known, constant_values=float(self.count_pad))
        extra = ((0, 0), *((0, more) for more in over), (0, 0))
        inside = ops.pad(inside, extra)
        return total / ops.average_pool(inside, size, step, data_format="channels_last")

    def get_config(self) -> dict[str, Any]:
        own = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own, "mode": self.mode, "count_pad": self.count_pad}


def along(x: KerasTensor, axis: int, size: int, method: str) -> KerasTensor:
    """An image whose cells along an axis are those of `nearest` places, or weighed by their distance."""
    cells = x.shape[axis]
    if method == "nearest":
        return ops.take(x, [(2 * i + 1) * cells // (2 * size) for i in range(size)], axis=axis)
    places = [(2 * i + 1) * cells / (2 * size) - 0.5 for i in range(size)]
    places = [min(max(place, 0.0), cells - 1.0) for place in places]
    low = [int(place) for place in places]
    high = [min(cell + 1, cells - 1) for cell in low]
    parts = [place - cell for place, cell in zip(places, low, strict=True)]
    part = ops.reshape(ops.convert_to_tensor(parts, dtype=x.dtype), (size, *[1] * (3 - axis)))
    return ops.take(x, low, axis=axis) * (1 - part) + ops.take(x, high, axis=axis) * part


@keras.saving.register_keras_serializable("archspec")
class Resize(layers.Layer):
    """An image `scale` times as large or of `size`, without antialiasing, in full precision."""

    def __init__(
        self, scale: Any = None, size: Any = None, method: str = "nearest", **options: Any
    ) -> None:
        super().__init__(**options)
        self.scale, self.size, self.method = scale, size, method

    def call(self, x: KerasTensor) -> KerasTensor:
        given = self.scale if self.size is None else self.size
        numbers = given if isinstance(given, list | tuple) else (given, given)
        for axis, number in zip((1, 2), numbers, strict=True):
            size = x.shape[axis] * number if self.size is None else number
            x = along(x, axis, size, self.method)
        return x

    def get_config(self) -> dict[str, Any]:
        own = {"scale": self.scale, "size": self.size, "method": self.method}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("archspec")
class PadLike(layers.Layer):
    """The first image with cells added at the bottom and right until it is as large as the second."""

    def __init__(self, value: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.value = value

    def call(self, inputs: list[KerasTensor]) -> KerasTensor:
        x, like = inputs
        cells = [(0, like.shape[axis] - x.shape[axis]) for axis in (1, 2)]
        return ops.pad(x, ((0, 0), *cells, (0, 0)), constant_values=self.value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value": self.value}


@keras.saving.register_keras_serializable("archspec")
class CropLike(layers.Layer):
    """The first image without what it has more than the second at the bottom and right."""

    def call(self, inputs: list[KerasTensor]) -> KerasTensor:
        x, like = inputs
        return x[:, : like.shape[1], : like.shape[2]]


@keras.saving.register_keras_serializable("archspec")
class ResizeLike(layers.Layer):
    """The first image as large as the second, without antialiasing, in full precision."""

    def __init__(self, method: str = "nearest", **options: Any) -> None:
        super().__init__(**options)
        self.method = method

    def call(self, inputs: list[KerasTensor]) -> KerasTensor:
        x, like = inputs
        for axis in (1, 2):
            x = along(x, axis, like.shape[axis], self.method)
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "method": self.method}


@keras.saving.register_keras_serializable("archspec")
class ChannelShuffle(layers.Layer):
    """Channels of several groups dealt out in turn."""

    def __init__(self, groups: int, **options: Any) -> None:
        super().__init__(**options)
        self.groups = groups

    def call(self, x: KerasTensor) -> KerasTensor:
        height, width, channels = x.shape[1:]
        dealt = ops.reshape(x, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(dealt, 3, 4), (-1, height, width, channels))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups}


def of_size(x: KerasTensor, height: int, width: int) -> KerasTensor:
    """The image, of the one size for which the numbers in this file are right."""
    if x.shape[1:3] != (height, width):
        said = f"images of {height} x {width} alone: numbers in this file hang on their size"
        raise ValueError(said)
    return x
