"""Noise in NumPy: none, as in inference, and as in a comparison of training, which sets the rates to 0."""

from __future__ import annotations

from archspec.graph.ops.meaning.base import Array, Case


def dropout(case: Case) -> Array:
    return case.x


def drop_path(case: Case) -> Array:
    return case.x
