"""Tables for people and for other programs: as wide as a terminal, CSV, Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape

from archspec.records import dataclass
from archspec.terminal import Paint, breadth, padded, printable, unpainted, wrapped

Cell = str | int | None
INDENT, DEEPER, GAP = "  ", "      ", "   "
PAGE = 80  # columns for lines that nobody's terminal bounds
NARROWEST = 24  # prose is not folded further as long as a line below will do


@dataclass(frozen=True, slots=True)
class Deck:
    """Columns side by side, with their widths. In a narrow terminal a row takes several decks, one below the other."""

    indent: str
    widths: dict[str, int]

    @property
    def extent(self) -> int:
        """How wide the columns are together."""
        gaps = len(GAP) * (len(self.widths) - 1)
        return len(self.indent) + sum(self.widths.values()) + gaps + 1


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows. Numbers, in the columns `right`, are grouped for people.

    A terminal that is too narrow folds `prose`, then whole rows. A value of the column `grouped` is seen once, on lines
    of its own above its rows; columns `aside` are for programs alone. Words of `marked` columns are roles of a Paint.
    `below` are lines for people alone; where there are no rows, they are all that people see.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    right: frozenset[str] = frozenset()
    title: str = ""
    below: tuple[str, ...] = ()
    prose: frozenset[str] = frozenset()
    marked: frozenset[str] = frozenset()
    grouped: str = ""
    aside: frozenset[str] = frozenset()

    def show(self, form: str, paint: Paint = unpainted) -> str:
        """The grid as `table`, `csv` or `markdown`."""
        if form == "table":
            return self.table(room(), paint)
        return self.csv() if form == "csv" else self.markdown()

    def table(self, room: int | None = None, paint: Paint = unpainted) -> str:
        """For people, in a terminal of `room` columns, or as wide as it needs."""
        title = printable(self.title)
        lines = [paint("title", line) for line in wrapped(title, room or breadth(title))]
        body = "\n".join(self._body(room, paint)) if self.rows else ""
        return "\n\n".join(filter(None, ("\n".join(lines), body, "\n".join(self.below))))

    def _body(self, room: int | None, paint: Paint) -> Iterator[str]:
        text = {name: cells for name, cells in self._text().items() if name not in self.aside}
        groups = _once(text.pop(self.grouped)[1:]) if self.grouped else [""] * len(self.rows)
        decks = self._decks(text, room)
        head, *rows = (
            dict(zip(text, row, strict=True)) for row in zip(*text.values(), strict=True)
        )
        for deck in decks:
            yield from self._lines(head, deck, paint, "head")
        yield " " + "─" * (max(deck.extent for deck in decks) - 1)
        for group, row in zip(groups, rows, strict=True):
            for line in wrapped(group, (room or PAGE) - 1) if group else ():
                yield f" {paint('head', line)}"
            for deck in decks:
                yield from self._lines(row, deck, paint)

    def _text(self) -> dict[str, list[str]]:
        """Each column as text, below its head."""
        return {
            name: [name, *(_text(row[k]) for row in self.rows)]
            for k, name in enumerate(self.columns)
        }

    def _decks(self, text: dict[str, list[str]], room: int | None) -> list[Deck]:
        """The columns side by side, as many as there is room for, the others below them."""
        widths = {name: max(map(breadth, cells)) for name, cells in text.items()}
        if room is None:
            return [Deck(INDENT, widths)]
        decks = [Deck(INDENT, {})]
        for name, width in widths.items():
            least = _least(text[name], width) if name in self.prose else width
            wider = Deck(decks[-1].indent, {**decks[-1].widths, name: least})
            if decks[-1].widths and wider.extent > room:
                wider = Deck(DEEPER, {name: least})
                decks.append(wider)
            decks[-1] = wider
        return [_dealt(deck, widths, room) for deck in decks]

    def _lines(
        self, row: dict[str, str], deck: Deck, paint: Paint, role: str = ""
    ) -> Iterator[str]:
        """One row's part of a deck, its cells folded to their widths; none where a deck below has nothing to say."""
        if deck.indent == DEEPER and not any(row[name] for name in deck.widths):
            return
        folded = {name: wrapped(row[name], width) for name, width in deck.widths.items()}
        for k in range(max(map(len, folded.values()))):
            cells = []
            for name, lines in folded.items():
                cell = lines[k] if k < len(lines) else ""
                filled = padded(cell, deck.widths[name], right=name in self.right)
                painted = cell and (role or name in self.marked)
                shown = paint(role or cell, cell) if painted else cell
                cells.append(filled.replace(cell, shown, 1))
            yield (deck.indent + GAP.join(cells)).rstrip()

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
        return "\n\n".join(filter(None, (_escaped(printable(self.title)), table, notes)))

    def html(self) -> str:
        """A table for a notebook, everything escaped; without colours of its own it is read on light and on dark."""
        head = "".join(self._cell("th", name, name) for name in self.columns)
        rows = "".join(
            f"<tr>{''.join(map(partial(self._cell, 'td'), self.columns, map(_text, row)))}</tr>\n"
            for row in self.rows
        )
        title = f'<caption style="{_CAPTION}">{escape(printable(self.title))}</caption>\n'
        below = f"<pre>{escape(chr(10).join(self.below))}</pre>\n" if self.below else ""
        body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n"
        return f"<div><table>\n{title if self.title else ''}{body}</table>\n{below}</div>"

    def _cell(self, tag: str, column: str, text: str) -> str:
        side = "right" if column in self.right else "left"
        return f'<{tag} style="text-align: {side}; white-space: nowrap">{escape(text)}</{tag}>'


def room() -> int | None:
    """The columns of the terminal; None where nobody looks at one."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


_CAPTION = "caption-side: top; text-align: left; color: inherit; font-weight: bold"


def _least(cells: list[str], width: int) -> int:
    """How narrow prose may get."""
    longest = max(breadth(word) for cell in cells for word in cell.split(" "))
    return min(width, max(longest, NARROWEST))


def _dealt(deck: Deck, widths: dict[str, int], room: int) -> Deck:
    """The room of a deck dealt out: folded columns get what is left; a word that is wider than all of it is broken."""
    dealt = dict(deck.widths)
    left = room - deck.extent
    for name, width in dealt.items():
        more = min(left, widths[name] - width) if left > 0 else 0
        dealt[name] += more
        left -= more
    if left < 0:
        widest = max(dealt, key=lambda name: dealt[name])
        dealt[widest] = max(1, dealt[widest] + left)
    return Deck(deck.indent, dealt)


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
