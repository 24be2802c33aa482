"""Normalisation over channels, and scaling of them."""

from typing import Any

import keras
from keras import KerasTensor, initializers, layers, ops


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
        for name, own in (("mean", shape[-1:]), ("variance", shape[-1:]), ("count", ())):
            first = getattr(self, f"{name}_initializer")
            weight = self.add_weight(name=name, shape=own, initializer=first, trainable=False)
            setattr(self, name, weight)

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
