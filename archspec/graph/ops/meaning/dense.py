"""Matrix products in NumPy."""

from __future__ import annotations

import numpy as np

from archspec.graph.ops.meaning.base import Array, Case, biased


def dense(case: Case) -> Array:
    return biased(np.tensordot(case.x, case.weights["kernel"], 1), case)
