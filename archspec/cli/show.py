"""Networks as tables and JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archspec.analysis.table import CONVENTION, meaning

if TYPE_CHECKING:
    from rich.table import Table

    from archspec.analysis.claims import Verdict
    from archspec.api import Network

WIDE = 160


def summary_json(network: Network) -> str:
    """One object; its names are a contract."""
    params = network.params
    found = {
        "name": network.name,
        "vars": network.vars,
        "input": network.input_shape,
        "output": network.output_shape,
        "params": {
            "total": params.total,
            "trainable": params.trainable,
            "non_trainable": params.non_trainable,
        },
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


def summary_table(network: Network) -> str:
    """Type / Stride, Filter Shape, Input Size as the paper prints them, then output, costs and share."""
    from rich.table import Table

    table = Table(title=network.graph.title or network.name, title_justify="left", box=_box())
    for name in ("Row", "Type / Stride", "Filter Shape", "Input Size", "Output"):
        table.add_column(name, no_wrap=True)
    for name in ("Params", "MACs", "Share"):
        table.add_column(name, justify="right", no_wrap=True)
    macs = network.macs
    for row in network.table():
        share = f"{100 * row.macs / macs:.2f} %" if row.macs else ""
        table.add_row(
            row.name,
            row.kind,
            row.filter,
            _size(row.input),
            _size(row.output),
            f"{row.params:,}" if row.params else "",
            f"{row.macs:,}" if row.macs else "",
            share,
        )
    params = network.params
    lines = [
        _printed(table),
        f"parameters  {params.total:,} = {params.trainable:,} trainable + {params.non_trainable:,} not",
        f"MACs        {macs:,} ({CONVENTION})",
        f"gives       {meaning(network.graph)}, {_size(network.output_shape)}",
    ]
    return "\n".join(lines)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


def _box() -> Any:
    from rich import box

    return box.SIMPLE_HEAD


def _printed(table: Table) -> str:
    """A table as text: as wide as the terminal, or as it needs when piped."""
    import io
    import sys

    from rich.console import Console

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().strip("\n").splitlines())


def zoo_rows() -> list[dict[str, Any]]:
    """Every spec of the zoo with its reference and costs."""
    from archspec import zoo
    from archspec.api import load

    found = []
    for name in zoo.names():
        network = load(name)
        params = network.params
        found.append(
            {
                "name": network.name,
                "file": f"{name}.yaml",
                "title": network.graph.title,
                "reference": network.document.reference,
                "params": {
                    "total": params.total,
                    "trainable": params.trainable,
                    "non_trainable": params.non_trainable,
                },
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


def claims_table(verdicts: Sequence[Verdict]) -> str:
    """A line for each figure, the notes below, a count of each status."""
    from rich.table import Table

    if not verdicts:
        return "nothing is claimed: a spec states its figures under `expect`"
    table = Table(box=_box())
    for name in ("Name", "With", "Quantity"):
        table.add_column(name)
    for name in ("Claimed", "Computed"):
        table.add_column(name, justify="right")
    table.add_column("Status")
    for v in verdicts:
        given = ", ".join(f"{name} {value}" for name, value in v.given.items())
        table.add_row(v.name, given, v.quantity, v.claimed, f"{v.computed:,}", v.status)
    notes = dict.fromkeys(f"{v.name}: {v.note}" for v in verdicts if v.status == "noted")
    counts = {status: 0 for status in ("pass", "fail", "noted")}
    for v in verdicts:
        counts[v.status] += 1
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return "\n".join([_printed(table), "", *(f"noted: {note}" for note in notes), said])


CLAIMS = {"table": claims_table, "json": claims_json}


def list_json() -> str:
    """A list of objects; their names are a contract."""
    return json.dumps(zoo_rows(), indent=2)


def list_table() -> str:
    """The zoo, a line each."""
    from rich.table import Table

    table = Table(box=_box())
    for name in ("Name", "Title"):
        table.add_column(name)
    for name in ("Params", "MACs"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in zoo_rows():
        table.add_row(row["name"], row["title"], f"{row['params']['total']:,}", f"{row['macs']:,}")
    return _printed(table)


SUMMARIES: Mapping[str, Callable[[Any], str]] = {"table": summary_table, "json": summary_json}
LISTS: Mapping[str, Callable[[], str]] = {"table": list_table, "json": list_json}
