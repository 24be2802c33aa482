"""What is known of a value while a random spec is drawn: sizes as terms, so that two equal terms are equal sizes.

A size is a term and not a number since the rows of a block are drawn once and used in many places, and those of a
loop once for all turns. `level` is the loop in which a term holds; 0 is the file or the block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

Space = tuple[Any, ...]  # ("of", name, least, level), or a step from another space
FRESH = count(1)


@dataclass(frozen=True)
class Size:
    """Channels: a term, the loop in which it holds, and a number that divides it."""

    text: str
    level: int = 0
    div: int = field(default=1, compare=False)

    @property
    def number(self) -> int | None:
        return int(self.text) if self.text.isdigit() else None


@dataclass(frozen=True)
class Shape:
    """An image, or a vector where `space` is None."""

    space: Space | None
    size: Size


@dataclass(eq=False)
class Value:
    """A value that rows can take: its label, its shape, or its parts by name. `ref` is empty where it has no label."""

    ref: str
    shape: Shape
    parts: tuple[tuple[str, Value], ...] = ()


def fixed(number: int) -> Size:
    return Size(str(number), 0, number)


def unknown(div: int, level: int) -> Size:
    """A size of which only a divisor is known."""
    return Size(f"?{next(FRESH)}", level, div)


def somewhere(least: int, level: int) -> Space:
    """A height and width of which only a bound is known."""
    return ("of", f"?{next(FRESH)}", least, level)


def least(space: Space) -> int:
    """A height and width that a space has at least."""
    kind, *rest = space
    if kind == "of":
        return int(rest[1])
    inner = least(rest[0])
    steps = {"half": -(-inner // 2), "floor": inner // 2, "up": 2 * inner}
    return steps[kind] if kind in steps else inner - int(rest[1])


def level_of(space: Space) -> int:
    return int(space[3]) if space[0] == "of" else level_of(space[1])


def renamed(space: Space, names: dict[str, Space], level: int) -> Space:
    """A space of a block in its caller's terms; what only the block knows is unknown."""
    if space[0] == "of":
        return names.get(space[1]) or somewhere(space[2], level)
    return (space[0], renamed(space[1], names, level), *space[2:])


def summed(sizes: list[Size]) -> Size:
    """The channels of values one after another."""
    div = min(size.div for size in sizes)
    while any(size.div % div for size in sizes):
        div -= 1
    if all(size.number is not None for size in sizes):
        return fixed(sum(size.number or 0 for size in sizes))
    return Size(" + ".join(s.text for s in sizes), max(s.level for s in sizes), div)


def parted(size: Size, parts: int) -> Size:
    if size.number is not None:
        return fixed(size.number // parts)
    return Size(f"({size.text}) / {parts}", size.level, max(1, size.div // parts))


def joined(a: Shape, b: Shape, level: int) -> Shape | None:
    """What is known of a value that is one of two; None for an image or a vector."""
    if (a.space is None) != (b.space is None):
        return None
    size = a.size
    if a.size != b.size:
        div = next(d for d in (4, 2, 1) if a.size.div % d == 0 and b.size.div % d == 0)
        size = unknown(div, level)
    space = a.space
    if a.space is not None and b.space is not None and a.space != b.space:
        space = somewhere(min(least(a.space), least(b.space)), level)
    return Shape(space, size)


def outside(shape: Shape, levels: tuple[int, ...]) -> Shape:
    """A shape as it is known where the loops `levels` stand."""
    size, space = shape.size, shape.space
    if size.level not in levels:
        size = unknown(size.div, levels[-1])
    if space is not None and level_of(space) not in levels:
        space = somewhere(least(space), levels[-1])
    return Shape(space, size)
