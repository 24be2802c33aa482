"""The whole lowering table: a module for each family of operations beside the rows of `table`."""

from __future__ import annotations

from archspec.lowering.dialect import rooms
from archspec_torch import table
from archspec_torch.tables import arithmetic, conv, norm, pool, resample, shape

ROOMS = rooms(table, "archspec_torch.support", (arithmetic, conv, norm, pool, resample, shape))
TABLE, TARGETS, HOMES = ROOMS.table, ROOMS.targets, ROOMS.homes
