"""A definition as a class: its layers made in `__init__`, in the containers that give them their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from archspec.graph.expr import Expr, Unary, symbols
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
    calls_only,
    expressions,
    flat,
    is_layer,
)
from archspec.printing.draft.reduce import opposite
from archspec.printing.emit.layout import arguments
from archspec.printing.emit.writer import Writer
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import (
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
from archspec_torch.containers import Entry, Kind, container
from archspec_torch.forward import forward
from archspec_torch.initial import Initials
from archspec_torch.members import Members, alone

TAKEN = frozenset({"clear", "items", "keys", "pop", "update", "values"})  # of `nn.ModuleDict`


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

    def node(self) -> nodes.Module:
        definition = self.definition
        init = [*self.derived(), *self.make(definition.body)]
        if self.model:
            init += self.initials.all()
        parameters = tuple(self.parameter(p) for p in definition.ordered())
        flow = forward(definition, self.members, Namer(self.reserved))
        made = tuple(line for line in init if not self._unread(line, flow))
        return nodes.Module(definition.name, definition.kind, self.model, parameters, made, flow)

    def _unread(self, line: Node, flow: nodes.Forward) -> bool:
        """Whether a line keeps a condition that `forward` does not ask for: it is that of an `else`."""
        if not isinstance(line, Let) or not isinstance(line.name, Member):
            return False
        (name, *_) = line.name.names
        return name in self.members.flags.values() and name not in set(_members(flow))

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

    def make(self, body: Sequence[Item]) -> list[Node]:
        """The statements that make the layers of a body: members of the object."""
        lines: list[Node] = []
        above: Expr | None = None
        for item in body:
            statements = self._statements(item)
            add(lines, statements, opposite=bool(statements) and opposite(above, item.when))
            above = item.when if statements else above
        return lines

    def _statements(self, item: Item) -> list[Node]:
        if item.again:
            return self.members.flag(item) if item.when is not None and not self.chain else []
        if isinstance(item, SplitItem) or (isinstance(item, StepItem) and item.style != "layer"):
            return self.members.function(item)
        if isinstance(item, InlineItem):
            lines = self._inline(item)
        elif isinstance(item, LoopItem):
            if calls_only(item):
                return self._functions(item)
            lines = self._loop_member(item)
        elif isinstance(item, Single):
            return self._layer(item)
        else:  # another name of a value, under a condition perhaps
            return [] if item.when is None or self.chain else self.members.flag(item)
        if item.when is None:
            return lines
        flag = [] if self.chain else self.members.flag(item)
        return [*flag, *self._guarded(item, lines)]

    def _at_once(self, item: Item) -> bool:
        """Whether one expression makes an item: a layer that is drawn as others of its kind, or a chain of such."""
        if isinstance(item, EitherItem):
            return True
        if isinstance(item, ChainItem):
            layers = [inner for inner in item.body if type(inner) is not Item]
            plain = all(inner.when is None and self._at_once(inner) for inner in layers)
            return plain and len({inner.name for inner in layers}) == len(layers)
        return is_layer(item) and not self.initials.apart(item)

    def _inline(self, item: InlineItem) -> list[Node]:
        """Rows written out; those of a level of their own stand in a container."""
        if not item.level or _alone(item):
            return self.make(item.body)
        path = self.members.paths[id(item)]
        flags = [line for inner in flat(item.body) for line in self._functions(inner)]
        entries = self._entries(item.body)
        if not entries:  # its layers are those of other rows
            return flags
        numbered = [entry.name for entry in entries] == [str(n) for n in range(len(entries))]
        keys = not numbered and not any(entry.name in TAKEN for entry in entries)
        kind: Kind = "list" if numbered else "mapping" if keys and len(path) == 1 else "sequence"
        if kind != "sequence":
            self.members.containers[path] = "number" if numbered else "name"
        above, made = container(kind, entries, snake(item.level), self.display.names.new)
        return [*flags, *above, nodes.Layer(Member(path[:1]), made)]

    def _functions(self, item: Item) -> list[Node]:
        """What `forward` must know of an item in a container: its condition, the arguments of a function."""
        if isinstance(item, LoopItem) and calls_only(item):
            inside = [line for inner in flat(item.body) for line in self._functions(inner)]
            return [*self.members.function(item), *inside]
        if isinstance(item, SplitItem) or (isinstance(item, StepItem) and item.style != "layer"):
            return self.members.function(item)
        return self.members.flag(item) if item.when is not None and not self.chain else []

    def _entries(self, body: Sequence[Item]) -> list[Entry]:
        """The layers of a container."""
        found: list[Entry] = []
        for item in body:
            if isinstance(item, InlineItem) and not item.level:
                test = "" if item.when is None else self.display.show(item.when)
                found += [_under(entry, test) for entry in self._entries(item.body)]
            elif is_layer(item) or isinstance(item, InlineItem | LoopItem):
                found += [] if item.again or calls_only(item) else self._entry(item)
        return found

    def _entry(self, item: Item) -> list[Entry]:
        test = "" if item.when is None else self.display.show(item.when)
        if isinstance(item, InlineItem):
            entries = self._entries(item.body)
            if not entries:
                return []
            kind: Kind = "mapping" if _gaps(entries) else "sequence"
            if kind == "mapping":
                self.members.containers[self.members.paths[id(item)]] = "name"
            statements, value = container(kind, entries, item.level, self.display.names.new)
            return [Entry(item.level, tuple(statements), value, test, item.when)]
        if isinstance(item, LoopItem):
            variable = self.display.names.new(snake(item.name) or "turns")
            return [Entry(item.name, tuple(self._loop(item, variable)), variable, test, item.when)]
        assert isinstance(item, Single)
        above, made = self._value(item)
        return [Entry(item.name, tuple(above), made, test, item.when)]

    def _value(self, item: Single) -> tuple[list[Node], Value]:
        """What makes a layer, and the statements above it."""
        if isinstance(item, ChainItem):
            word = snake(item.name) or snake(item.label)
            return container("sequence", self._entries(item.body), word, self.display.names.new)
        if not self.initials.apart(item):
            return [], self._call(item)
        variable = self.display.names.new(snake(item.name) or "layer")
        return [Let(variable, self._call(item)), *self.initials.after(item, variable)], variable

    def _layer(self, item: Single) -> list[Node]:
        """A member of the object."""
        member = Member((item.name,))
        if isinstance(item, ChainItem):
            above, value = self._value(item)
            draws: tuple[nodes.Draw, ...] = ()
        else:
            above, value, draws = [], self._call(item), self.initials.after(item, member)
        layer = nodes.Layer(member, value, draws=draws)
        if above and item.when is not None and not self.chain:
            self.members.declared.add(id(item))
        if self.members.alternative(item):
            return self._alternative(item, [*above, layer])
        if item.when is None or self.chain:
            return self._guarded(item, [*above, layer])
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

    def _guarded(self, item: Item, lines: list[Node]) -> list[Node]:
        if item.when is None or not lines:
            return lines
        return [If(self.display.show(item.when), tuple(lines))]

    def _call(self, item: Single) -> Node:
        """What makes a layer that one expression makes."""
        if isinstance(item, UseItem):
            assert item.definition is not None
            return Made(item.definition.name, self.uses(item))
        if isinstance(item, EitherItem):
            one, other = (i for i in item.body if isinstance(i, Single))
            assert one.when is not None
            test = one.when
            if isinstance(test, Unary):
                one, other, test = other, one, test.operand
            return Either(self._call(one), self.display.show(test), self._call(other))
        if isinstance(item, ChainItem):
            _, value = self._value(item)
            assert isinstance(value, Node)
            return value
        args = arguments(self.targets[item.target], item.args, self.display.name)
        return Made(self.called(item), args)

    def _loop_member(self, item: LoopItem) -> list[Node]:
        """A container that the object holds, and the loop that fills it."""
        path = self.members.paths[id(item)]
        once = _repeated(item)
        if once is not None and path:
            assert once.definition is not None
            call = Made(once.definition.name, self.uses(once))
            kind: Literal["list", "sequence"] = "list" if alone(item) else "sequence"
            return [Repeat(Member(path), kind, call, self.times(item), self._index(item) or "")]
        return self._loop(item, Member(path))

    def _loop(self, item: LoopItem, owner: Value) -> list[Node]:
        """The statements that make a container of turns and fill it."""
        kind: Kind = "list" if alone(item) else "sequence"
        lines = self._sizes((size.symbol, size.first) for size in item.carried)
        lines.append(Let(owner, Container(kind)))
        above, loop = self.head(item, self._index(item))
        return [*lines, *above, replace(loop, body=(*self._turn(item, owner), *self._left(item)))]

    def _turn(self, item: LoopItem, owner: Value) -> list[Node]:
        """What makes one turn and puts it into the container."""
        only = item.body[0]
        word = snake(item.constant.removesuffix("s")) or "turn"
        container_name = owner.names[-1] if isinstance(owner, Member) else owner
        word = f"{word}_turn" if word == container_name else word
        if item.collapsed and isinstance(only, LoopItem):
            turn = self.display.names.new(word)
            return [*self._loop(only, turn), Child(owner, turn)]
        if item.collapsed and only.when is None:
            assert isinstance(only, Single)
            above, value = self._value(only)
        else:
            entries = self._entries(item.body)
            above, value = container("sequence", entries, word, self.display.names.new)
        named = isinstance(value, Container) and any(arg.name for arg in value.layers)
        variable = self.display.names.new(word) if named else ""
        return [*above, Child(owner, value, variable)]

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
        read = {n for e in expressions(item.body) for n in symbols(e)}
        left = (size.update for size in item.carried if size.update is not None)
        read |= {n for update in left for n in symbols(update)}
        return self.display.name(item.index) if item.index in read else None


def _repeated(item: LoopItem) -> UseItem | None:
    """The definition of which a loop makes one in each turn, and no size changes."""
    only = item.body[0]
    if not item.collapsed or not isinstance(only, UseItem) or len(item.body) != 1:
        return None
    return None if item.carried or item.columns or item.given or only.when else only


def _gaps(entries: Sequence[Entry]) -> bool:
    """Whether layers have numbers that are not their positions."""
    names = [entry.name for entry in entries]
    return any(map(str.isdigit, names)) and names != [str(n) for n in range(len(names))]


def _under(entry: Entry, test: str) -> Entry:
    """A layer that is there under a further condition."""
    both = f"({test}) and ({entry.test})" if test and entry.test else test or entry.test
    return replace(entry, test=both)


def _alone(item: InlineItem) -> bool:
    """Whether one item takes the place of a level."""
    layers = [inner for inner in item.body if type(inner) is not Item]
    if len(layers) != 1:
        return False
    only = layers[0]
    return not only.level and _alone(only) if isinstance(only, InlineItem) else not only.name


def _members(part: Any) -> Iterator[str]:
    """What a part of `forward` reads of the object."""
    if isinstance(part, Member):
        yield part.names[0]
    elif isinstance(part, tuple | list):
        for inner in part:
            yield from _members(inner)
    elif is_dataclass(part):
        for one in fields(part):
            yield from _members(getattr(part, one.name))
