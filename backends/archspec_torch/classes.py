"""A definition as a class: its layers made in `__init__`, in the containers that give them their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from archspec.graph.expr import Expr, Lit, symbols
from archspec.graph.graph import Graph
from archspec.printing.draft.flow import Flow, is_chain, leaps
from archspec.printing.draft.reduce import opposite
from archspec.printing.draft.template import (
    ChainItem,
    Definition,
    InlineItem,
    Item,
    LoopItem,
    Single,
    StepItem,
    UseItem,
    expressions,
    is_layer,
    items,
)
from archspec.printing.emit.layout import (
    arguments,
    assigned,
    bracketed,
    chosen,
    indented,
    nested,
    otherwise,
)
from archspec.printing.emit.writer import Writer
from archspec.printing.names import Namer, snake
from archspec_torch.forward import Forward
from archspec_torch.initial import Initials
from archspec_torch.reserved import RESERVED

TAKEN = frozenset({"clear", "items", "keys", "pop", "update", "values"})  # of `nn.ModuleDict`


class Class(Writer):
    """One class."""

    layer_type = "type[nn.Module]"

    def __init__(
        self, definition: Definition, graph: Graph, module: Namer, initials: Initials
    ) -> None:
        super().__init__(definition, graph, module, module.reserved)
        self.initials, self.targets = initials, initials.dialect.targets
        self.flags: dict[Expr, str] = {}
        self.stored: dict[Expr, str] = {}
        self.attributes = Namer(RESERVED)
        for item in items(definition.body):
            self.attributes.taken |= {item.name, getattr(item, "level", "")}
        self.paths = dict(_paths(definition.body, ()))
        layers = (i for i in definition.body if is_layer(i) and not i.again)
        self.counts = Counter(self.paths[id(i)] for i in layers)
        self.leaps = leaps(definition.body, definition.entry)
        self.declared: set[str] = set()
        # containers whose layers are called one by one, by path, and how a name is quoted there
        self.indexed: dict[tuple[str, ...], str] = {}
        self.turns = 0
        self.chain = is_chain(definition.body, definition.entry, definition.results[0][1])
        self.chain = self.chain and not definition.captures

    def lines(self) -> list[str]:
        definition = self.definition
        base = "nn.Sequential" if self.chain and definition.kind != "model" else "nn.Module"
        self.chain = base == "nn.Sequential"
        lines = [f"class {definition.name}({base}):"]
        lines += self._construct()
        if not self.chain:
            lines += ["", *self._forward()]
        return lines

    def _construct(self) -> list[str]:
        definition = self.definition
        body = ["super().__init__()"]
        body += self.derived(2)
        body += self.make(definition.body, "self", 2)
        if definition.kind == "model":
            body += self.initials.lines()
        params = ["self", *(self.parameter(p) for p in definition.ordered())]
        head = bracketed("def __init__(", params, ") -> None:", 1)
        return [*indented(head), *indented(body, 2)]

    def make(self, body: Sequence[Item], owner: str, depth: int) -> list[str]:
        """The statements that make the layers of a body."""
        lines: list[str] = []
        above: Expr | None = None
        for item in body:
            made = self._made(item, owner, depth)
            lines += otherwise(lines, made) if made and opposite(above, item.when) else made
            above = item.when if made else above
        return lines

    def _made(self, item: Item, owner: str, depth: int) -> list[str]:
        if item.again:
            return self._flag(item) if item.when is not None and not self.chain else []
        if isinstance(item, LoopItem):
            lines = self._loop(item, owner, depth + (item.when is not None))
        elif isinstance(item, InlineItem):
            lines = self._inline(item, owner, depth + (item.when is not None))
        elif isinstance(item, StepItem) and item.style != "layer":
            return self._function_item(item)
        elif isinstance(item, ChainItem) and not self._at_once(item):
            return self._container(item, owner, depth)
        elif isinstance(item, Single):
            return self._layer(item, owner, depth)
        else:
            return []
        if item.when is None:
            return lines
        flag = [] if self.chain or self.turns else self._flag(item)
        return [*flag, f"if {self.display.show(item.when)}:", *indented(lines)]

    def _at_once(self, item: Item) -> bool:
        """Whether one expression makes an item: a layer that is drawn as others of its kind, or a chain of such."""
        if isinstance(item, ChainItem):
            layers = (inner for inner in item.body if type(inner) is not Item)
            return all(inner.when is None and self._at_once(inner) for inner in layers)
        return is_layer(item) and not self.initials.after(item, "")

    def _container(self, item: ChainItem, owner: str, depth: int) -> list[str]:
        """A chain that is filled layer by layer; where it is dropped it stays empty, which passes its input on."""
        apart = owner != "self" or self.alternative(item)
        home = self.display.names.new(snake(item.name)) if apart else f"self.{item.name}"
        made = self.make(item.body, home, depth + (item.when is not None))
        begun = f"{home} = nn.Sequential()"
        if not apart:
            return [begun, *self._guarded(item, made)]
        if owner != "self":
            return self._guarded(item, [begun, *made, f'{owner}.add_module("{item.name}", {home})'])
        return self._alternative(item, [begun, *made, f"self.{item.name} = {home}"])

    def _inline(self, item: InlineItem, owner: str, depth: int) -> list[str]:
        """Rows written out; those of a level of their own stand in a container."""
        if not item.level or _alone(item):
            return self.make(item.body, owner, depth)
        if owner == "self" and item.when is None and self._plain(item.body):
            return self._indexed(item, depth)
        container = self.display.names.new(snake(f"rows_{'_'.join(self.paths[id(item)])}"))
        made = self.make(item.body, container, depth)
        if not made:  # its layers are those of other rows
            return []
        return [
            f"{container} = nn.Sequential()",
            f'{owner}.add_module("{item.level}", {container})',
            *made,
        ]

    def _plain(self, body: Sequence[Item]) -> bool:
        """Whether every layer of some rows is made by one expression, and every function by its name alone."""
        return not any(item.name in TAKEN for item in body) and all(
            type(item) is Item
            or (item.when is None and not item.again and self._at_once(item))
            or (isinstance(item, StepItem) and item.style != "layer" and _constant(item))
            for item in body
        )

    def _indexed(self, item: InlineItem, depth: int) -> list[str]:
        """Layers that are called one by one: a list of them, or a mapping from their names."""
        made = self._made_by_name(item.body)
        if not made:  # its layers are those of other rows
            return []
        path = self.paths[id(item)]
        if _numbered(made):
            self.indexed[path] = ""
            listed = f"[{', '.join(layer for _, layer in made)}]"
            return bracketed(f"self.{path[0]} = nn.ModuleList(", [listed], ")", depth)
        self.indexed[path] = '"'
        pairs = [f'"{name}": {layer}' for name, layer in made]
        return bracketed(
            f"self.{path[0]} = nn.ModuleDict(", [f"{{{', '.join(pairs)}}}"], ")", depth
        )

    def _function_item(self, item: StepItem) -> list[str]:
        """What `forward` must know of a function's call: its condition, its arguments that are not constant."""
        lines = self._flag(item) if item.when is not None and not self.chain else []
        for key, expr in item.args:
            if not isinstance(expr, Lit) and expr not in self.stored:
                name = self.attributes.new(f"{snake(item.name or item.label)}_{key}")
                self.stored[expr] = name
                lines += assigned(f"self.{name}", self.display.show(expr), 2)
        return lines

    def _flag(self, item: Item) -> list[str]:
        """An attribute that holds a condition for `forward`."""
        assert item.when is not None
        if item.when in self.flags:
            return []
        name = self.attributes.new(f"use_{snake(item.label or item.name or 'rows')}")
        self.flags[item.when] = name
        return assigned(f"self.{name}", self.display.show(item.when), 2)

    def _layer(self, item: Single, owner: str, depth: int) -> list[str]:
        target, args = self._call(item)
        if owner != "self":
            return self._contained(item, owner, depth)
        drawn = self.initials.after(item, f"self.{item.name}")
        deeper = depth + (item.when is not None)
        if self.alternative(item):
            made = bracketed(f"self.{item.name} = {target}(", args, ")", deeper)
            return self._alternative(item, [*made, *drawn])
        if item.when is not None and not self.chain and drawn:
            return self._maybe_drawn(item, depth)
        if item.when is not None and not self.chain:
            call = f"{target}({', '.join(args)})"
            condition = self.display.show(item.when)
            return chosen(f"self.{item.name}", call, condition, "nn.Identity()", depth)
        lines = bracketed(f"self.{item.name} = {target}(", args, ")", deeper)
        return self._guarded(item, [*lines, *drawn])

    def _maybe_drawn(self, item: Single, depth: int) -> list[str]:
        """A layer that may be missing, with initial values of its own."""
        target, args = self._call(item)
        layer = self.display.names.new("layer")
        made = bracketed(f"{layer} = {target}(", args, ")", depth + 1)
        drawn = self.initials.after(item, layer)
        return [
            f"self.{item.name}: nn.Module = nn.Identity()",
            *self._guarded(item, [*made, *drawn, f"self.{item.name} = {layer}"]),
        ]

    def alternative(self, item: Item) -> bool:
        """Whether an identity cannot stand for a row that is dropped: another row of this class has its name, or it
        takes another value than the one that is passed on."""
        twice = self.counts[self.paths[id(item)]] > 1
        return twice or (not self.chain and id(item) in self.leaps)

    def _alternative(self, item: Item, made: list[str]) -> list[str]:
        """The lines that make one of several layers of a name, or one that may not be there."""
        declared = [] if item.name in self.declared else [f"self.{item.name}: nn.Module"]
        self.declared.add(item.name)
        flag = [] if item.when is None or self.chain else self._flag(item)
        return [*declared, *flag, *self._guarded(item, made)]

    def _contained(self, item: Single, owner: str, depth: int) -> list[str]:
        """A layer put into a container under its name."""
        name = f'"{self.paths[id(item)][-1]}"'
        deeper = depth + (item.when is not None)
        return self._guarded(item, self._given(item, f"{owner}.add_module(", [name], deeper))

    def _given(self, item: Single, head: str, before: list[str], depth: int) -> list[str]:
        """A layer made as the last argument of a call; before it, if its initial values are its own."""
        target, args = self._call(item)
        layer = self.display.names.new("layer")
        drawn = self.initials.after(item, layer)
        if not drawn:
            return nested(head, before, f"{target}(", args, depth)
        made = bracketed(f"{layer} = {target}(", args, ")", depth)
        return [*made, *drawn, f"{head}{', '.join([*before, layer])})"]

    def _guarded(self, item: Item, lines: list[str]) -> list[str]:
        if item.when is None:
            return lines
        return [f"if {self.display.show(item.when)}:", *indented(lines)]

    def _call(self, item: Single) -> tuple[str, list[str]]:
        if isinstance(item, UseItem):
            assert item.definition is not None
            return item.definition.name, self.uses(item, lambda parameter: False)
        if isinstance(item, ChainItem):
            return "nn.Sequential", self._listed(item)
        args = arguments(self.targets[item.target], item.args, self.display.name)
        return self.called(item), args

    def _listed(self, item: ChainItem) -> list[str]:
        """The layers of a chain as arguments: a list where their names are its numbers, else by name."""
        found = self._made_by_name(item.body)
        if _numbered(found):
            return [made for _, made in found]
        return [f"OrderedDict({', '.join(f'{name}={made}' for name, made in found)})"]

    def _made_by_name(self, body: Sequence[Item]) -> list[tuple[str, str]]:
        """The names of the layers of a body, and what makes each."""
        found: list[tuple[str, str]] = []
        for item in body:
            if is_layer(item):
                assert isinstance(item, Single)
                target, args = self._call(item)
                found.append((item.name, f"{target}({', '.join(args)})"))
        return found

    def _loop(self, item: LoopItem, owner: str, depth: int) -> list[str]:
        """A container and the loop that fills it."""
        level = self.paths[id(item)][-1] if self.paths[id(item)] else ""
        kind = "nn.ModuleList" if len(item.inputs) > 1 else "nn.Sequential"
        home = f"{owner}.{level}" if owner == "self" and level else owner
        simple = self._comprehension(item, home, depth) if level and owner == "self" else None
        if simple is not None:
            return simple
        lines = self._sizes(((size.symbol, size.first) for size in item.carried), depth)
        if level and owner == "self":
            lines.append(f"{home} = {kind}()")
        elif level:
            home = self.display.names.new(snake(level))
            lines.append(f"{home} = {kind}()")
        lines += self.head(item, self._index(item), depth)
        self.turns += 1
        lines += indented(self._turn(item, home, depth + 1))
        self.turns -= 1
        if level and owner != "self":
            lines.append(f'{owner}.add_module("{level}", {home})')
        return lines

    def _comprehension(self, item: LoopItem, home: str, depth: int) -> list[str] | None:
        """A repeat of one thing on one line, where it fits and no size changes."""
        only = item.body[0]
        if not item.collapsed or item.carried or not isinstance(only, UseItem) or only.when:
            return None
        if item.columns or item.given or len(item.body) != 1:
            return None
        target, args = self._call(only)
        index_name = self._index(item) or "_"
        count = self.times(item)
        made = f"{target}({', '.join(args)}) for {index_name} in range({count})"
        line = f"{home} = nn.Sequential(*({made}))"
        if len(item.inputs) > 1:
            line = f"{home} = nn.ModuleList({made})"
        return [line] if len(line) + 4 * depth <= 100 else None

    def _turn(self, item: LoopItem, home: str, depth: int) -> list[str]:
        only = item.body[0]
        if item.collapsed and isinstance(only, LoopItem):
            lines = self._nested(item, home, depth)
        elif item.collapsed and (not isinstance(only, ChainItem) or self._at_once(only)):
            assert isinstance(only, Single)
            lines = self._given(only, f"{home}.append(", [], depth)
        else:
            body = only.body if item.collapsed and isinstance(only, ChainItem) else item.body
            turn = self.display.names.new(
                item.constant.removesuffix("s") + "_turn"
                if item.constant.removesuffix("s") == home.split(".")[-1]
                else item.constant.removesuffix("s")
            )
            lines = [f"{turn} = nn.Sequential()", *self.make(body, turn, depth)]
            lines.append(f"{home}.append({turn})")
        return lines + self._sizes(((size.symbol, size.update) for size in item.carried), depth)

    def _sizes(self, sizes: Iterable[tuple[str, Expr | None]], depth: int) -> list[str]:
        """Sizes that a loop carries, as they are assigned; one that holds already is not."""
        lines: list[str] = []
        for symbol, expr in sizes:
            name = self.display.name(symbol)
            if expr is not None and self.display.show(expr) != name:
                lines += assigned(name, self.display.show(expr), depth)
        return lines

    def _nested(self, item: LoopItem, home: str, depth: int) -> list[str]:
        inner = item.body[0]
        assert isinstance(inner, LoopItem)
        turn = self.display.names.new(snake(item.constant.removesuffix("s")) or "turn")
        return [
            f"{turn} = nn.Sequential()",
            *self._loop(inner, turn, depth),
            f"{home}.append({turn})",
        ]

    def _index(self, item: LoopItem) -> str | None:
        read = {n for e in expressions(list[Item]([item])) for n in symbols(e)}
        return self.display.name(item.index) if item.index in read else None

    def _forward(self) -> list[str]:
        definition = self.definition
        names = Namer(self.reserved)
        entering = {token: names.new(snake(name)) for name, token in definition.takes}
        captured = {token: names.new("skip") for token in definition.captures}
        flow = Flow(Forward(self, names), names, {**entering, **captured})
        body = flow.lines(definition.body, definition.entry, definition.results)
        taken = [*(entering.values() or ["x"]), *captured.values()]
        given = ["self", *(f"{name}: Tensor" for name in taken)]
        count = len(flow.given)
        kind = "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
        head = bracketed("def forward(", given, f") -> {kind}:", 1)
        return [*indented(head), *indented([*body, f"return {', '.join(flow.given.values())}"], 2)]


def _paths(body: Sequence[Item], above: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The path of each item's module within the class."""
    for item in body:
        level = item.level if isinstance(item, InlineItem) else item.name
        path = (*above, level) if level else above
        yield id(item), path
        if isinstance(item, InlineItem):
            yield from _paths(item.body, path)
        if isinstance(item, LoopItem | ChainItem):
            yield from _paths(item.body, ())


def _numbered(made: Sequence[tuple[str, str]]) -> bool:
    """Whether names are the numbers of a list."""
    return [name for name, _ in made] == [str(number) for number in range(len(made))]


def _constant(item: StepItem) -> bool:
    return all(isinstance(expr, Lit) for _, expr in item.args)


def _alone(item: InlineItem) -> bool:
    """Whether one item takes the place of a level."""
    layers = [inner for inner in item.body if type(inner) is not Item]
    if len(layers) != 1:
        return False
    only = layers[0]
    return not only.level and _alone(only) if isinstance(only, InlineItem) else not only.name
