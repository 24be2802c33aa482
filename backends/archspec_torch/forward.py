"""The flow of a class: the statements of `forward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from archspec.graph.expr import Expr, Sym, substitute
from archspec.graph.symbols import PrintedName
from archspec.printing import nodes
from archspec.printing.draft.flow import Flow
from archspec.printing.draft.items import (
    ENTERS,
    ChainItem,
    Definition,
    Item,
    LoopItem,
    SplitItem,
    StepItem,
    UseItem,
    calls_only,
    is_layer,
)
from archspec.printing.emit.image import of_size
from archspec.printing.emit.layout import arguments
from archspec.printing.emit.statements.body import body
from archspec.printing.emit.statements.nesting import Form
from archspec.printing.names import Namer, shown, snake
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
from archspec_torch.members import Members, alone
from archspec_torch.tables.base import AXES

PART = Form(deepest=3, longest=100, margin=8)
MODEL = Form(deepest=3, longest=8, margin=8)


def forward(definition: Definition, members: Members, names: Namer) -> nodes.Forward:
    """What a class does with its tensors, once its layers are made."""
    entering = {token: names.new(snake(name)) for name, token in definition.takes}
    captured = {token: names.new(snake(name) or "skip") for name, token in definition.captures}
    modules = [names.new(_module(one)) for one in definition.modules]
    writer = Forward(members, names, modules)
    flow = Flow(writer, names, {**entering, **captured})
    written = [
        *of_size(definition, {**entering, **captured}),
        *flow.statements(definition.body, definition.entry, definition.results),
    ]
    inputs = (*(entering.values() or ["x"]), *captured.values(), *modules)
    form = MODEL if definition.kind == "model" else PART
    short = body(written, inputs, [variable for _, variable in flow.given], names, form)
    statements, outputs = short.assigned(names)
    return nodes.Forward(
        inputs,
        statements,
        outputs,
        members.chain,
        short.statements,
        short.returned,
        tuple(modules),
    )


def _module(natives: Sequence[str | None]) -> str:
    """What a layer that a definition takes is called."""
    native = next(filter(None, natives))
    names = [name for name in native.split(".") if not name.isdigit()]
    return snake(names[-1]) if names else "layer"


class Forward:
    """The statements of `forward`."""

    def __init__(self, members: Members, names: Namer, modules: Sequence[str]) -> None:
        self.members, self.names, self.modules = members, names, modules
        self.turns: dict[int, str] = {}
        self.whole: dict[int, ChainItem] = {}
        self.indices: dict[int, str] = {}

    def step(self, item: Item, given: Sequence[str], variable: Value) -> list[Node]:
        if is_layer(item) or isinstance(item, LoopItem):
            taken = map(self.path, item.modules) if isinstance(item, UseItem) else ()
            target = self.members.targets.get(item.target) if isinstance(item, StepItem) else None
            listed = target is not None and target.listed
            return [Let(variable, Applied(self.layer(item), (*given, *taken), listed))]
        if isinstance(item, SplitItem):
            args = (Arg(self.members.known(item.count)), Arg(str(AXES[item.axis]), "dim"))
            return [Let(variable, Method(given[0], "chunk", args))]
        assert isinstance(item, StepItem)
        return [Let(variable, self.function(item, given))]

    def function(self, item: StepItem, given: Sequence[str]) -> Node:
        """A function, method or operator on values."""
        if item.style == "operator":
            return Infix(item.target, tuple(given))
        stored = self.members.stored_names()
        pairs = [(key, stored.get(expr, expr)) for key, expr in item.args]
        target = self.members.targets[item.target]
        args = arguments(target, pairs, self.members.display.name)
        if item.style == "method":
            return Method(given[0], item.target.partition(".")[2], args)
        values = [Arg(Items(tuple(given), "list"))] if target.listed else map(Arg, given)
        return Call(item.target, (*values, *args))

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

    def layer(self, item: Item) -> Value:
        """Where the layer of an item is: that of a turn is what the loop around it runs over."""
        if item.again:
            return self.path(item.again)
        return self.turns.get(id(item)) or self.members.layer(item)

    def path(self, path: str) -> Value:
        """A layer by its path in the class, or one that the definition takes."""
        if path.startswith(ENTERS):
            return self.modules[int(path.removeprefix(ENTERS))]
        return self.members.at(tuple(path.split(".")))

    def loop(self, item: LoopItem, body: Callable[[], list[Node]], variable: str) -> list[Node]:
        """The turns of a loop one by one."""
        if calls_only(item):
            count = str(len(item.rows)) if item.count is None else self.members.known(item.count)
            inner = tuple(body())
            return [For((), (), inner, self.indices.get(id(item), ""), count)]
        name = self.names.new(snake(item.constant.removesuffix("s")) or "turn")
        (only,) = self.turn(item)
        self.turns[id(only)] = name
        return [For(((name,),), (self.layer(item),), tuple(body()), self.indices.get(id(item), ""))]

    def turn(self, item: LoopItem) -> Sequence[Item]:
        """The one item of a turn, or all of them as one module."""
        if item.collapsed or calls_only(item):
            return item.body
        whole = ChainItem("", (item.entry,), item.result, body=item.body)
        return [self.whole.setdefault(id(item), whole)]

    def inside(self, item: LoopItem) -> bool:
        return alone(item)

    def index(self, item: LoopItem, expr: Expr) -> str:
        name = self.indices.setdefault(id(item), "") or self.names.new(shown(item.index))
        self.indices[id(item)] = name
        named: dict[Expr, Expr] = {Sym(item.index): Sym(PrintedName(name))}
        return self.members.display.show(substitute(expr, named))
