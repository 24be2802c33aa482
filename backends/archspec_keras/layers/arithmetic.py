"""Arithmetic cell by cell."""

from typing import Any

import keras
from keras import KerasTensor, layers, ops


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
