"""Layers that Keras lacks. The printer copies their source into the files that use them."""

from typing import Any

import keras
from keras import KerasTensor, layers, ops


@keras.saving.register_keras_serializable("archspec_extra")
class SlopedReLU(layers.Layer):
    """x where it is positive, negative_slope * x elsewhere, in the type of x."""

    def __init__(self, negative_slope: float, **options: Any) -> None:
        super().__init__(**options)
        self.negative_slope = negative_slope

    def call(self, x: KerasTensor) -> KerasTensor:
        return ops.where(x > 0, x, self.negative_slope * x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


def squares(x: KerasTensor, size: int) -> KerasTensor:
    """(n, h, w, c) as (n, h / size, w / size, size, size, c)."""
    height, width, channels = x.shape[1] // size, x.shape[2] // size, x.shape[3]
    split = ops.reshape(x, (-1, height, size, width, size, channels))
    return ops.transpose(split, (0, 1, 3, 2, 4, 5))


@keras.saving.register_keras_serializable("archspec_extra")
class SpaceToDepth(layers.Layer):
    """Squares of cells as channels, those of one cell together, as in TensorFlow."""

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, x: KerasTensor) -> KerasTensor:
        cells = squares(x, self.size)
        return ops.reshape(cells, (-1, *cells.shape[1:3], self.size**2 * x.shape[3]))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}
