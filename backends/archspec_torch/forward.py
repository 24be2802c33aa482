"""The flow of a class: the statements of `forward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from archspec.graph.expr import Sym
from archspec.graph.symbols import PrintedName
from archspec.printing import nodes
from archspec.printing.draft.flow import Flow
from archspec.printing.draft.items import Definition, Item, LoopItem, StepItem, is_layer
from archspec.printing.emit.layout import arguments
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import (
    Applied,
    Arg,
    Call,
    For,
    Infix,
    Items,
    Let,
    Member,
    Method,
    Node,
    Value,
)
from archspec_torch.members import Members


def forward(definition: Definition, members: Members, names: Namer) -> nodes.Forward:
    """What a class does with its tensors, once its layers are made."""
    entering = {token: names.new(snake(name)) for name, token in definition.takes}
    captured = {token: names.new("skip") for token in definition.captures}
    flow = Flow(Forward(members, names), names, {**entering, **captured})
    body = flow.statements(definition.body, definition.entry, definition.results)
    inputs = (*(entering.values() or ["x"]), *captured.values())
    return nodes.Forward(inputs, tuple(body), tuple(flow.given.values()), members.chain)


class Forward:
    """The statements of `forward`."""

    def __init__(self, members: Members, names: Namer) -> None:
        self.members, self.names = members, names

    def step(self, item: Item, given: Sequence[str], variable: str) -> list[Node]:
        if isinstance(item, LoopItem) and len(given) > 1:
            return self.turns(item, given, variable)
        if is_layer(item) or isinstance(item, LoopItem):
            return [Let(variable, Applied(self.members.layer(item), tuple(given)))]
        assert isinstance(item, StepItem)
        return [Let(variable, self.function(item, given))]

    def function(self, item: StepItem, given: Sequence[str]) -> Node:
        """A function, method or operator on values."""
        if item.style == "operator":
            return Infix(item.target, tuple(given))
        stored = {
            expr: Sym(PrintedName(f"self.{name}")) for expr, name in self.members.stored.items()
        }
        pairs = [(key, stored.get(expr, expr)) for key, expr in item.args]
        target = self.members.targets[item.target]
        args = arguments(target, pairs, self.members.display.name)
        if item.style == "method":
            return Method(given[0], item.target.partition(".")[2], args)
        values = [Arg(Items(tuple(given), "list"))] if target.listed else map(Arg, given)
        return Call(item.target, (*values, *args))

    def turns(self, item: LoopItem, given: Sequence[str], variable: str) -> list[Node]:
        """The turns of a loop that take values from outside beside the running one."""
        turn = self.names.new(snake(item.constant.removesuffix("s")) or "turn")
        start: list[Node] = [] if given[0] == variable else [Let(variable, given[0])]
        applied = Let(variable, Applied(turn, (variable, *given[1:])))
        return [*start, For(((turn,),), (self.members.layer(item),), (applied,))]

    @contextmanager
    def level(self, name: str) -> Iterator[None]:
        yield

    def condition(self, item: Item) -> Value | None:
        if item.when is None:
            return None
        members = self.members
        direct = len(members.paths[id(item)]) == 1 and not members.alternative(item)
        if is_layer(item) and direct and not item.again:
            return None
        flag = members.flags.get(item.when)
        return Member((flag,)) if flag else None

    def loop(self, item: LoopItem, body: Callable[[], list[Node]], variable: str) -> list[Node]:
        raise AssertionError("PyTorch's loops stand in __init__")

    def inside(self, item: LoopItem) -> bool:
        return False
