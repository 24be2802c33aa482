"""Regularisation: acts in training, not at inference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archspec.graph.ops import base
from archspec.graph.ops.arrays import Array, Case
from archspec.graph.ops.base import Attribute, Operation


class Dropout(Operation):
    """Sets a part of the cells to zero in training and scales the rest by 1 / (1 - rate), Srivastava et al. 2014."""

    name = "dropout"
    noise = "rate"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "rate": base.number("The part that is dropped.", minimum=0.0, below=1.0)
    }

    def compute(self, case: Case) -> Array:
        return case.x


class DropPath(Operation):
    """Sets whole samples to zero in training and scales the rest by 1 / (1 - rate). At rate 0 there is no layer.

    Stochastic depth, Huang et al. 2016.
    """

    name = "drop_path"
    noise = "rate"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "rate": base.number("The part of the samples that is dropped.", minimum=0.0, below=1.0)
    }

    def compute(self, case: Case) -> Array:
        return case.x
