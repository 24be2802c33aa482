"""Operations that move cells and compute nothing, in NumPy."""

from __future__ import annotations

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case, Pair


def flatten(case: Case) -> Array:
    x = case.x
    if x.ndim == 4 and case.attrs["order"] == "chw":
        x = x.transpose(0, 3, 1, 2)
    return x.reshape(len(x), -1)


def pad(case: Case) -> Array:
    return np.pad(case.x, ((0, 0), *_rims(case), (0, 0)), constant_values=case.attrs["value"])


def crop(case: Case) -> Array:
    (top, bottom), (left, right) = _rims(case)
    return case.x[:, top : case.x.shape[1] - bottom, left : case.x.shape[2] - right]


def _rims(case: Case) -> tuple[Pair, Pair]:
    top, bottom, left, right = (case.attrs[k] for k in ("top", "bottom", "left", "right"))
    return (top, bottom), (left, right)


def channel_shuffle(case: Case) -> Array:
    groups, shuffled = case.attrs["groups"], np.empty_like(case.x)
    for group, part in enumerate(np.split(case.x, groups, -1)):
        shuffled[..., group::groups] = part
    return shuffled


def identity(case: Case) -> Array:
    return case.x
