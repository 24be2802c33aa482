"""Tensors as figures: what is in a file, and how two files differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from archspec.records import dataclass
from archspec.weights.files.safetensors_file import CODES
from archspec.weights.lazy_tensor import parts, type_name

NUMBERS = {name for name in CODES if not name.startswith("complex")}
Status = Literal["equal", "differs", "shape", "missing", "extra"]


@dataclass(frozen=True, slots=True)
class Figures:
    """One tensor: how many values are NaN and infinite; least, greatest and mean of the others, if there are any."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    nan: int
    infinite: int
    least: float | None
    greatest: float | None
    mean: float | None


def figures(name: str, value: Any) -> Figures:
    """The figures of a tensor, read part by part."""
    nan = infinite = count = 0
    total, least, greatest = 0.0, math.inf, -math.inf
    for index in parts(tuple(value.shape)):
        part = np.asarray(value[index])
        if type_name(value) not in NUMBERS:
            return Figures(name, tuple(value.shape), type_name(value), 0, 0, None, None, None)
        finite = np.isfinite(part)
        nan += int(np.isnan(part).sum())
        infinite += int(np.isinf(part).sum())
        kept = part[finite].astype(np.float64)
        count += kept.size
        if kept.size:
            total += float(kept.sum())
            least, greatest = min(least, float(kept.min())), max(greatest, float(kept.max()))
    limits = (least, greatest, total / count) if count else (None, None, None)
    return Figures(name, tuple(value.shape), type_name(value), nan, infinite, *limits)


@dataclass(frozen=True, slots=True)
class Difference:
    """A tensor in two files; `worst` is the largest absolute difference, where both have it in one shape."""

    name: str
    status: Status
    first: tuple[int, ...] | None
    second: tuple[int, ...] | None
    worst: float | None = None
    types: tuple[str, str] = ("", "")


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """Every tensor of the first file in its order, then those that only the second has."""
    listed = [_difference(name, value, other.get(name)) for name, value in one.items()]
    extra = (n for n in other if n not in one)
    return [*listed, *(Difference(n, "extra", None, tuple(other[n].shape)) for n in extra)]


def _difference(name: str, one: Any, other: Any) -> Difference:
    first = tuple(one.shape)
    if other is None:
        return Difference(name, "missing", first, None)
    second, types = tuple(other.shape), (type_name(one), type_name(other))
    if first != second:
        return Difference(name, "shape", first, second, None, types)
    worst = max((_worst(one[index], other[index]) for index in parts(first)), default=0.0)
    return Difference(name, "equal" if worst == 0 else "differs", first, second, worst, types)


def _worst(one: Any, other: Any) -> float:
    """The largest difference of two parts; equal infinities and NaN in both places are no difference."""
    kind = np.result_type(np.asarray(one), np.asarray(other), np.float64)
    first, second = np.asarray(one, kind), np.asarray(other, kind)
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    if same.all():
        return 0.0
    with np.errstate(invalid="ignore"):
        apart = np.abs(first - second)[~same]
    return math.inf if np.isnan(apart).any() else float(apart.max())
