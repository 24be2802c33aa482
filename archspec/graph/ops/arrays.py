"""What operations are computed with, in NumPy: one operation on arrays, and the cells that its window reads.

`Operation.compute` is the reference that frameworks are compared with. It uses neither the shape rules nor a
framework: a mistake that they share would not be seen. NumPy is imported when something is computed, so that
commands that only declare operations do not need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archspec.records import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    Array = Any

    class _Lazily:
        """NumPy, imported when it is first used."""

        def __getattr__(self, name: str) -> Any:
            import numpy

            return getattr(numpy, name)

    np = _Lazily()

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Case:
    """One operation and what it computes on: inputs, weights by role in the canonical layout, attributes by name.

    Inputs are (n, height, width, channels) or (n, features).
    """

    inputs: tuple[Array, ...]
    weights: Mapping[str, Array]
    attrs: Mapping[str, Any]
    training: bool = False

    @property
    def x(self) -> Array:
        """The first input."""
        return self.inputs[0]


def pair(value: int | Pair) -> Pair:
    """Height and width."""
    return value if isinstance(value, tuple) else (value, value)


def biased(y: Array, case: Case) -> Array:
    """With the bias, where there is one."""
    return y + case.weights["bias"] if "bias" in case.weights else y


def axis_of(name: str) -> int:
    """The number of the axis of an image or vector that has this name."""
    return {"channels": -1, "height": 1, "width": 2}[name]


def window(case: Case) -> tuple[Pair, Pair, Pair]:
    """Kernel, stride and dilation, each as height and width."""
    attrs = case.attrs
    return pair(attrs["kernel"]), pair(attrs["stride"]), pair(attrs.get("dilation", 1))


def sides(case: Case) -> tuple[Pair, Pair]:
    """Cells of padding before and after, of height and of width, as the rule in `padding` has it."""
    kernels, strides, dilations = window(case)
    rule, paddings = case.attrs["padding"], []
    for axis, (kernel, stride, dilation) in enumerate(
        zip(kernels, strides, dilations, strict=True)
    ):
        size, reach = case.x.shape[axis + 1], dilation * (kernel - 1)
        if rule == "same":
            total = max(0, (-(-size // stride) - 1) * stride + reach + 1 - size)
            paddings.append((total // 2, total - total // 2))
        elif rule == "symmetric":
            side = kernel // 2 if dilation == 1 else reach // 2
            paddings.append((side, side))
        else:
            paddings.append((0, 0) if rule == "valid" else tuple(rule[axis]))
    return paddings[0], paddings[1]


def taps(case: Case, fill: float = 0.0, beyond: float = 0.0) -> Iterator[tuple[int, int, Array]]:
    """What the cell (i, j) of the kernel reads at every place of the window; `beyond` is what hangs over the end."""
    kernels, strides, dilations = window(case)
    x = np.pad(case.x, ((0, 0), *sides(case), (0, 0)), constant_values=fill)
    reach = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
    counts = [(n - r - 1) // s for n, r, s in zip(x.shape[1:3], reach, strides, strict=True)]
    if case.attrs.get("ceil") and case.attrs["padding"] != "same":
        counts = [_hanging(case, axis, x.shape[axis + 1] - reach[axis] - 1) for axis in (0, 1)]
        ends = zip(x.shape[1:3], counts, strides, reach, strict=True)
        over = [(0, max(0, c * s + r + 1 - n)) for n, c, s, r in ends]
        x = np.pad(x, ((0, 0), *over, (0, 0)), constant_values=beyond)
    for i in range(kernels[0]):
        for j in range(kernels[1]):
            rows, columns = (
                slice(d * k, d * k + c * s + 1, s)
                for d, k, c, s in zip(dilations, (i, j), counts, strides, strict=True)
            )
            yield i, j, x[:, rows, columns]


def _hanging(case: Case, axis: int, room: int) -> int:
    """The number of the last window, which may hang over the end but not begin in the padding there."""
    stride, before = window(case)[1][axis], sides(case)[axis][0]
    return min(-(-room // stride), (case.x.shape[axis + 1] + before - 1) // stride)


__all__ = ["Array", "Case", "Pair", "axis_of", "biased", "np", "pair", "sides", "taps", "window"]
