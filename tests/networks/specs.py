"""Random specs over the whole language, most of them valid: `spec(random.Random(seed))`."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import Any

from tests.networks import leaves
from tests.networks.filling import Block
from tests.networks.lists import Draw, Names, Row, Rows
from tests.networks.nests import Nests
from tests.networks.shapes import Shape, Size, Value, fixed, unknown

WORDS = ["relu", "swish", "gelu", "none"]


def spec(source: random.Random) -> Row:
    """A spec as data."""
    return _Spec(Draw(source)).drawn()


class _Spec:
    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.variables: Row = {
            "base": draw.pick([4, {"value": 8, "min": 4, "max": 16, "doc": "filters"}]),
            "depth": draw.pick([2, 1, 3]),
            "wide": draw.chance(50),
            "deep": draw.chance(50),
            "act": {"value": draw.pick(WORDS), "one_of": WORDS},
            "top": draw.pick([{"value": "logits", "one_of": ["logits", "none"]}, "logits"]),
            "widths": [draw.pick(leaves.NUMBERS) for _ in range(3)],
            "depths": [draw.pick([1, 2, 0]) for _ in range(3)],
            "lines": [[draw.pick(leaves.NUMBERS), draw.pick([1, 2])] for _ in range(2)],
            "rate": 0.2,
            "classes": 5,
            "factor": 1.5,
        }
        self.lets: Row = {
            "twice": "2 * base",
            "ch(c)": "make_divisible(c * factor, 4)",
            "more(c)": "c + twice",
            "choose(a, b)": "a if wide else b",
            "small": "base < 8 and not deep",
            "k": "3 if deep else 1",
        }
        self.blocks: list[Block] = []
        self.texts: Row = {}

    def names(self) -> Names:
        """What every expression of the file can say."""
        values = self.variables
        width = values["base"] if isinstance(values["base"], int) else 8
        wide, widths, depth = values["wide"], values["widths"], values["depth"]
        numbers = {
            "base": width,
            "2 * base": 2 * width,
            "twice": 2 * width,
            "ch(8)": 12,
            "more(4)": 4 + 2 * width,
            "choose(4, 8)": 4 if wide else 8,
            "widths[1]": widths[1],
            "widths[-1]": widths[-1],
            "4 if wide else 8": 4 if wide else 8,
            "int(8 * factor)": 12,
            "max(4, base)": width,
            "min(widths)": min(widths),
            "make_divisible(9, 4)": 12,
            "4 * len(depths)": 12,
            "round(8.2)": 8,
            "abs(-8)": 8,
            "2 ** 3": 8,
            "floor(8.9)": 8,
            "ceil(7.5)": 8,
            "24 // 3": 8,
            "4 * log(4, 2)": 8,
            "8 + 12 % 8": 12,
        }
        depths = values["depths"]
        return Names(
            sizes=[(text, fixed(number)) for text, number in numbers.items()],
            conditions=[
                *("wide", "deep", "small", "base > 4", "act == relu", "top != none"),
                *("not wide", "4 in widths", "depth not in depths", "1 < depth <= 3"),
            ],
            counts=[
                *(("depth", depth), ("depths[0]", depths[0]), ("depth - 1", depth - 1)),
                ("1 + len(lines)", 3),
            ],
            kernels=["k", "3 if wide else 5"],
            acts=["act", "relu if deep else none"],
            rates=["rate", "rate / 2", "rate * depth / 4"],
        )

    def drawn(self) -> Row:
        draw = self.draw
        for _ in range(draw.pick([1, 2, 0, 3])):
            self._block()
        inputs, here = self._inputs()
        nests = Nests(self.blocks)
        nests.fill(here, draw.pick([2, 3, 4, 5]))
        outputs = self._end(nests, here)
        made: Row = {"archspec": 1, "name": "random", "vars": self.variables, "let": self.lets}
        if defaults := self._defaults():
            made["defaults"] = defaults
        made |= inputs
        if self.texts:
            made["blocks"] = self.texts
        made["rows"] = here.rows
        if outputs:
            made["outputs"] = outputs
        if '"separable"' in json.dumps(here.rows):
            made["use"] = "separable"
        return trimmed(unlabelled(made, draw))

    def _defaults(self) -> Row:
        draw = self.draw
        choices: list[Row] = [
            {},
            {"conv": {"init": "he_normal"}},
            {"conv": {"norm": "batch_norm", "activation": "act"}, "depthwise": {"bias": False}},
            {"conv": {"bias": False}, "batch_norm": {"epsilon": 1e-5, "decay": 0.9}},
            {"dense": {"init": {"type": "normal", "std": 0.02}}, "layer_norm": {"epsilon": 1e-6}},
            {"conv": {"activation": {"type": "leaky_relu", "slope": "rate"}}},
        ]
        return dict(draw.pick(choices))

    def _inputs(self) -> tuple[Row, Rows]:
        draw, names = self.draw, self.names()
        kind = draw.weighted([(12, "one"), (4, "two"), (1, "vector"), (1, "three")])
        height, width = draw.pick([(8, 8), (11, 8), (9, 12)])
        space = ("of", "image", min(height, width), 0)
        channels = draw.pick([4, 8, 3])
        shape = Shape(space, fixed(channels))
        if kind == "vector":
            return {"input": [16]}, _top(draw, names, Value("", Shape(None, fixed(16))))
        if kind == "one":
            return {"input": [height, width, channels]}, _top(draw, names, Value("", shape))
        labels = ["left", "right", "hint"][: 2 if kind == "two" else 3]
        sizes = [channels, draw.pick([channels, 4]), 4]
        shapes = [Shape(space, fixed(c)) for c in sizes[: len(labels)]]
        parts = tuple((n, Value(n, s)) for n, s in zip(labels, shapes, strict=True))
        inputs = {n: [height, width, s.size.number] for n, s in zip(labels, shapes, strict=True)}
        return {"inputs": inputs}, _top(draw, names, Value("", shapes[0], parts))

    def _end(self, nests: Nests, here: Rows) -> Row | list[str]:
        """The last rows, and the outputs if they are not the last value."""
        draw = self.draw
        nests.finish(here)
        taps = [v for v in here.visible() if v.ref and not v.parts and v.ref not in _ports(here)]
        body = here.prev
        if draw.chance(70):
            pool = {"type": draw.pick(["global_avg_pool", "global_max_pool"]), "name": "pool"}
            if here.image and draw.chance(20) and body.shape.size.number:
                order = draw.pick(["hwc", "chw"])
                pool = {"type": "flatten", "name": "flat", "order": order}
            if here.image:
                here.put(pool, Shape(None, unknown(1, 0)))
            row: Row = {"type": "dense", "name": "classifier", "units": "classes"}
            here.put(row, Shape(None, fixed(5)), when=draw.pick(["", "", "top == logits"]))
            if draw.chance(20):
                here.put({"type": "softmax", "name": "probabilities"}, here.prev.shape)
        if not draw.chance(35) or not taps or not here.prev.ref:
            return {}
        chosen = [draw.pick(taps) for _ in range(draw.pick([1, 2]))]
        if draw.chance(20):
            return list(
                dict.fromkeys([here.prev.ref, *(v.ref for v in chosen if "." not in v.ref)])
            )
        found: Row = {"logits": here.prev.ref}
        for number, value in enumerate(chosen):
            found[f"tap{number}"] = value.ref
            if draw.chance(25):
                found[f"tap{number}"] = {"from": value.ref, "when": draw.pick(["deep", "not deep"])}
        return found

    def _block(self) -> None:
        """A block, drawn once for all of its uses."""
        draw = self.draw
        name, nests = draw.name("block"), Nests(list(self.blocks))
        params, optional, text = self._params()
        names = self.names()
        if "base" in params:  # it hides the variable
            names.sizes = [pair for pair in names.sizes if "base" not in pair[0]]
            names.conditions.remove("base > 4")
        names = names.more(
            sizes=[(n, Size(n, 0, 4)) for n, k in params.items() if k == "size"] * 6
            + [(f"2 * {n}", Size(f"2 * {n}", 0, 8)) for n, k in params.items() if k == "size"] * 2,
            flags=[n for n, k in params.items() if k == "flag"]
            + [f"{n} > 1" for n, k in params.items() if k in ("kernel", "count")]
            + [f"{n} == relu" for n, k in params.items() if k == "act"]
            + [f"{n} != 8" for n, k in params.items() if k == "size"],
            counts=[(n, 0) for n, k in params.items() if k == "count"],
            kernels=[n for n, k in params.items() if k == "kernel"],
            acts=[n for n, k in params.items() if k == "act"],
            rates=[n for n, k in params.items() if k == "rate"],
        )
        lets: Row = {}
        if draw.chance(30) and "size" in params.values():
            first = next(n for n, k in params.items() if k == "size")
            local, function = draw.name("m"), draw.name("f")
            lets = {local: f"{first} + 4", f"{function}(a)": f"a + {local}"}
            names.sizes += [
                (local, Size(local, 0, 4)),
                (f"{function}(4)", Size(function, 0, 4)),
            ] * 2
        entered = self._ports(name)
        here = _top(draw, names, entered, block=bool(entered.parts))
        here.still = draw.chance(60)
        nests.fill(here, draw.pick([1, 2, 3, 3]))
        gives, outputs = self._gives(nests, here)
        made: Row = {}
        if text:
            made["params"] = text
        if lets:
            made["let"] = lets
        if entered.parts:
            made["inputs"] = [key for key, _ in entered.parts]
        made["rows"] = here.rows
        if outputs:
            made["outputs"] = outputs
        self.texts[name] = made
        takes = [v.shape for _, v in entered.parts] or [entered.shape]
        ports = [key for key, _ in entered.parts]
        self.blocks.append(Block(name, params, optional, ports, takes, gives, len(gives) > 1))

    def _params(self) -> tuple[dict[str, str], set[str], Row]:
        draw = self.draw
        kinds = [("n", "size"), ("flag", "flag"), ("k0", "kernel"), ("d", "count")]
        kinds += [("a", "act"), ("p", "rate"), ("flag2", "flag"), ("base", "size")]
        shares = [70, 60, 25, 20, 20, 10, 20, 10]
        params = {n: k for (n, k), p in zip(kinds, shares, strict=True) if draw.chance(p)}
        literals = {"size": 8, "flag": False, "kernel": 3, "count": 1, "act": "relu", "rate": 0.1}
        text: Row = {}
        optional: set[str] = set()
        for name, kind in params.items():
            text[name] = None
            if draw.chance(50):
                text[name] = literals[kind]
                optional.add(name)
        return params, optional, text

    def _ports(self, name: str) -> Value:
        """What enters a block."""
        draw = self.draw
        div = draw.pick([4, 1])
        space = ("of", "block", 3, 0)
        if draw.chance(55):
            return Value("", Shape(space, Size("input.channels", 0, div)))
        first = Shape(space, Size("x.channels", 0, div))
        other = first if draw.chance(60) else Shape(space, Size("y.channels", 0, div))
        return Value("", first, (("x", Value("x", first)), ("y", Value("y", other))))

    def _gives(self, nests: Nests, here: Rows) -> tuple[list[tuple[str, Shape]], Any]:
        """What comes out of a block, and how `outputs` says so."""
        draw = self.draw
        if not draw.chance(40):
            nests.finish(here)
            return [("", here.prev.shape)], None
        nests.single(here)
        last = here.prev
        found = [v for v in here.unused if v is not last and v.ref and "." not in v.ref]
        near = [v for v in here.known if v.ref and not v.parts and v is not last]
        near = [v for v in near if v.shape.space == last.shape.space]
        if not near or not last.ref:
            nests.finish(here)
            return [("", here.prev.shape)], None
        second = draw.pick([v for v in found if v in near] or near[-4:])
        if second in here.unused:
            here.unused.remove(second)
        nests.finish(here)
        last = here.prev
        if not last.ref or last.ref == second.ref:
            return [("", last.shape)], None
        both = [last, second] if draw.chance(70) else [second, last]
        if all("." not in v.ref for v in both) and draw.chance(50):
            return [(v.ref, v.shape) for v in both], [v.ref for v in both]
        keys = [draw.name("out") for _ in both]
        pairs = list(zip(keys, both, strict=True))
        return [(k, v.shape) for k, v in pairs], {k: v.ref for k, v in pairs}


def _top(draw: Draw, names: Names, entered: Value, *, block: bool = True) -> Rows:
    return Rows(draw, names, entered, block=block)


def _ports(here: Rows) -> list[str]:
    return [name for name, _ in here.input.parts]


def unlabelled(made: Row, draw: Draw) -> Row:
    """Some rows that nobody refers to lose their names."""
    times = Counter(_words(made))

    def visit(rows: list[Row], outer: bool) -> None:
        for row in rows:
            name, table = row.get("name", ""), row.get("table")
            for inside in (row.get("rows"), row.get("residual"), row.get("shortcut")):
                visit(inside or [], outer)
            for branch in row.get("parallel", {}).values():
                visit(branch, outer)
            if table:
                visit(table["each"], outer and bool(name))
            if times[name] == 1 and outer and "type" in row and draw.chance(8):
                del row["name"]

    visit(made["rows"], True)
    for block in made.get("blocks", {}).values():
        visit(block["rows"], True)
    return made


def trimmed(made: Row) -> Row:
    """Without the variables, names and blocks that nothing needs."""
    parts = ("blocks", "let", "vars")
    reached = set(_words({key: value for key, value in made.items() if key not in parts}))
    known = {
        (part, key): set(_words({key: made[part][key]}))
        for part in parts
        for key in made.get(part, {})
    }
    wanted: set[tuple[str, str]] = set()
    while new := {k for k in known if re.split(r"\W", k[1])[0] in reached} - wanted:
        wanted |= new
        reached |= set().union(*(known[key] for key in new))
    for part in parts:
        kept = {key: value for key, value in made.get(part, {}).items() if (part, key) in wanted}
        if kept:
            made[part] = kept
        else:
            made.pop(part, None)
    return made


def _words(value: Any) -> list[str]:
    return re.findall(r"\w+", json.dumps(value))
