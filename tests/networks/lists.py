"""A list of rows while it is drawn: which values there are, and which of them nobody has taken yet."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.networks.shapes import Shape, Size, Value, joined, outside

Row = dict[str, Any]


class Draw:
    """Choices, made by a `Random` that Hypothesis can be behind; the first choice is the simplest."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.count = 0

    def below(self, number: int) -> int:
        return self.source.randrange(number)

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def pick(self, choices: Any) -> Any:
        return choices[self.below(len(choices))]

    def weighted(self, choices: list[tuple[int, Any]]) -> Any:
        number = self.below(sum(weight for weight, _ in choices))
        for weight, choice in choices:
            number -= weight
            if number < 0:
                return choice
        raise AssertionError("the weights are those that were summed")

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"


@dataclass
class Names:
    """What expressions can say here: sizes with their terms, conditions, counts with a bound, and words.

    `flags` are conditions that this place decides: parameters, columns, counters. `turn` is the counter of a loop.
    """

    sizes: list[tuple[str, Size]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)
    kernels: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    rates: list[str] = field(default_factory=list)
    counters: tuple[str, ...] = ()

    def more(self, **others: Any) -> Names:
        """These names and some more."""
        return Names(**{key: own + others.get(key, type(own)()) for key, own in vars(self).items()})


@dataclass(eq=False)
class Rows:
    """A list of rows. `certain`: whether it is unfolded at least once whatever the values. `levels` are the loops
    around it, `still` whether height and width must stay, `unnamed` whether labels in it stand outside as they are."""

    draw: Draw
    names: Names
    input: Value
    levels: tuple[int, ...] = (0,)
    outer: Rows | None = None
    certain: bool = True
    still: bool = False
    depth: int = 0
    block: bool = False
    rows: list[Row] = field(default_factory=list)
    known: list[Value] = field(default_factory=list)
    unused: list[Value] = field(default_factory=list)
    shareable: list[tuple[str, Row, Shape, Shape]] = field(default_factory=list)
    suffix: str = ""
    prev: Value = field(init=False)

    def __post_init__(self) -> None:
        self.prev = self.input
        self.unused += [value for _, value in self.input.parts] or [self.input]
        if self.block:
            self.known += [value for _, value in self.input.parts]

    @property
    def level(self) -> int:
        return self.levels[-1]

    @property
    def image(self) -> bool:
        return self.prev.shape.space is not None

    def visible(self) -> list[Value]:
        """Every value with a label that rows here can name."""
        here = [value for value in self.known if value.ref]
        return here + (self.outer.visible() if self.outer else [])

    def shares(self) -> list[tuple[str, Row, Shape, Shape]]:
        return self.shareable + (self.outer.shares() if self.outer else [])

    def name(self, stem: str) -> str:
        """A new label. In a table without a name it holds the number of the line."""
        return self.draw.name(stem) + self.suffix

    def text(self, value: Value) -> str:
        """How a row here names a value."""
        if value is self.input and not value.ref:
            return "input"
        if value is self.prev and (not value.ref or self.draw.chance(60)):
            return "prev"
        return value.ref

    def take(self, value: Value, certain: bool = True) -> None:
        """Count a value, or the parts of one, as used."""
        for part in [part for _, part in value.parts] or [value]:
            here: Rows | None = self
            sure = certain
            while here is not None:
                if part in here.unused and sure:
                    here.unused.remove(part)
                sure = sure and here.certain
                here = here.outer

    def put(
        self,
        row: Row,
        shape: Shape,
        *,
        sources: list[Value] | None = None,
        when: str = "",
        parts: tuple[tuple[str, Value], ...] = (),
        at_most: str = "",
    ) -> Value:
        """A row at the end of the list, and its value. With `when` the value may be that of the row above."""
        above = self.prev
        if sources is None:
            self.take(above)
        else:
            labels = [self.text(value) for value in sources]
            row["from"] = labels[0] if len(labels) == 1 else labels
            for value in sources:
                self.take(value, not when or value is above)
        if when:
            row["when"] = when
            both = joined(shape, above.shape, self.level)
            assert both is not None, "an image and a vector"
            shape = both
        value = Value(row.get("name", ""), shape, parts)
        self.rows.append(row)
        self.prev = value
        self.unused += [part for _, part in parts] or [value]
        self.known.append(value)
        return value

    def inner(self, **changed: Any) -> Rows:
        """A list within this one, entered by the value above."""
        given: dict[str, Any] = {
            "draw": self.draw,
            "names": self.names,
            "input": Value("", self.prev.shape),
            "levels": self.levels,
            "outer": self,
            "still": self.still,
            "depth": self.depth + 1,
            "suffix": self.suffix,
        }
        return Rows(**(given | changed))

    def export(self, inside: Rows, prefix: str) -> None:
        """Values of a list within this one, which rows here can name by a path."""
        for value in inside.known:
            if value.ref and not value.parts and value not in (v for _, v in inside.input.parts):
                path = f"{prefix}.{value.ref}" if prefix else value.ref
                self.known.append(Value(path, outside(value.shape, self.levels)))
        for label, row, entered, left in inside.shareable:
            if entered.size.level in self.levels and left.size.level in self.levels and prefix:
                self.shareable.append((f"{prefix}.{label}", row, entered, left))
