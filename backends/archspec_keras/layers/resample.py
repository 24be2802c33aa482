"""Images of another size."""

from typing import Any

import keras
from keras import KerasTensor, layers, ops


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
            x = self.along(x, axis, x.shape[axis] * number if self.size is None else number)
        return x

    def along(self, x: KerasTensor, axis: int, size: int) -> KerasTensor:
        cells = x.shape[axis]
        if self.method == "nearest":
            return ops.take(x, [(2 * i + 1) * cells // (2 * size) for i in range(size)], axis=axis)
        places = [(2 * i + 1) * cells / (2 * size) - 0.5 for i in range(size)]
        places = [min(max(place, 0.0), cells - 1.0) for place in places]
        low = [int(place) for place in places]
        high = [min(cell + 1, cells - 1) for cell in low]
        parts = [place - cell for place, cell in zip(places, low, strict=True)]
        part = ops.reshape(ops.convert_to_tensor(parts, dtype=x.dtype), (size, *[1] * (3 - axis)))
        return ops.take(x, low, axis=axis) * (1 - part) + ops.take(x, high, axis=axis) * part

    def get_config(self) -> dict[str, Any]:
        own = {"scale": self.scale, "size": self.size, "method": self.method}
        return {**super().get_config(), **own}
