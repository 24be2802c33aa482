"""Networks, claims and the zoo as tables and JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archspec.analysis.grid import PAGE, Cell, Grid, room
from archspec.analysis.table import meaning
from archspec.analysis.views import GRIDS
from archspec.cli.rendering.colour import paint, say
from archspec.terminal import wrapped

if TYPE_CHECKING:
    from archspec.analysis.claims import Verdict
    from archspec.api import Network
    from archspec.workflows.listing import ListedNetwork


def put(form: str, data: Callable[[], Any], grid: Callable[[], Grid]) -> None:
    """Print data as JSON, or a grid in another form."""
    text = json.dumps(data(), indent=2) if form == "json" else grid().show(form, paint(sys.stdout))
    say(text)


def summary(network: Network, form: str, by: str) -> None:
    """A network by its rows, its blocks or its types of operations."""
    put(form, lambda: summary_data(network, by), lambda: GRIDS[by](network.graph))


def summary_data(network: Network, by: str) -> dict[str, Any]:
    """One object; its names are a contract."""
    values: dict[str, Any] = {
        "name": network.name,
        "vars": network.vars,
        "input": network.input_shape,
        "output": network.output_shape,
        "params": asdict(network.params),
        "macs": network.macs,
        "gives": meaning(network.graph),
        "rows": [
            {
                "name": row.name,
                "type": row.type,
                "output": row.output,
                "params": row.params,
                "macs": row.macs,
            }
            for row in network.table()
        ],
    }
    return values | _several(network) | _summed(network, by)


def _several(network: Network) -> dict[str, Any]:
    """Where several values enter or come out, each by its name; `input` and `output` are the first of them."""
    shapes = {"inputs": network.input_shapes, "outputs": network.output_shapes}
    return {key: named for key, named in shapes.items() if len(named) > 1}


def _summed(network: Network, by: str) -> dict[str, Any]:
    if by == "row":
        return {}
    from archspec.analysis import folding

    if by == "block":
        return {"blocks": [asdict(part) for part in folding.parts(network.graph)]}
    return {"types": [asdict(kind) for kind in folding.types(network.graph)]}


def claims(verdicts: Sequence[Verdict], form: str) -> None:
    """Printed figures against computed ones."""
    put(form, lambda: claims_data(verdicts), lambda: claims_grid(verdicts))


def claims_data(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A list of objects, one for each figure; their names are a contract."""
    return [
        {
            "name": v.name,
            "with": dict(v.given),
            "quantity": v.quantity,
            "claimed": v.claimed,
            "computed": v.computed,
            "status": v.status,
            "note": v.note,
        }
        for v in verdicts
    ]


def claims_grid(verdicts: Sequence[Verdict]) -> Grid:
    """A line for each figure, the notes below, a count of each status."""
    from archspec.graph.evaluate import written

    rows: list[tuple[Cell, ...]] = [
        (
            v.name,
            ", ".join(f"{name} {written(value)}" for name, value in v.given.items()),
            v.quantity,
            v.claimed,
            v.computed,
            v.status,
        )
        for v in verdicts
    ]
    notes = dict.fromkeys(f"noted: {v.name}: {v.note}" for v in verdicts if v.status == "noted")
    counts = Counter(v.status for v in verdicts)
    totals = ", ".join(f"{counts[s]} {s}" for s in ("pass", "fail", "noted") if counts[s])
    return Grid(
        ("Name", "With", "Quantity", "Claimed", "Computed", "Status"),
        rows,
        frozenset({"Claimed", "Computed"}),
        below=(*notes, totals or "nothing is claimed: a spec states its figures under `expect`"),
        prose=frozenset({"With"}),
        marked=frozenset({"Status"}),
    )


def zoo(entries: Sequence[ListedNetwork], blocks: Sequence[str], form: str) -> None:
    """Networks of the zoo, and block files that a spec can `use`."""
    from archspec.workflows.listing import grid

    families = dict.fromkeys(entry.family for entry in entries)
    named = {"families": families, "blocks to `use`": blocks} if blocks else {}
    width = (room() or PAGE) - 1
    below = tuple(
        "\n".join(wrapped(f"{what}: {', '.join(names)}", width)) for what, names in named.items()
    )
    put(form, lambda: [asdict(e) for e in entries], lambda: grid(entries, below))
