"""The table of rows in the docstring of a file: what each gives and costs."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.analysis.folding import parts
from archspec.graph.graph import Graph

MOST = 60  # rows that are listed one by one
WIDEST = 36  # characters of a name or a type
HEAD = ("row", "type", "output", "parameters", "MACs")


def overview(graph: Graph) -> list[str]:
    """A line for each row, block, group or repeat at the top of a network, and the sums of all, in columns.

    Outputs are in the spec's layout, without the batch; parameters are those that are trained and those that are not;
    MACs are the multiply-adds of convolutions and dense layers for one sample.
    """
    rows = parts(graph)
    lines = [
        (
            _clipped(part.name),
            _clipped(part.kind),
            " x ".join(map(str, part.output)),
            *map(_figure, (part.params, part.macs)),
        )
        for part in rows[:MOST]
    ]
    if len(rows) > MOST:
        lines.append((f"({len(rows) - MOST} more)", "", "", "", ""))
    sums = (sum(part.params for part in rows), sum(part.macs for part in rows))
    return _columns([HEAD, *lines, ("total", "", "", *map(_figure, sums))])


def _figure(number: int) -> str:
    return f"{number:,}" if number else ""


def _clipped(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def _columns(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place > 2 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
