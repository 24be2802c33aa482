"""Further pooling."""

from typing import Any

import keras
from keras import KerasTensor, layers, ops


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
            return ops.max_pool(ops.pad(x, width, constant_values=float("-inf")), size, step)
        total = ops.average_pool(ops.pad(x, width), size, step)
        inside = ops.ones((1, *x.shape[1:3], 1), dtype=x.dtype)
        known = ((0, 0), *((p, p) for p in side), (0, 0))
        inside = ops.pad(inside, known, constant_values=float(self.count_pad))
        extra = ((0, 0), *((0, more) for more in over), (0, 0))
        return total / ops.average_pool(ops.pad(inside, extra), size, step)

    def get_config(self) -> dict[str, Any]:
        own = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own, "mode": self.mode, "count_pad": self.count_pad}
