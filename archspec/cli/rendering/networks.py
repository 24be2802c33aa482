"""Networks, claims and the zoo as tables and JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archspec.analysis.table import CONVENTION, meaning
from archspec.cli.rendering.colour import paint, say
from archspec.cli.rendering.grid import Cell, Grid

if TYPE_CHECKING:
    from archspec.analysis.claims import Verdict
    from archspec.api import Network
    from archspec.workflows.listing import ListedNetwork

KERNELS = "kernels     what papers count as parameters: neither biases nor norms"


def put(form: str, data: Callable[[], Any], grid: Callable[[], Grid]) -> None:
    """Print data as JSON, or a grid in another form."""
    text = json.dumps(data(), indent=2) if form == "json" else grid().show(form, paint(sys.stdout))
    say(text)


def summary(network: Network, form: str, by: str) -> None:
    """A network by its rows, its blocks or its types of operations."""
    grid = {"row": rows_grid, "block": parts_grid, "type": types_grid}[by]
    put(form, lambda: summary_data(network, by), lambda: grid(network))


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


def rows_grid(network: Network) -> Grid:
    """Type / Stride, Filter Shape, Input Size as the paper prints them, then output, costs and share."""
    macs = network.macs
    rows: list[tuple[Cell, ...]] = [
        (
            row.name,
            row.kind,
            row.filter,
            _size(row.input),
            _size(row.output),
            row.params or None,
            row.macs or None,
            _share(row.macs, macs),
        )
        for row in network.table()
    ]
    columns = ("Row", "Type / Stride", "Filter Shape", "Input Size", "Output")
    return _costs(network, columns, rows)


def parts_grid(network: Network) -> Grid:
    """A line for each block, group, repeat and row of a table."""
    from archspec.analysis.folding import parts

    macs = network.macs
    rows: list[tuple[Cell, ...]] = [
        (
            part.name,
            part.kind,
            part.rows,
            _size(part.input),
            _size(part.output),
            part.params or None,
            part.macs or None,
            _share(part.macs, macs),
        )
        for part in parts(network.graph)
    ]
    return _costs(network, ("Row", "Type", "Rows", "Input Size", "Output"), rows)


def types_grid(network: Network) -> Grid:
    """A line for each type of operation, as Table 2 of the MobileNets paper."""
    from archspec.analysis.folding import types

    kinds = types(network.graph)
    kernels, macs = sum(kind.kernels for kind in kinds), network.macs
    rows: list[tuple[Cell, ...]] = [
        (
            kind.kind,
            kind.count,
            kind.params or None,
            kind.kernels or None,
            _share(kind.kernels, kernels),
            kind.macs or None,
            _share(kind.macs, macs),
        )
        for kind in kinds
    ]
    columns = ("Type", "Number", "Params", "Kernels", "Of Kernels", "MACs", "Of MACs")
    below = (*_foot(network), KERNELS)
    return Grid(columns, rows, frozenset(columns[1:]), _title(network), below)


def _costs(network: Network, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Grid:
    costs = ("Params", "MACs", "Share")
    right = frozenset({"Rows", *costs})
    return Grid((*columns, *costs), rows, right, _title(network), _foot(network))


def _title(network: Network) -> str:
    return network.graph.title or network.name


def _foot(network: Network) -> tuple[str, ...]:
    """The sums, how they are counted, and what comes out."""
    params = network.params
    total = f"{params.total:,} = {params.trainable:,} trainable + {params.non_trainable:,} not"
    return (
        f"parameters  {total}",
        f"MACs        {network.macs:,} ({CONVENTION})",
        *_takes(network),
        *_gives(network),
    )


def _takes(network: Network) -> Iterator[str]:
    """A line for each of several inputs."""
    shapes = network.input_shapes
    for number, (name, shape) in enumerate(shapes.items() if len(shapes) > 1 else ()):
        yield f"{'' if number else 'takes':12}{name}: {_size(shape)}"


def _gives(network: Network) -> Iterator[str]:
    """What comes out, a line for each value."""
    shapes = network.output_shapes
    for number, (name, shape) in enumerate(shapes.items()):
        called = f"{name}: " if len(shapes) > 1 else ""
        kind = meaning(network.graph, number)
        yield f"{'' if number else 'gives':12}{called}{kind}, {_size(shape)}"


def _share(part: int, whole: int) -> str | None:
    return f"{100 * part / whole:.2f} %" if part else None


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


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
    put(form, lambda: [asdict(e) for e in entries], lambda: zoo_grid(entries, blocks))


def zoo_grid(entries: Sequence[ListedNetwork], blocks: Sequence[str]) -> Grid:
    """A line each, family by family."""
    rows: list[tuple[Cell, ...]] = [
        (e.family, e.name, e.title, e.reference, e.params.total, e.macs) for e in entries
    ]
    return Grid(
        ("Family", "Name", "Title", "Reference", "Params", "MACs"),
        rows,
        frozenset({"Params", "MACs"}),
        below=(f"blocks to `use`: {', '.join(blocks)}",) if blocks else (),
        prose=frozenset({"Title", "Reference"}),
        grouped="Family",
    )
