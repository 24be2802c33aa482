"""Tables for people and for other programs: as wide as a terminal, CSV, Markdown."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archspec.terminal import Paint, breadth, padded, printable, unpainted, wrapped

Cell = str | int | None
FORMS = ("table", "json", "csv", "markdown")
INDENT, GAP = "  ", "   "
NARROWEST = 24  # prose is not folded further as long as another panel will do


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows. Numbers, in the columns `right`, are grouped for people.

    In a narrow terminal `prose` is folded, then columns move to a panel below, behind the column `key` again.
    People see a value of the column `grouped` once, above a group of rows. Words of `marked` columns are roles of a
    Paint. `below` are lines for people alone; where there are no rows, they are all that people see.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    right: frozenset[str] = frozenset()
    title: str = ""
    below: tuple[str, ...] = ()
    prose: frozenset[str] = frozenset()
    key: str = ""
    marked: frozenset[str] = frozenset()
    grouped: str = ""

    def show(self, form: str, paint: Paint = unpainted) -> str:
        """The grid as `table`, `csv` or `markdown`."""
        if form == "table":
            return self.table(room(), paint)
        return self.csv() if form == "csv" else self.markdown()

    def table(self, room: int | None = None, paint: Paint = unpainted) -> str:
        """For people, in a terminal of `room` columns, or as wide as it needs."""
        names = self._text()
        if self.grouped:
            names[self.grouped] = _once(names[self.grouped])
        panels = list(self._panels(names, room)) if self.rows else []
        title = wrapped(printable(self.title), room or breadth(self.title)) if self.title else []
        parts = ["\n".join(paint("title", line) for line in title)]
        parts += [self._panel({n: names[n] for n in panel}, panel, paint) for panel in panels]
        parts.append("\n".join(self.below))
        return "\n\n".join(part for part in parts if part)

    def _text(self) -> dict[str, list[str]]:
        """Each column as text, below its head."""
        return {
            name: [name, *(_text(row[k]) for row in self.rows)]
            for k, name in enumerate(self.columns)
        }

    def _panels(self, names: dict[str, list[str]], room: int | None) -> Iterator[dict[str, int]]:
        """The columns of each panel with their widths."""
        widths = {name: max(map(breadth, cells)) for name, cells in names.items()}
        if room is None:
            yield widths
            return
        key = self.key or self.columns[0]
        widths[key] = min(widths[key], room // 2)
        least = {name: self._least(name, names[name], widths[name]) for name in names}
        panel: list[str] = []
        for name in self.columns:
            if panel and _extent([least[n] for n in (*panel, name)]) > room:
                yield self._shared(panel, widths, least, room)
                panel = [key]
            panel.append(name)
        yield self._shared(panel, widths, least, room)

    def _least(self, name: str, cells: list[str], width: int) -> int:
        if name not in self.prose:
            return width
        longest = max(breadth(word) for cell in cells for word in cell.split(" "))
        return min(width, max(longest, NARROWEST))

    def _shared(
        self, panel: list[str], widths: dict[str, int], least: dict[str, int], room: int
    ) -> dict[str, int]:
        """The room of a panel dealt out: everything gets its least, prose what is left."""
        dealt = {name: least[name] for name in panel}
        left = room - _extent(list(dealt.values()))
        for name in panel:
            more = max(0, min(left, widths[name] - dealt[name]))
            dealt[name] += more
            left -= more
        if left < 0:  # a word that is wider than the terminal
            dealt[panel[-1]] = max(1, dealt[panel[-1]] + left)
        return dealt

    def _panel(self, names: dict[str, list[str]], widths: dict[str, int], paint: Paint) -> str:
        head, *rows = zip(*names.values(), strict=True)
        lines = list(self._lines(head, widths, paint, "head"))
        lines.append(" " + "─" * (_extent(list(widths.values())) - 1))
        for row in rows:
            lines += self._lines(row, widths, paint)
        return "\n".join(lines)

    def _lines(
        self, row: Sequence[str], widths: dict[str, int], paint: Paint, role: str = ""
    ) -> Iterator[str]:
        """One row, its cells folded to their widths."""
        folded = [
            [cell] if breadth(cell) <= width else wrapped(cell, width)
            for cell, width in zip(row, widths.values(), strict=True)
        ]
        for k in range(max(map(len, folded))):
            cells = []
            for name, lines in zip(widths, folded, strict=True):
                cell = lines[k] if k < len(lines) else ""
                shown = paint(role or cell, cell) if role or name in self.marked else cell
                filled = padded(cell, widths[name], right=name in self.right)
                cells.append(filled.replace(cell, shown, 1) if shown != cell else filled)
            yield (INDENT + GAP.join(cells)).rstrip()

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
        filled = []
        for name, cells in self._text().items():
            head, *escaped = map(_escaped, cells)
            width = max(3, *map(breadth, (head, *escaped)))
            right = name in self.right
            mark = "-" * (width - 1) + ":" if right else "-" * width
            filled.append([padded(cell, width, right=right) for cell in (head, mark, *escaped)])
        table = "\n".join(f"| {' | '.join(row)} |" for row in zip(*filled, strict=True))
        notes = "\n".join(f"- {' '.join(line.split())}" for line in self.below)
        parts = (_escaped(printable(self.title)), table, notes)
        return "\n\n".join(part for part in parts if part)


def room() -> int | None:
    """The columns of the terminal; None where nobody looks at one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _extent(widths: Sequence[int]) -> int:
    """How wide columns are side by side."""
    return len(INDENT) + sum(widths) + len(GAP) * (len(widths) - 1) + 1


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else printable(cell)


def _once(cells: list[str]) -> list[str]:
    """A column in which what stands above is not said again."""
    above = ["", *cells]
    return ["" if cell == before else cell for before, cell in zip(above, cells, strict=False)]


def _escaped(cell: str) -> str:
    """A cell that Markdown takes as it is."""
    return "".join(f"\\{char}" if char in "\\|<*`" else char for char in cell)
