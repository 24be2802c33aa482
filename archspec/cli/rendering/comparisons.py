"""Comparisons as tables and JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from archspec.analysis.grid import Cell, Grid
from archspec.graph.ops.base import times

if TYPE_CHECKING:
    from archspec.parity.report import Finding, Report

SHOWN = 5  # findings in full; the first is the one to look at


def parity(report: Report, form: str) -> str:
    """A comparison in a form of FORMS."""
    return parity_json(report) if form == "json" else parity_grid(report).show(form)


def parity_json(report: Report) -> str:
    """One object; its names are a contract. A difference that is no number - another shape, NaN - is null."""
    values = {
        "name": report.name,
        "equal": report.equal,
        "dtype": report.dtype,
        "limit": report.limit,
        "batch": report.shape,
        "ways": ["prediction", *report.ways],
        "missing": [{"ways": m.ways, "why": m.why} for m in report.missing],
        "asked": report.asked,
        "rows": [
            {
                "name": row.name,
                "type": row.kind,
                "output": row.output,
                "params": row.params,
                "differences": {way: _number(d) for way, d in row.differences.items()},
            }
            for row in report.rows
        ],
        "stilled": report.stilled,
        "training": _training(report),
        "findings": [_finding(finding) for finding in report.findings],
    }
    if len(report.shapes) > 1:
        values["batches"] = dict(report.shapes)
    if len(report.outputs) > 1:
        values["outputs"] = {
            name: {way: _number(d) for way, d in ways.items()}
            for name, ways in report.outputs.items()
        }
    return json.dumps(values, indent=2)


def _training(report: Report) -> dict[str, Any] | None:
    trained = report.trained
    if trained is None:
        return None
    worst = {
        what: {way: _number(d) for way, d in ways.items()} for what, ways in trained.worst.items()
    }
    return {
        "limit": trained.limit,
        "steps": trained.steps,
        "worst": worst,
        "moved": trained.moved,
        "zero": trained.zero,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    suspicion = finding.suspicion
    return {
        "check": finding.check,
        "ways": finding.ways,
        "path": finding.path,
        "row": finding.row,
        "file": finding.span.source.name,
        "line": finding.span.line,
        "column": finding.span.column,
        "difference": _number(finding.difference),
        "message": finding.message,
        "suspicion": suspicion.key if suspicion else None,
        "cause": suspicion.cause if suspicion else None,
    }


def _number(difference: float | None) -> float | None:
    return difference if difference is not None and math.isfinite(difference) else None


def parity_grid(report: Report) -> Grid:
    """A line for each row, a column for each way."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.name,
            row.kind,
            times(row.output),
            row.params or None,
            *(_difference(row.differences.get(way), report.limit) for way in report.ways),
        )
        for row in report.rows
    ]
    title = f"{report.name}: differences from the reference"
    columns = ("Row", "Type / Stride", "Output", "Params", *report.ways)
    return Grid(columns, rows, frozenset({"Params", *report.ways}), title, tuple(_below(report)))


def _difference(difference: float | None, limit: float) -> str:
    if difference is None:
        return ""
    return f"{difference:.1e}" if difference <= limit else f"! {difference:.1e}"


def _below(report: Report) -> list[str]:
    lines = [
        f"compared    {report.shape[0]} samples of {_batches(report)} in {report.dtype}",
        f"worst       {report.worst:.1e} of a row's largest value, {report.limit:.0e} allowed",
    ]
    if len(report.outputs) > 1:
        ends = {name: ways.values() for name, ways in report.outputs.items()}
        figures = ", ".join(f"{name} {max(ways, default=0.0):.1e}" for name, ways in ends.items())
        lines.append(f"outputs     {figures}")
    if report.asked:
        lines.append(f"no meaning  in NumPy, so a framework's own: {', '.join(report.asked)}")
    if report.stilled:
        lines.append(f"at rate 0   {', '.join(report.stilled)}")
    lines += _trained(report)
    lines += [f"left out    {' and '.join(m.ways)}: {m.why}" for m in report.missing]
    ways = ", ".join(("prediction", *report.ways))
    return [*lines, f"{'one network' if report.equal else 'NOT EQUAL  '} {ways}"]


def _batches(report: Report) -> str:
    """What one sample is."""
    if len(report.shapes) == 1:
        return times(report.shape[1:])
    return ", ".join(f"{name} {times(shape[1:])}" for name, shape in report.shapes.items())


def _trained(report: Report) -> list[str]:
    trained = report.trained
    if trained is None:
        return []
    lines = [
        f"training    {what}: {max(ways.values()):.1e}, {trained.limit:.0e} allowed"
        for what, ways in trained.worst.items()
    ]
    lines.append(
        f"            {trained.steps} steps moved the weights by {trained.moved:.1e} of their size"
    )
    if trained.zero:
        more = len(trained.zero) - 2
        shown = [*trained.zero[:2], *([f"{more} more"] if more > 0 else [])]
        lines.append(f"            zero but for rounding: the gradients of {', '.join(shown)}")
    return lines


def findings(report: Report) -> str:
    """The first differences with their places; the first of them is where to look."""
    from archspec.source import render

    shown = [render(finding.diagnostic(report.broken)) for finding in report.findings[:SHOWN]]
    rest = len(report.findings) - len(shown)
    return "\n\n".join(
        [*shown, *([f"... and {rest} more, of which no cause is sought"] if rest else [])]
    )
