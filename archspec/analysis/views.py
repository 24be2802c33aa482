"""A network as the tables that people read: by its rows as a paper prints them, by its blocks, by its types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.analysis.folding import parts, types
from archspec.analysis.grid import Cell, Grid, room
from archspec.analysis.table import CONVENTION, SummaryRow, meaning
from archspec.analysis.table import macs as macs_of
from archspec.analysis.table import params as params_of
from archspec.analysis.table import rows as rows_of
from archspec.graph.graph import Graph, Port

KERNELS = "kernels     what papers count as parameters: neither biases nor norms"


class Table(list[SummaryRow]):
    """The rows of a network, in order: a list of named tuples, of which `pandas.DataFrame` makes columns.

    Printed, or shown in a notebook, it is the table as a paper has it.
    """

    def __init__(self, graph: Graph) -> None:
        """All rows of a network."""
        super().__init__(rows_of(graph))
        self._graph = graph

    def __repr__(self) -> str:
        return rows_grid(self._graph).table(room())

    def _repr_html_(self) -> str:
        return rows_grid(self._graph).html()


def rows_grid(graph: Graph) -> Grid:
    """Type / Stride, Filter Shape, Input Size as the paper prints them, then output, costs and share."""
    macs = macs_of(graph)
    lines: list[tuple[Cell, ...]] = [
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
        for row in rows_of(graph)
    ]
    columns = ("Row", "Type / Stride", "Filter Shape", "Input Size", "Output")
    return _costs(graph, columns, lines)


def parts_grid(graph: Graph) -> Grid:
    """A line for each block, group, repeat and row of a table."""
    macs = macs_of(graph)
    lines: list[tuple[Cell, ...]] = [
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
        for part in parts(graph)
    ]
    return _costs(graph, ("Row", "Type", "Rows", "Input Size", "Output"), lines)


def types_grid(graph: Graph) -> Grid:
    """A line for each type of operation, as Table 2 of the MobileNets paper."""
    kinds = types(graph)
    kernels, macs = sum(kind.kernels for kind in kinds), macs_of(graph)
    lines: list[tuple[Cell, ...]] = [
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
    below = (*_foot(graph), KERNELS)
    return Grid(columns, lines, frozenset(columns[1:]), _title(graph), below)


def _costs(graph: Graph, columns: tuple[str, ...], lines: Sequence[tuple[Cell, ...]]) -> Grid:
    costs = ("Params", "MACs", "Share")
    right = frozenset({"Rows", *costs})
    return Grid((*columns, *costs), lines, right, _title(graph), _foot(graph))


def _title(graph: Graph) -> str:
    return graph.title or graph.name


def _foot(graph: Graph) -> tuple[str, ...]:
    """The sums, how they are counted, and what comes out."""
    params = params_of(graph)
    total = f"{params.total:,} = {params.trainable:,} trainable + {params.non_trainable:,} not"
    return (
        f"parameters  {total}",
        f"MACs        {macs_of(graph):,} ({CONVENTION})",
        *_takes(graph),
        *_gives(graph),
    )


def _takes(graph: Graph) -> Iterator[str]:
    """A line for each of several inputs."""
    shapes = _shapes(graph.inputs)
    for number, (name, shape) in enumerate(shapes.items() if len(shapes) > 1 else ()):
        yield f"{'' if number else 'takes':12}{name}: {_size(shape)}"


def _gives(graph: Graph) -> Iterator[str]:
    """What comes out, a line for each value."""
    shapes = _shapes(graph.outputs)
    for number, (name, shape) in enumerate(shapes.items()):
        called = f"{name}: " if len(shapes) > 1 else ""
        kind = meaning(graph, number)
        yield f"{'' if number else 'gives':12}{called}{kind}, {_size(shape)}"


def _share(part: int, whole: int) -> str | None:
    return f"{100 * part / whole:.2f} %" if part else None


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


def _shapes(ports: Sequence[Port]) -> dict[str, tuple[int, ...]]:
    return {port.name: port.type.shape for port in ports}


GRIDS = {"row": rows_grid, "block": parts_grid, "type": types_grid}
