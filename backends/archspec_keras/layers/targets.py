"""What the tables call, for the builder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import layers, ops

from archspec_keras.layers.arithmetic import Rescale
from archspec_keras.layers.norm import LayerScale, LocalResponseNormalization, Normalization
from archspec_keras.layers.pool import AdaptiveAveragePooling2D, CeilPooling2D
from archspec_keras.layers.resample import Resize
from archspec_keras.layers.shape import ChannelShuffle

LAYERS: Mapping[str, Callable[..., Any]] = {
    "layers.SeparableConv2D": layers.SeparableConv2D,
    "layers.Conv2DTranspose": layers.Conv2DTranspose,
    "layers.Cropping2D": layers.Cropping2D,
    "layers.LayerNormalization": layers.LayerNormalization,
    "layers.GlobalMaxPooling2D": layers.GlobalMaxPooling2D,
    "layers.UpSampling2D": layers.UpSampling2D,
    "layers.Subtract": layers.Subtract,
    "layers.Maximum": layers.Maximum,
    "layers.Average": layers.Average,
    "LayerScale": LayerScale,
    "Normalization": Normalization,
    "LocalResponseNormalization": LocalResponseNormalization,
    "ChannelShuffle": ChannelShuffle,
    "AdaptiveAveragePooling2D": AdaptiveAveragePooling2D,
    "CeilPooling2D": CeilPooling2D,
    "Resize": Resize,
    "Rescale": Rescale,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"ops.abs": ops.abs}
