"""Tables for people and for other programs: as wide as they are, CSV, Markdown."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from archspec.records import dataclass

Cell = str | int | None
FORMS = ("table", "json", "csv", "markdown")
WIDEST = 100_000  # no terminal: nothing is cut


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows; numbers stand right and are grouped for people. `below` are lines for people alone."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    right: frozenset[str] = frozenset()
    title: str = ""
    below: tuple[str, ...] = ()

    def show(self, form: str) -> str:
        """The grid as `table`, `csv` or `markdown`."""
        return {"table": self.table, "csv": self.csv, "markdown": self.markdown}[form]()

    def table(self) -> str:
        """For a terminal: as wide as it is, or as the table needs when it is piped."""
        import io

        from rich import box
        from rich.console import Console
        from rich.table import Table

        title = self.title or None
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for name in self.columns:
            table.add_column(
                name, justify="right" if name in self.right else "left", no_wrap=name != "Title"
            )
        for row in self.rows:
            table.add_row(*map(_text, row))
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
        out = io.StringIO()
        Console(file=out, width=width, highlight=False, markup=False).print(table)
        lines = (line.rstrip() for line in out.getvalue().strip("\n").splitlines())
        text = "\n".join(lines).rstrip("\n")
        return "\n".join([text, *([""] if self.below else []), *self.below])

    def csv(self) -> str:
        """Comma-separated values, numbers as digits."""
        import csv
        import io

        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if cell is None else cell for cell in row] for row in self.rows)
        return out.getvalue().rstrip("\n")

    def markdown(self) -> str:
        """A table for a page."""
        marks = ("---:" if name in self.right else "---" for name in self.columns)
        lines = [_line(self.columns), _line(tuple(marks))]
        lines += [_line(tuple(map(_text, row))) for row in self.rows]
        notes = [f"- {' '.join(line.split())}" for line in self.below]
        return "\n".join([*lines, *([""] if notes else []), *notes])


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else cell


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
