"""Networks as tables and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archspec.analysis.table import CONVENTION, meaning
from archspec.cli.grid import Cell, Grid

if TYPE_CHECKING:
    from archspec.analysis.claims import Verdict
    from archspec.api import Network


def summary_json(network: Network) -> str:
    """One object; its names are a contract."""
    found = {
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
    return json.dumps(found, indent=2)


def summary_grid(network: Network) -> Grid:
    """Type / Stride, Filter Shape, Input Size as the paper prints them, then output, costs and share."""
    macs = network.macs
    columns = ("Row", "Type / Stride", "Filter Shape", "Input Size", "Output")
    costs = ("Params", "MACs", "Share")
    rows: list[tuple[Cell, ...]] = [
        (
            row.name,
            row.kind,
            row.filter,
            _size(row.input),
            _size(row.output),
            row.params or None,
            row.macs or None,
            f"{100 * row.macs / macs:.2f} %" if row.macs else None,
        )
        for row in network.table()
    ]
    params = network.params
    total = f"{params.total:,} = {params.trainable:,} trainable + {params.non_trainable:,} not"
    below = (
        f"parameters  {total}",
        f"MACs        {macs:,} ({CONVENTION})",
        f"gives       {meaning(network.graph)}, {_size(network.output_shape)}",
    )
    title = network.graph.title or network.name
    return Grid((*columns, *costs), rows, frozenset(costs), title, below)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


def zoo_rows() -> list[dict[str, Any]]:
    """Every network of the zoo with its family, reference and costs."""
    from archspec import zoo
    from archspec.api import load

    found = []
    for name, (file, _) in zoo.listed().items():
        network = load(name)
        found.append(
            {
                "name": network.name,
                "family": network.document.family,
                "file": f"{file}.yaml",
                "title": network.graph.title,
                "reference": network.document.reference,
                "params": asdict(network.params),
                "macs": network.macs,
            }
        )
    return found


def claims_json(verdicts: Sequence[Verdict]) -> str:
    """A list of objects, one for each figure; their names are a contract."""
    found = [
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
    return json.dumps(found, indent=2)


def claims_grid(verdicts: Sequence[Verdict]) -> Grid:
    """A line for each figure, the notes below, a count of each status."""
    rows: list[tuple[Cell, ...]] = [
        (
            v.name,
            ", ".join(f"{name} {value}" for name, value in v.given.items()),
            v.quantity,
            v.claimed,
            v.computed,
            v.status,
        )
        for v in verdicts
    ]
    notes = dict.fromkeys(f"noted: {v.name}: {v.note}" for v in verdicts if v.status == "noted")
    counts = Counter(v.status for v in verdicts)
    said = ", ".join(f"{counts[s]} {s}" for s in ("pass", "fail", "noted") if counts[s])
    below = (*notes, said or "nothing is claimed: a spec states its figures under `expect`")
    columns = ("Name", "With", "Quantity", "Claimed", "Computed", "Status")
    return Grid(columns, rows, frozenset({"Claimed", "Computed"}), below=below)


def list_json() -> str:
    """A list of objects; their names are a contract."""
    return json.dumps(zoo_rows(), indent=2)


def list_grid() -> Grid:
    """The zoo, a line each."""
    rows: list[tuple[Cell, ...]] = [
        (
            row["family"],
            row["name"],
            row["title"],
            row["reference"],
            row["params"]["total"],
            row["macs"],
        )
        for row in zoo_rows()
    ]
    columns = ("Family", "Name", "Title", "Reference", "Params", "MACs")
    return Grid(columns, rows, frozenset({"Params", "MACs"}))


def summary(network: Network, form: str) -> str:
    """A network in a form of FORMS."""
    return summary_json(network) if form == "json" else summary_grid(network).show(form)


def claims(verdicts: Sequence[Verdict], form: str) -> str:
    """Claims in a form of FORMS."""
    return claims_json(verdicts) if form == "json" else claims_grid(verdicts).show(form)


def zoo(form: str) -> str:
    """The zoo in a form of FORMS."""
    return list_json() if form == "json" else list_grid().show(form)
