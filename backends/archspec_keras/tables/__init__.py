"""The whole lowering table: a module for each family of operations beside the rows of `table`."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.lowering.lower import Table
from archspec.lowering.plan import Target
from archspec_keras import table
from archspec_keras.tables import arithmetic, conv, norm, pool, resample, shape

FAMILIES = (arithmetic, conv, norm, pool, resample, shape)
TABLE: Table = {k: row for family in (table, *FAMILIES) for k, row in family.TABLE.items()}
TARGETS: Mapping[str, Target] = {
    k: target for family in (table, *FAMILIES) for k, target in family.TARGETS.items()
}
# layers that a printed file carries itself: a target without a dot
SUPPORT = frozenset(name for name in TARGETS if name.isidentifier())
