"""Tuples, shared weights, rows of one name, and uses of blocks."""

from __future__ import annotations

from tests.networks import leaves
from tests.networks.filling import Block, Filling
from tests.networks.leaves import WINDOWS
from tests.networks.lists import Row, Rows
from tests.networks.shapes import (
    Shape,
    Size,
    Space,
    Value,
    fixed,
    joined,
    least,
    parted,
    renamed,
    somewhere,
    unknown,
)


class Uses(Filling):
    """Rows that depend on others."""

    def tuple(self, here: Rows, when: str = "") -> None:
        """A split, whose parts the next rows take."""
        draw, shape = here.draw, here.prev.shape
        parts = draw.pick([2, 4]) if shape.size.div % 4 == 0 else 2
        if shape.size.div % parts:
            return leaves.conv(here, when)
        name = here.name("h")
        part = Shape(shape.space, parted(shape.size, parts))
        values = tuple((str(k), Value(f"{name}.{k}", part)) for k in range(parts))
        here.put({"type": "split", "name": name, "parts": parts}, part, parts=values)
        if draw.chance(40):  # each part goes through a row of its own and joins the next
            done: list[Value] = [values[0][1]]
            for _, value in values[1:]:
                sources = [value]
                if len(done) > 1 and draw.chance(60):
                    sources = [here.prev, value]
                    here.put(leaves.label(here, {"type": "add"}, "j"), part, sources=sources)
                    sources = [here.prev]
                row: Row = {"type": "conv", "kernel": 3, "padding": "same"}
                row["filters"] = f"{value.ref}.channels"
                if not here.image:
                    row = {"type": "dense", "units": row["filters"]}
                companions_row = leaves.label(here, row, "c")
                leaves.companions(here, companions_row)
                done.append(here.put(companions_row, part, sources=sources))
            whole = Shape(shape.space, shape.size)
            here.put(leaves.label(here, {"type": "concat"}, "j"), whole, sources=done)

    def opposite(self, here: Rows, when: str = "") -> None:
        """Two rows of one name under opposite conditions."""
        if not here.image:
            return leaves.plain(here)
        flag, shape = leaves.condition(here), here.prev.shape
        if "prev." in flag:
            return leaves.plain(here)
        name = here.name("o")
        first = leaves.kernel_row(here, "prev.channels", kind="conv")
        second: Row = {"type": "depthwise", "kernel": 3, "padding": "same"}
        if here.draw.chance(50):
            second = {"type": "conv", "kernel": 1, "filters": "prev.channels"}
        here.put({"name": name, **first}, shape, when=flag)
        here.known.pop()
        here.put({"name": name, **second}, shape, when=f"not ({flag})")
        here.known.pop()
        here.prev.ref = ""
        leaves.plain(here)

    def shared(self, here: Rows, when: str = "") -> None:
        """A row with weights of its own that later rows may share, or one that shares them."""
        draw, entered = here.draw, here.prev.shape
        fitting = [s for s in here.shares() if s[2] == entered]
        if fitting and draw.chance(85):
            label, row, _, left = draw.pick(fitting)
            again = {**row, "name": here.name("z"), "shares": label}
            free = not {"repeat", "rows", "residual"} & set(row)
            if draw.chance(25) and left == entered and free:
                again["repeat"] = 2
                if "i" in here.names.counters:
                    again["as"] = draw.name("k")
            here.put(again, left, when=when)
            return
        if here.image:
            row = {"type": "conv", **draw.pick(WINDOWS), "filters": "prev.channels"}
        else:
            row = {"type": "dense", "units": "prev.channels"}
        if draw.chance(50):
            row |= {"norm": "batch_norm", "activation": "relu"}
        kind = draw.below(6)
        inner: Row = row
        if kind == 5:
            row = {"rows": [{**inner, "name": "u"}, {"type": "relu", "name": "v"}]}
        elif kind == 4:
            row = {"residual": [{**inner, "name": "u"}]}
        elif kind == 3:
            row = {"type": "batch_norm"}
        elif kind == 2 and "i" not in here.names.counters:
            row = {**row, "repeat": 2}
        made = {"name": here.name("y"), **row}
        here.put(dict(made), entered)
        here.shareable.append((made["name"], row, entered, entered))
        if draw.chance(60):
            leaves.plain(here)
            self.shared(here)

    def use(self, here: Rows, when: str = "") -> None:
        """A use of a block whose inputs fit, or can be made to."""
        draw = here.draw
        block = draw.pick(self.blocks[-4:])
        if not here.image:
            return leaves.conv(here, when)
        values = self._fitting(here, block)
        if values is None:
            return leaves.conv(here, when)
        row, arguments = self._arguments(here, block)
        shapes = [shape for _, shape in self._given(here, block, values, arguments)]
        chained = len(block.gives) == max(1, len(block.inputs)) and draw.chance(35)
        if when and len(shapes) > 1:
            when = ""
        if here.still and any(shape.space != here.prev.shape.space for shape in shapes):
            return leaves.conv(here, when)
        if when and joined(shapes[0], here.prev.shape, here.level) is None:
            when = ""
        row = {"type": block.name, "name": here.name("x"), **row}
        again = chained and self._repeats(block, values, shapes)
        if again:
            times, bound = draw.pick([(2, 2), (3, 3), (1, 1), (0, 0), *here.names.counts])
            row["repeat"] = times
            if "i" in here.names.counters:
                row["as"] = draw.name("k")
            if not bound and len(shapes) > 1:
                row["repeat"] = 2
                bound = 2
            if not bound:
                near = joined(shapes[0], values[0].shape, here.level)
                assert near is not None
                shapes = [near]
        parts: tuple[tuple[str, Value], ...] = ()
        if block.tuple:
            pairs = zip(block.gives, shapes, strict=True)
            parts = tuple((key, Value(f"{row['name']}.{key}", shape)) for (key, _), shape in pairs)
        sources = None if len(values) == 1 and values[0] is here.prev else values
        same = len(values) == 1 and sources is None and not again and not when
        entered = here.prev.shape
        here.put(row, shapes[0], sources=sources, when=when, parts=parts)
        if same and not parts and draw.chance(30) and ".height" not in str(row):
            again_row = {key: value for key, value in row.items() if key != "name"}
            here.shareable.append((row["name"], again_row, entered, shapes[0]))
            if shapes[0] == entered:
                self.shared(here)

    def _fitting(self, here: Rows, block: Block) -> list[Value] | None:
        """A value for each input of a block."""
        draw, above = here.draw, here.prev
        if above.shape.space is None or least(above.shape.space) < 3:
            return None
        first = block.takes[0]
        if first.size.div > 1 and above.shape.size.div % first.size.div:
            return None
        values = [above]
        for taken in block.takes[1:]:
            near = [v for v in here.visible() if v.ref and not v.parts]
            near = [v for v in near if v.shape.space == above.shape.space]
            if taken.size == first.size:
                near = [v for v in near if v.shape.size == above.shape.size]
            near = [v for v in near if v.shape.size.div % taken.size.div == 0]
            others = [v for v in near if v is not above] or near
            if not others:
                return None
            values.append(draw.pick(others[-5:]))
        if len(values) > 1 and values[0].shape == values[1].shape and draw.chance(40):
            values[:2] = values[1::-1]
        return values

    def _arguments(self, here: Rows, block: Block) -> tuple[Row, dict[str, Size]]:
        """The parameters of a use, as they are written, and the terms of those that are sizes."""
        draw, row, terms = here.draw, Row(), dict[str, Size]()
        for name, kind in block.params.items():
            if name in block.optional and draw.chance(40):
                terms[name] = fixed(8)
                continue
            if kind == "size":
                row[name], terms[name] = leaves.size(here)
            elif kind == "flag":
                row[name] = draw.pick([True, False, True, leaves.condition(here)])
            elif kind == "kernel":
                row[name] = draw.pick([1, 3, 5, *here.names.kernels])
            elif kind == "count":
                row[name] = draw.pick([1, 2, 0, *(text for text, _ in here.names.counts[:2])])
            elif kind == "act":
                row[name] = draw.pick(["relu", "swish", "none", "gelu", *here.names.acts])
            else:
                row[name] = draw.pick([0.1, 0.25, *here.names.rates])
        return row, terms

    def _given(
        self, here: Rows, block: Block, values: list[Value], arguments: dict[str, Size]
    ) -> list[tuple[str, Shape]]:
        """What a use gives, in the terms of its user."""
        spaces: dict[str, Space] = {"block": values[0].shape.space or somewhere(1, 0)}
        sizes = {t.size: v.shape.size for t, v in zip(block.takes, values, strict=True)}
        sizes |= {Size(name): size for name, size in arguments.items()}
        found: list[tuple[str, Shape]] = []
        for name, shape in block.gives:
            size = sizes.get(shape.size)
            if size is None:
                known = shape.size.number is not None
                size = shape.size if known else unknown(shape.size.div, here.level)
            space = shape.space and renamed(shape.space, spaces, here.level)
            found.append((name, Shape(space, size)))
        return found

    def _repeats(self, block: Block, values: list[Value], shapes: list[Shape]) -> bool:
        """Whether what a block gives may enter it again, turn after turn, and comes out alike."""
        takes = block.takes
        if any(v.shape.space != s.space for v, s in zip(values, shapes, strict=True)):
            return False
        if any(s.size.div % t.size.div for t, s in zip(takes, shapes, strict=True)):
            return False
        alike = len(takes) > 1 and takes[0].size == takes[1].size
        if alike and shapes[0] != shapes[1]:
            return False
        steady = all(s == v.shape for s, v in zip(shapes, values, strict=True))
        told = all(g.size not in [t.size for t in takes] for _, g in block.gives)
        return steady or (told and all(not s.size.text.startswith("?") for s in shapes))
