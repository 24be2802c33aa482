"""What the object of a class holds: layers at their paths, conditions and values that `forward` reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from archspec.graph.expr import Expr, Lit, Sym
from archspec.graph.symbols import PrintedName
from archspec.lowering.plan import Target
from archspec.printing.draft.flow import leaps
from archspec.printing.draft.items import (
    ChainItem,
    Definition,
    EitherItem,
    InlineItem,
    Item,
    LoopItem,
    SplitItem,
    StepItem,
    calls_only,
    flat,
    is_layer,
    items,
    takes_several,
)
from archspec.printing.emit.display import Display
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import Keyed, Let, Member, Node
from archspec_torch.reserved import RESERVED


class Members:
    """The members of one class. `chain`: its layers are called in order, so that it needs no conditions."""

    def __init__(
        self,
        definition: Definition,
        targets: Mapping[str, Target],
        display: Display,
        *,
        chain: bool,
    ) -> None:
        self.targets, self.display, self.chain = targets, display, chain
        self.flags: dict[Expr, str] = {}
        self.stored: dict[Expr, str] = {}
        # containers whose layers are called one by one, by path
        self.containers: dict[tuple[str, ...], Keyed] = {}
        self.names = Namer(RESERVED)
        for item in items(definition.body):
            self.names.taken |= {item.name, getattr(item, "level", "")}
        self.paths = dict(_paths(definition.body, ()))
        layers = (i for i in flat(definition.body) if is_layer(i) and not i.again)
        self.counts = Counter(self.paths[id(i)] for i in layers)
        self.leaps = leaps(definition.body, definition.entry)
        self.declared: set[int] = set()  # items that several statements make, under their condition

    def alternative(self, item: Item) -> bool:
        """Whether an identity cannot stand for a row that is dropped: another row of this class has its name, it takes
        another value than the one that is passed on or several, or several statements make it."""
        twice = self.counts[self.paths[id(item)]] > 1
        leaps = not self.chain and id(item) in self.leaps
        several = item.when is not None and takes_several(item)
        return twice or leaps or several or id(item) in self.declared

    def flag(self, item: Item) -> list[Node]:
        """The member that holds a condition for `forward`, where there is none yet."""
        assert item.when is not None
        if item.when in self.flags:
            return []
        name = self.names.new(f"use_{snake(item.label or item.name or 'rows')}")
        self.flags[item.when] = name
        return [Let(Member((name,)), self.display.show(item.when))]

    def stored_names(self) -> dict[Expr, Expr]:
        """The expressions that the object holds, as `forward` reads them."""
        return {expr: Sym(PrintedName(f"self.{name}")) for expr, name in self.stored.items()}

    def known(self, expr: Expr) -> str:
        """An expression as `forward` reads it."""
        return self.display.show(self.stored_names().get(expr, expr))

    def function(self, item: StepItem | SplitItem | LoopItem) -> list[Node]:
        """What `forward` must know of a function's call, or of a loop: its condition, its arguments that are not
        constant."""
        lines = self.flag(item) if item.when is not None and not self.chain else []
        for key, expr in _stored(item):
            if not isinstance(expr, Lit) and expr not in self.stored:
                name = self.names.new(f"{snake(item.name or item.label)}_{key}")
                self.stored[expr] = name
                lines.append(Let(Member((name,)), self.display.show(expr)))
        return lines

    def layer(self, item: Item) -> Member:
        """Where the layer of an item is."""
        return self.at(self.paths[id(item)])

    def at(self, path: tuple[str, ...]) -> Member:
        """What is at a path."""
        keyed = self.containers.get(path[:-1], "")
        return Member(path, keyed) if keyed and len(path) == 2 else Member((*self._keys(path),))

    def _keys(self, path: tuple[str, ...]) -> Iterator[str]:
        """The names of a path; those in a mapping in quotes."""
        for depth, name in enumerate(path):
            keyed = self.containers.get(path[:depth], "")
            yield f'"{name}"' if keyed == "name" else name


def _stored(item: StepItem | SplitItem | LoopItem) -> Sequence[tuple[str, Expr]]:
    """What an item passes to functions, by name."""
    if isinstance(item, StepItem):
        return item.args
    if isinstance(item, SplitItem):
        return [("parts", item.count)]
    return [] if item.count is None else [("repeat", item.count)]


def _paths(body: Sequence[Item], above: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The path of each item's module within the class."""
    for item in body:
        level = item.level if isinstance(item, InlineItem) else item.name
        path = (*above, level) if level else above
        yield id(item), path
        if isinstance(item, InlineItem):
            yield from _paths(item.body, path)
        if isinstance(item, EitherItem):
            yield from ((id(inner), path) for inner in item.body)
        if isinstance(item, LoopItem | ChainItem):
            yield from _paths(item.body, ())


def alone(item: LoopItem) -> bool:
    """Whether the turns of a loop are called one by one: they take or leave more than the running value, or have no
    layers of their own."""
    if calls_only(item):
        return True
    several = any(map(takes_several, item.body))
    inside = any(alone(one) for one in item.body if isinstance(one, LoopItem))
    crossing = len(item.inputs) > 1 or bool(item.carries or item.collects or item.indexed)
    return crossing or inside or (item.collapsed and several)
