"""The whole lowering table: a module for each family of operations beside the rows of `table`."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from archspec.lowering.dialect import carried
from archspec.lowering.lower import Table
from archspec.lowering.plan import Target
from archspec_keras import table
from archspec_keras.tables import arithmetic, conv, norm, pool, resample, shape


def home_of(family: ModuleType) -> str:
    """The module beside a family's table that holds its layers."""
    return family.__name__.replace(".tables.", ".layers.")


FAMILIES = (arithmetic, conv, norm, pool, resample, shape)
TABLE: Table = {k: row for family in (table, *FAMILIES) for k, row in family.TABLE.items()}
TARGETS: Mapping[str, Target] = {
    k: target for family in (table, *FAMILIES) for k, target in family.TARGETS.items()
}
# the module of each layer that a printed file carries itself, by its target
HOMES: Mapping[str, str] = {
    **carried(table.TARGETS, "archspec_keras.support"),
    **{
        k: home
        for family in FAMILIES
        for k, home in carried(family.TARGETS, home_of(family)).items()
    },
}
