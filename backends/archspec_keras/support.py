"""Layers that Keras lacks. The printer copies their source into the files that use them."""

import math
from typing import Any

import keras
from keras import KerasTensor, layers, ops


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
        mean = ops.average_pool(ops.pad(x, width), size, step)
        if self.count_pad:
            return mean
        ones = ops.pad(ops.ones((1, x.shape[1], x.shape[2], 1), dtype=x.dtype), width)
        return mean / ops.average_pool(ones, size, step)

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
