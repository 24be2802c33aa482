"""The type of a value between rows: named axes, without the batch."""

from __future__ import annotations

from archspec.graph.quantity import Quantity
from archspec.records import dataclass

SPATIAL = ("height", "width")
AXES = (*SPATIAL, "channels")


@dataclass(frozen=True, slots=True)
class TensorType:
    """Axes in the order of the spec (height, width, channels), each size a pair of value and expression."""

    axes: tuple[tuple[str, Quantity], ...]

    @staticmethod
    def image(height: Quantity, width: Quantity, channels: Quantity) -> TensorType:
        """A picture or a feature map."""
        return TensorType((("height", height), ("width", width), ("channels", channels)))

    @staticmethod
    def vector(channels: Quantity) -> TensorType:
        """Features without a place."""
        return TensorType((("channels", channels),))

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes, in the layout of the spec."""
        return tuple(size.whole for _, size in self.axes)

    @property
    def rank(self) -> int:
        return len(self.axes)

    def axis(self, name: str) -> Quantity:
        """The size of one axis; a KeyError where there is none of that name."""
        return dict(self.axes)[name]

    @property
    def channels(self) -> Quantity:
        return self.axis("channels")

    def with_axis(self, name: str, size: Quantity) -> TensorType:
        """The same axes, one with another size."""
        return TensorType(tuple((n, size if n == name else s) for n, s in self.axes))

    def __str__(self) -> str:
        return "x".join(str(size) for size in self.shape)
