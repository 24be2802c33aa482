"""Repeats and tables."""

from __future__ import annotations

from typing import Any

from tests.networks import leaves
from tests.networks.filling import Filling
from tests.networks.leaves import NUMBERS
from tests.networks.lists import Names, Row, Rows
from tests.networks.shapes import (
    FRESH,
    Shape,
    Size,
    Value,
    fixed,
    least,
    unknown,
)


class Loops(Filling):
    """Rows that are unfolded turn by turn."""

    def _body(self, here: Rows, names: Names, certain: bool, suffix: str = "") -> Rows:
        """The rows of a turn: they end in the shape that entered, or the channels are carried."""
        draw, entered = here.draw, here.prev.shape
        level = next(FRESH)
        steady = draw.chance(60)
        shape = entered
        if not steady:
            shape = Shape(entered.space, unknown(4 if entered.size.div % 4 == 0 else 1, level))
        inner = here.inner(
            input=Value("", shape),
            levels=(*here.levels, level),
            names=names,
            certain=certain,
            still=True,
            suffix=suffix or here.suffix,
        )
        self.fill(inner, draw.pick([1, 2, 2, 3]))
        if steady:
            self.finish(inner, ("input.channels", entered))
        else:
            self.finish(inner)
            if inner.prev.shape.size.div % shape.size.div:
                row = leaves.kernel_row(inner, 8)
                inner.put(leaves.label(inner, row, "c"), Shape(shape.space, fixed(8)))
        return inner

    def _left(self, here: Rows, inner: Rows, bound: int) -> Shape:
        """What is known after a loop."""
        entered = here.prev.shape
        if inner.prev.shape == entered:
            return entered
        div = 4 if inner.prev.shape.size.div % 4 == 0 else 1
        if entered.size.div % 4 and not bound:
            div = 1
        return Shape(entered.space, unknown(div, here.level))

    def repeat(self, here: Rows, when: str = "") -> None:
        draw = here.draw
        times, bound = draw.pick([(2, 2), (3, 3), (1, 1), (0, 0), *here.names.counts])
        counter = draw.name("k") if "i" in here.names.counters or draw.chance(20) else "i"
        names = here.names.more(
            sizes=[(f"4 * ({counter} + 1)", Size(f"4*{counter}", next(FRESH), 4))] * 2,
            conditions=[f"{counter} > 0"],
            flags=[f"{counter} > 0", f"{counter} == 0", f"{counter} % 2 == 1"],
            counts=[(counter, 0), (f"{counter} + 1", 1)],
            counters=(counter,),
        )
        inner = self._body(here, names, bound > 0 and not when)
        row: Row = {"name": here.name("l"), "repeat": times, "rows": inner.rows}
        if counter != "i":
            row["as"] = counter
        here.put(row, self._left(here, inner, bound), when=when)
        if bound and not when:
            here.export(inner, f"{row['name']}.0")
            if isinstance(times, int) and times > 1:
                here.export(inner, f"{row['name']}.{times - 1}")

    def table(self, here: Rows, when: str = "") -> None:
        draw = here.draw
        lines, names, table = self._table(here)
        named = draw.chance(75) or bool(when) or "row" in here.names.counters
        suffix = "" if named else "_{row}"
        if "row" in here.names.counters:
            return self.repeat(here, when)
        inner = self._body(here, names, not when, suffix)
        table["each"] = inner.rows
        row: Row = {"table": table}
        if named:
            row = {"name": here.name("w"), **row}
        here.put(row, self._left(here, inner, 1), when=when)
        if named and not when:
            for k in {0, lines - 1}:
                here.export(inner, f"{row['name']}.{k}")

    def _table(self, here: Rows) -> tuple[int, Names, Row]:
        """Columns, the names that they are, and how many lines there are."""
        draw = here.draw
        kind = draw.below(4)
        c, n, s = (draw.name(x) for x in ("c", "n", "s"))
        table: Row
        if kind == 1:
            table = {"columns": {c: "widths", n: "depths"}}
            lines, s = 3, ""
        elif kind == 2:
            table = {"columns": [c, n], "rows": "lines"}
            lines, s = 2, ""
        else:
            lines = draw.pick([2, 3, 1])
            cells = [
                [draw.pick(NUMBERS), draw.pick([1, 0, 2]), draw.chance(50)] for _ in range(lines)
            ]
            if kind == 3:
                columns = zip(*cells, strict=True)
                table = {"columns": dict(zip((c, n, s), map(list, columns), strict=True))}
            else:
                table = {"columns": [c, n, s], "rows": cells}
        level = next(FRESH)
        sizes = [(c, Size(c, level, 4)), (f"2 * {c}", Size(f"2*{c}", level, 8))]
        sizes.append((f"4 + 4 * before({n})", Size(f"b{n}", level, 4)))
        sizes.append((f"4 + 4 * total({n})", Size(f"t{n}", level, 4)))
        flags = ["row > 0", "row == 0", f"{c} > 4", f"{n} > 1", *([s] * 3 if s else [])]
        if draw.chance(40):
            last, wide = draw.name("last"), draw.name("v")
            table["let"] = {last: f"row == {lines - 1}", wide: f"{c} + 4"}
            flags += [last, f"not {last}"]
            sizes.append((wide, Size(wide, level, 4)))
        counts = [(n, 0), ("row", 0), ("row + 1", 1)]
        names = here.names.more(sizes=sizes * 2, flags=flags, counts=counts, counters=("row",))
        return lines, names, table

    def pyramid(self, here: Rows, when: str = "") -> None:
        """Turns that give values, and turns that take them from the last to the first."""
        draw, entered = here.draw, here.prev.shape
        if not here.image or (entered.size.number is None and here.depth):
            return self.repeat(here, when)
        if {"i", "row"} & set(here.names.counters):
            return leaves.conv(here, when)
        down, up, tap, times = here.name("u"), here.name("u"), here.draw.name("p"), 2
        text: Any = times
        rows: list[Row] = [{"type": "conv", "kernel": 3, "padding": "same", "filters": 8}]
        rows[0] |= {"name": tap}
        strided = not here.still and least(entered.space or ()) >= 6 and draw.chance(60)
        if strided:
            rows.append({"type": "max_pool", "name": draw.name("d"), "kernel": 2})
        else:
            rows.append({"type": "relu", "name": draw.name("p")})
        here.put({"name": down, "repeat": text, "rows": rows}, Shape(entered.space, fixed(8)))
        other = f"{down}.{{{times} - 1 - i}}.{tap}"
        kind = draw.pick(["concat", "add"])
        if strided:
            rows = [{"type": "global_avg_pool", "name": draw.name("g"), "from": other}]
            rows.append({"type": "dense", "name": draw.name("e"), "units": "input.channels"})
            rows.append({"type": "multiply", "name": draw.name("x"), "from": ["input", "prev"]})
            left = Shape(("floor", ("floor", entered.space)), fixed(8))
        else:
            rows = [{"type": kind, "name": draw.name("j"), "from": ["prev", other]}]
            rows.append(
                {
                    "type": "conv",
                    "name": draw.name("c"),
                    "kernel": 1,
                    "filters": 8,
                    "when": "i == 0",
                }
                if kind == "add"
                else {"type": "conv", "name": draw.name("c"), "kernel": 1, "filters": 8}
            )
            left = Shape(entered.space, fixed(8))
        here.prev.shape = Shape(left.space, fixed(8))
        here.put({"name": up, "repeat": times, "rows": rows}, left)
