"""Operations that move cells and compute nothing."""

from typing import Any

import keras
from keras import KerasTensor, layers, ops


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
