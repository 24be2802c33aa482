"""The lowering table: from an operation to PyTorch's calls, as data.

A module for each family, called as in `archspec.graph.ops` and found by itself.
"""

from __future__ import annotations

from archspec.lowering.dialect import carried, tables

TABLE, TARGETS = tables(__name__, __path__)
HOMES = carried(TARGETS, "archspec_torch.layers")
