"""A definition as a class: its layers made in `__init__`, in the containers that give them their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from archspec.graph.expr import Expr, Lit, Unary, symbols
from archspec.graph.graph import Graph
from archspec.graph.symbols import Symbol
from archspec.printing import nodes
from archspec.printing.draft.flow import add, is_chain
from archspec.printing.draft.items import (
    ChainItem,
    Definition,
    EitherItem,
    InlineItem,
    Item,
    LoopItem,
    Single,
    SplitItem,
    StepItem,
    UseItem,
    expressions,
    is_layer,
)
from archspec.printing.draft.reduce import opposite
from archspec.printing.emit.layout import arguments
from archspec.printing.emit.writer import Writer
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import (
    Arg,
    Args,
    Child,
    Container,
    Declared,
    Either,
    If,
    Let,
    Made,
    Member,
    Node,
    Repeat,
    Value,
)
from archspec_torch.forward import forward
from archspec_torch.initial import Initials
from archspec_torch.members import Members, alone

TAKEN = frozenset({"clear", "items", "keys", "pop", "update", "values"})  # of `nn.ModuleDict`
SELF = Member(())  # the object itself


class Class(Writer):
    """One class."""

    layer_type = "type[nn.Module]"

    def __init__(
        self, definition: Definition, graph: Graph, module: Namer, initials: Initials
    ) -> None:
        super().__init__(definition, graph, module, module.reserved)
        self.initials, self.targets = initials, initials.dialect.targets
        self._join(definition.body)
        chain = is_chain(definition.body, definition.entry, definition.results[0][1])
        single = len(definition.results) == 1 and not definition.captures
        self.chain = chain and single and definition.kind != "model"
        self.members = Members(definition, self.targets, self.display, chain=self.chain)
        self.declared: set[str] = set()
        self.turns = 0

    def node(self) -> nodes.Module:
        definition = self.definition
        init = [*self.derived(), *self.make(definition.body, SELF)]
        if self.model:
            init += self.initials.all()
        parameters = tuple(self.parameter(p) for p in definition.ordered())
        flow = forward(definition, self.members, Namer(self.reserved))
        return nodes.Module(
            definition.name, definition.kind, self.model, parameters, tuple(init), flow
        )

    def _join(self, body: list[Item]) -> None:
        """Put one item in place of two layers of one name, of which one is there where the other is not."""
        for number, (one, other) in reversed([*enumerate(pairwise(body))]):
            alike = one.name == other.name != "" and other.inputs == (one.output,)
            layers = isinstance(one, Single) and isinstance(other, Single)
            if not (alike and layers and len(one.inputs) == 1 and opposite(one.when, other.when)):
                continue
            if self._at_once(one) and self._at_once(other) and not (one.kept or other.kept):
                joined = EitherItem(one.name, one.inputs, other.output, label=one.label)
                joined.body = [one, other]
                body[number : number + 2] = [joined]
        for item in body:
            if isinstance(item, InlineItem):
                self._join(item.body)

    def make(self, body: Sequence[Item], owner: Value) -> list[Node]:
        """The statements that make the layers of a body: members of the object, or of a container."""
        lines: list[Node] = []
        above: Expr | None = None
        for item in body:
            statements = self._statements(item, owner)
            add(lines, statements, opposite=bool(statements) and opposite(above, item.when))
            above = item.when if statements else above
        return lines

    def _statements(self, item: Item, owner: Value) -> list[Node]:
        if item.again:
            return self.members.flag(item) if item.when is not None and not self.chain else []
        if isinstance(item, LoopItem):
            lines = self._loop(item, owner)
        elif isinstance(item, InlineItem):
            lines = self._inline(item, owner)
        elif isinstance(item, SplitItem) or (isinstance(item, StepItem) and item.style != "layer"):
            return self.members.function(item)
        elif isinstance(item, ChainItem) and not self._at_once(item):
            return self._container(item, owner)
        elif isinstance(item, Single):
            return self._layer(item, owner)
        else:
            return []
        if item.when is None:
            return lines
        flag = [] if self.chain or self.turns else self.members.flag(item)
        return [*flag, *self._guarded(item, lines)]

    def _at_once(self, item: Item) -> bool:
        """Whether one expression makes an item: a layer that is drawn as others of its kind, or a chain of such."""
        if isinstance(item, EitherItem):
            return True
        if isinstance(item, ChainItem):
            layers = (inner for inner in item.body if type(inner) is not Item)
            return all(inner.when is None and self._at_once(inner) for inner in layers)
        return is_layer(item) and not self.initials.apart(item)

    def _container(self, item: ChainItem, owner: Value) -> list[Node]:
        """A chain that is filled layer by layer; where it is dropped it stays empty, which passes its input on."""
        member = Member((item.name,))
        if owner == SELF and not self.members.alternative(item):
            begun = Let(member, Container("sequence"))
            return [begun, *self._guarded(item, self.make(item.body, member))]
        variable = self.display.names.new(snake(item.name))
        statements = [Let(variable, Container("sequence")), *self.make(item.body, variable)]
        if owner != SELF:
            return self._guarded(item, [*statements, Child(owner, variable, item.name)])
        return self._alternative(item, [*statements, Let(member, variable)])

    def _inline(self, item: InlineItem, owner: Value) -> list[Node]:
        """Rows written out; those of a level of their own stand in a container."""
        if not item.level or _alone(item):
            return self.make(item.body, owner)
        if owner == SELF and item.when is None and self._plain(item.body):
            return self._keyed(item)
        variable = self.display.names.new(snake(f"rows_{'_'.join(self.members.paths[id(item)])}"))
        statements = self.make(item.body, variable)
        if not statements:  # its layers are those of other rows
            return []
        begun = [Let(variable, Container("sequence")), Child(owner, variable, item.level)]
        return [*begun, *statements]

    def _plain(self, body: Sequence[Item]) -> bool:
        """Whether every layer of some rows is made by one expression, and every function by its name alone."""
        return not any(item.name in TAKEN for item in body) and all(
            type(item) is Item
            or (item.when is None and not item.again and self._at_once(item))
            or (isinstance(item, StepItem) and item.style != "layer" and _constant(item))
            for item in body
        )

    def _keyed(self, item: InlineItem) -> list[Node]:
        """Layers that are called one by one: a list of them, or a mapping from their names."""
        layers = self._layers(item.body)
        if not layers:  # its layers are those of other rows
            return []
        path = self.members.paths[id(item)]
        numbered = _numbered(layers)
        self.members.containers[path] = "number" if numbered else "name"
        container = Container("list" if numbered else "mapping", layers)
        return [nodes.Layer(Member(path[:1]), container)]

    def _layer(self, item: Single, owner: Value) -> list[Node]:
        if owner != SELF:
            name = self.members.paths[id(item)][-1]
            return self._guarded(item, [self._child(owner, item, name)])
        member, value = Member((item.name,)), self._call(item)
        draws = self.initials.after(item, member)
        layer = nodes.Layer(member, value, draws=draws)
        if self.members.alternative(item):
            return self._alternative(item, [layer])
        if item.when is None or self.chain:
            return self._guarded(item, [layer])
        test = self.display.show(item.when)
        if not draws:
            return [nodes.Layer(member, value, test)]
        variable = self.display.names.new("layer")
        return [nodes.Layer(member, value, test, self.initials.after(item, variable), variable)]

    def _alternative(self, item: Item, statements: list[Node]) -> list[Node]:
        """The statements that make one of several layers of a name, or one that may not be there."""
        declared = [] if item.name in self.declared else [Declared(Member((item.name,)))]
        self.declared.add(item.name)
        flag = [] if item.when is None or self.chain else self.members.flag(item)
        return [*declared, *flag, *self._guarded(item, statements)]

    def _child(self, owner: Value, item: Single, name: str = "") -> Child:
        """A layer put into a container, under a name or at its end."""
        value = self._call(item)
        if not self.initials.apart(item):
            return Child(owner, value, name)
        variable = self.display.names.new("layer")
        return Child(owner, value, name, self.initials.after(item, variable), variable)

    def _guarded(self, item: Item, lines: list[Node]) -> list[Node]:
        if item.when is None or not lines:
            return lines
        return [If(self.display.show(item.when), tuple(lines))]

    def _call(self, item: Single) -> Node:
        """What makes a layer."""
        if isinstance(item, UseItem):
            assert item.definition is not None
            return Made(item.definition.name, self.uses(item))
        if isinstance(item, ChainItem):
            return Container("sequence", self._layers(item.body))
        if isinstance(item, EitherItem):
            one, other = (i for i in item.body if isinstance(i, Single))
            assert one.when is not None
            test = one.when
            if isinstance(test, Unary):
                one, other, test = other, one, test.operand
            return Either(self._call(one), self.display.show(test), self._call(other))
        args = arguments(self.targets[item.target], item.args, self.display.name)
        return Made(self.called(item), args)

    def _layers(self, body: Sequence[Item]) -> Args:
        """What makes the layers of a body; with their names, unless these are the numbers of a list."""
        layers = [item for item in body if isinstance(item, Single) and is_layer(item)]
        named = tuple(Arg(self._call(item), item.name) for item in layers)
        numbered = [item.name for item in layers] == [str(n) for n in range(len(layers))]
        return tuple(Arg(arg.value) for arg in named) if numbered else named

    def _loop(self, item: LoopItem, owner: Value) -> list[Node]:
        """A container and the loop that fills it."""
        path = self.members.paths[id(item)]
        level = path[-1] if path else ""
        kind: Literal["list", "sequence"] = "list" if alone(item) else "sequence"
        index = self._index(item)
        once = _repeated(item)
        if once is not None and level and owner == SELF:
            assert once.definition is not None
            call = Made(once.definition.name, self.uses(once))
            return [Repeat(Member((level,)), kind, call, self.times(item), index or "")]
        lines = self._sizes((size.symbol, size.first) for size in item.carried)
        container = owner
        if level:
            container = Member((level,)) if owner == SELF else self.display.names.new(snake(level))
            lines.append(Let(container, Container(kind)))
        above, loop = self.head(item, index)
        self.turns += 1
        turn = self._turn(item, container)
        self.turns -= 1
        lines += [*above, replace(loop, body=tuple(turn))]
        return [*lines, Child(owner, container, level)] if level and owner != SELF else lines

    def _turn(self, item: LoopItem, owner: Value) -> list[Node]:
        only = item.body[0]
        word = item.constant.removesuffix("s")
        lines: list[Node]
        if item.collapsed and isinstance(only, LoopItem):
            turn = self.display.names.new(snake(word) or "turn")
            lines = self._loop(only, turn)
        elif item.collapsed and (not isinstance(only, ChainItem) or self._at_once(only)):
            assert isinstance(only, Single)
            return [self._child(owner, only), *self._left(item)]
        else:
            body = only.body if item.collapsed and isinstance(only, ChainItem) else item.body
            container = owner.names[-1] if isinstance(owner, Member) else owner
            turn = self.display.names.new(f"{word}_turn" if word == container else word)
            lines = self.make(body, turn)
        begun = Let(turn, Container("sequence"))
        return [begun, *lines, Child(owner, turn), *self._left(item)]

    def _left(self, item: LoopItem) -> list[Node]:
        """The sizes that a turn leaves to the next one."""
        return self._sizes((size.symbol, size.update) for size in item.carried)

    def _sizes(self, sizes: Iterable[tuple[Symbol, Expr | None]]) -> list[Node]:
        """Sizes that a loop carries, as they are assigned; one that holds already is not."""
        return [
            Let(self.display.name(symbol), self.display.show(expr))
            for symbol, expr in sizes
            if expr is not None and self.display.show(expr) != self.display.name(symbol)
        ]

    def _index(self, item: LoopItem) -> str | None:
        read = {n for e in expressions(list[Item]([item])) for n in symbols(e)}
        return self.display.name(item.index) if item.index in read else None


def _numbered(layers: Args) -> bool:
    """Whether layers are called by their numbers."""
    return not any(layer.name for layer in layers)


def _repeated(item: LoopItem) -> UseItem | None:
    """The definition of which a loop makes one in each turn, and no size changes."""
    only = item.body[0]
    if not item.collapsed or not isinstance(only, UseItem) or len(item.body) != 1:
        return None
    return None if item.carried or item.columns or item.given or only.when else only


def _constant(item: StepItem) -> bool:
    return all(isinstance(expr, Lit) for _, expr in item.args)


def _alone(item: InlineItem) -> bool:
    """Whether one item takes the place of a level."""
    layers = [inner for inner in item.body if type(inner) is not Item]
    if len(layers) != 1:
        return False
    only = layers[0]
    return not only.level and _alone(only) if isinstance(only, InlineItem) else not only.name
