"""Tensors that are read when they are asked for, part by part; shape and type are known before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.records import dataclass

Index = tuple[slice, ...]
PART = 1 << 18  # cells that are in memory at a time


@dataclass(frozen=True, slots=True, eq=False)
class LazyTensor:
    """A tensor in a file or a model, whose values are read by index: `fetch` takes a part, `()` is the whole.

    `dtype` is the type of the values that come out, `stored_type` what the file calls it: bfloat16 comes out as
    float32, which holds it exactly.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fetch: Callable[[Index], NDArray[Any]]
    stored_type: str = ""

    def __getitem__(self, index: Index) -> NDArray[Any]:
        return self.fetch(index)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.fetch(()), dtype)


def parts(shape: tuple[int, ...], most: int = PART) -> Iterator[Index]:
    """Indices that cover a shape in C order, each contiguous in it and of at most `most` cells."""
    if math.prod(shape) <= most:
        yield ()
        return
    row = math.prod(shape[1:])
    if row <= most:
        step = most // row
        for start in range(0, shape[0], step):
            yield (slice(start, min(start + step, shape[0])),)
        return
    for start in range(shape[0]):
        for rest in parts(shape[1:], most):
            yield (slice(start, start + 1), *rest)


def start_of(shape: tuple[int, ...], index: Index) -> int:
    """Where a part begins, in cells."""
    return sum(part.start * math.prod(shape[axis + 1 :]) for axis, part in enumerate(index))


def shape_of(shape: tuple[int, ...], index: Index) -> tuple[int, ...]:
    """The shape of a part."""
    return (*(part.stop - part.start for part in index), *shape[len(index) :])


def type_name(value: Any) -> str:
    """The type of a tensor as its file calls it."""
    return getattr(value, "stored_type", "") or np.dtype(value.dtype).name


def to_array(value: Any, index: Index = ()) -> NDArray[Any]:
    """A part of any tensor, or all of it, as an array of its own: in C order, of this machine's bytes."""
    array = np.asarray(value[index])
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    shape = shape_of(tuple(value.shape), index)
    return np.array(array.reshape(shape), array.dtype.newbyteorder("="), order="C")


def widened(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """bfloat16 as float32, exactly."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def narrowed(values: NDArray[Any]) -> NDArray[np.uint16]:
    """float32 as the bits of bfloat16, ties to even."""
    bits = np.asarray(values, np.float32, order="C").view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)
