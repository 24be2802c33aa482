"""Printed figures against computed ones."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal

from archspec.analysis.table import macs, params
from archspec.graph.expr import Value
from archspec.graph.graph import Graph
from archspec.records import dataclass

Status = Literal["pass", "fail", "noted"]
UNITS = {"K": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One printed figure and what becomes of it."""

    name: str
    given: Mapping[str, Value]
    quantity: str
    claimed: str
    computed: int
    status: Status
    note: str = ""


def computed(graph: Graph) -> Mapping[str, int]:
    """The figures that claims name; `params` is the trainable count, as papers count."""
    counts = params(graph)
    return {
        "params": counts.trainable,
        "total": counts.total,
        "non_trainable": counts.non_trainable,
        "macs": macs(graph),
    }


def holds(figure: int, printed: str) -> bool:
    """Whether a figure, rounded or cut to the digits printed, is the printed one."""
    text = printed.replace(",", "")
    unit = UNITS.get(text[-1], 1)
    claimed = Decimal(text.rstrip("KMG"))
    scaled = Decimal(figure) / unit
    step = Decimal(1).scaleb(int(claimed.as_tuple().exponent))
    return claimed in (scaled.quantize(step, ROUND_HALF_UP), scaled.quantize(step, ROUND_DOWN))
