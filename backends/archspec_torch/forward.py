"""The flow of a class: the statements of `forward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archspec.graph.expr import Sym
from archspec.printing.draft.template import (
    Item,
    LoopItem,
    StepItem,
    is_layer,
)
from archspec.printing.emit.layout import (
    arguments,
    bracketed,
)
from archspec.printing.names import Namer, snake

if TYPE_CHECKING:
    from archspec_torch.classes import Class


class Forward:
    """The statements of `forward`."""

    def __init__(self, home: Class, names: Namer) -> None:
        self.home, self.names = home, names

    def step(self, item: Item, given: Sequence[str], variable: str) -> list[str]:
        if is_layer(item):
            return [f"{variable} = {self.module(item)}({', '.join(given)})"]
        if isinstance(item, LoopItem) and len(given) == 1:
            return [f"{variable} = {self.module(item)}({given[0]})"]
        if isinstance(item, LoopItem):
            return self.turns(item, given, variable)
        assert isinstance(item, StepItem)
        stored = {expr: Sym(f"(self.{name})") for expr, name in self.home.stored.items()}
        known = [(key, stored.get(expr, expr)) for key, expr in item.args]
        target = self.home.targets[item.target]
        args = arguments(target, known, self.home.display.name)
        if item.style == "operator":
            return [f"{variable} = {f' {item.target} '.join(given)}"]
        if item.style == "method":
            return [f"{variable} = {given[0]}.{item.target.partition('.')[2]}({', '.join(args)})"]
        values = f"[{', '.join(given)}]" if target.listed else ", ".join(given)
        return bracketed(f"{variable} = {item.target}(", [values, *args], ")", 2)

    def module(self, item: Item) -> str:
        """The module of an item, from `self`."""
        path = tuple(item.again.split(".")) if item.again else self.home.paths[id(item)]
        quote = self.home.indexed.get(path[:-1])
        if quote is not None:
            return f"self.{path[0]}[{quote}{path[-1]}{quote}]"
        return f"self.{path[0]}" if len(path) == 1 else f'self.get_submodule("{".".join(path)}")'

    def turns(self, item: LoopItem, given: Sequence[str], variable: str) -> list[str]:
        """The turns of a loop that take values from outside beside the running one."""
        turn = self.names.new(snake(item.constant.removesuffix("s")) or "turn")
        start = [] if given[0] == variable else [f"{variable} = {given[0]}"]
        applied = f"{variable} = {turn}({', '.join([variable, *given[1:]])})"
        return [*start, f"for {turn} in {self.module(item)}:", f"    {applied}"]

    @contextmanager
    def level(self, name: str, deeper: bool) -> Iterator[None]:
        yield

    def condition(self, item: Item) -> str | None:
        if item.when is None:
            return None
        direct = len(self.home.paths[id(item)]) == 1 and not self.home.alternative(item)
        direct = direct and not item.again
        if is_layer(item) and direct:
            return None
        flag = self.home.flags.get(item.when)
        return f"self.{flag}" if flag else None

    def loop(self, item: LoopItem, body: Callable[[], list[str]], variable: str) -> list[str]:
        raise AssertionError("PyTorch's loops stand in __init__")

    def inside(self, item: LoopItem) -> bool:
        return False
