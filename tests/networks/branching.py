"""Groups, residuals and branches."""

from __future__ import annotations

from tests.networks import leaves
from tests.networks.filling import Filling
from tests.networks.lists import Row, Rows
from tests.networks.shapes import (
    Shape,
    Value,
    fixed,
    joined,
    least,
    parted,
    summed,
)


class Branching(Filling):
    """Rows that hold lists which all take what enters."""

    def group(self, here: Rows, when: str = "") -> None:
        draw = here.draw
        inner = here.inner(certain=not when)
        sources = None
        named = draw.chance(60)
        near = [v for v in here.visible() if v is not here.prev and not v.parts]
        if near and here.prev.ref and draw.chance(20) and not when:
            chosen = draw.pick(near[-5:])
            sources = [chosen]
            inner = here.inner(input=Value("", chosen.shape))
        if when and here.image:
            inner.still = True
        self.fill(inner, draw.pick([1, 2, 2, 3]))
        ends = draw.chance(10) and not when and inner.prev.shape.size.div % 2 == 0
        self.finish(inner)
        row: Row = {"rows": inner.rows}
        if named:
            row = {"name": here.name("g"), **row}
        parts: tuple[tuple[str, Value], ...] = ()
        if ends and named and inner.prev.shape.size.div % 2 == 0:
            half = Shape(inner.prev.shape.space, parted(inner.prev.shape.size, 2))
            inner.rows.append({"type": "split", "name": here.name("h"), "parts": 2})
            parts = tuple((str(k), Value(f"{row['name']}.{k}", half)) for k in range(2))
        if when and joined(inner.prev.shape, here.prev.shape, here.level) is None:
            when = ""
        self._nest(here, row, inner, sources, when, parts)

    def _nest(
        self,
        here: Rows,
        row: Row,
        inner: Rows,
        sources: list[Value] | None = None,
        when: str = "",
        parts: tuple[tuple[str, Value], ...] = (),
    ) -> None:
        here.put(row, inner.prev.shape, sources=sources, when=when, parts=parts)
        if not when:
            here.export(inner, row.get("name", ""))

    def residual(self, here: Rows, when: str = "") -> None:
        draw, entered = here.draw, here.prev.shape
        named = draw.chance(65) or bool(here.suffix)
        name = here.name("r") if named else ""
        main = here.inner(certain=not when, still=True)
        self.fill(main, draw.pick([1, 1, 2, 3]))
        shortcut = None
        kind = draw.below(4)
        if kind < 2:
            self.finish(main, ("input.channels", entered))
        else:
            filters, size = leaves.size(here)
            if "prev" in str(filters):
                filters, size = 8, fixed(8)
            target = Shape(entered.space, size)
            step = self._strided(here, main) if kind == 3 else 1
            self.finish(main)
            row = leaves.kernel_row(main, filters, kind="conv")
            if step == 2:
                row |= {"kernel": 3, "padding": "same", "stride": 2, "dilation": 1}
                del row["dilation"]
                target = Shape(("half", entered.space), size)
            main.put(leaves.label(main, row, "c"), target)
            short = here.inner(certain=not when, still=True)
            row = {"type": "conv", "kernel": 1, "stride": step, "filters": filters}
            if not here.image:
                row = {"type": "dense", "units": filters}
            if step == 1 and draw.chance(50):
                row["when"] = f"input.channels != {filters}"
            if draw.chance(25) and step == 1:
                leaves.plain(short)
            short.put(leaves.label(short, row, "q"), target)
            short.unused.clear()
            shortcut = short
            main.prev = Value("", target)
        row = {"residual": main.rows}
        if shortcut is not None:
            row["shortcut"] = shortcut.rows
        elif draw.chance(10) and here.image:
            row["shortcut"] = [{"type": "relu6", "name": here.name("p")}]
        if named:
            row = {"name": name, **row}
        self._nest(here, row, main, None, when)
        if shortcut is not None and not when:
            here.export(shortcut, f"{name}.shortcut" if named else "shortcut")

    def _strided(self, here: Rows, main: Rows) -> int:
        space = here.prev.shape.space
        return 2 if space is not None and not here.still and least(space) >= 4 else 1

    def branches(self, here: Rows, when: str = "") -> None:
        draw, entered = here.draw, here.prev.shape
        if when:
            return self.residual(here, when)
        merge = draw.pick(["concat", "concat", "add", "maximum", "average", "multiply", None])
        number = draw.pick([2, 2, 3])
        name = here.name("b")
        filters, size = leaves.size(here)
        if "prev" in str(filters):
            filters, size = 4, fixed(4)
        arms: dict[str, Rows] = {}
        for _ in range(number):
            arm = here.inner(still=here.still or merge is not None)
            if draw.chance(12) and merge in ("concat", None):
                arm.unused.clear()
            else:
                self.fill(arm, draw.pick([1, 1, 2]))
                wanted = (filters, Shape(entered.space, size))
                self.finish(arm, None if merge in ("concat", None) else wanted)
            arms[here.draw.name("a")] = arm
        shapes = [arm.prev.shape for arm in arms.values()]
        row: Row = {"name": name, "parallel": {key: arm.rows for key, arm in arms.items()}}
        parts: tuple[tuple[str, Value], ...] = ()
        shape = shapes[0]
        if merge is None:
            pairs = zip(arms, shapes, strict=True)
            parts = tuple((key, Value(f"{name}.{key}", shape)) for key, shape in pairs)
        elif merge == "concat":
            shape = Shape(entered.space, summed([shape.size for shape in shapes]))
            row["merge"] = "concat"
            alike = all(one == shapes[0] for one in shapes)
            if alike and entered.space and not here.still and draw.chance(50):
                row["merge"] = {"type": "concat", "axis": draw.pick(["height", "width"])}
                space = ("of", draw.name("axis"), least(entered.space), here.level)
                shape = Shape(space, shapes[0].size)
        else:
            row["merge"] = draw.pick([merge, {"type": merge}])
        if draw.chance(20) and parts == () and not here.names.counters and shape == entered:
            row["repeat"] = 2
        here.put(row, shape, parts=parts)
        for key, arm in arms.items():
            if "repeat" not in row:
                here.export(arm, f"{name}.{key}")
