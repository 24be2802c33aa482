"""How Keras is written: a function for each definition, layers made and applied where the flow needs them."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from archspec.graph.expr import Expr, Sym, substitute, symbols
from archspec.graph.graph import Graph
from archspec.graph.spelling import literal
from archspec.graph.symbols import CarriedSize, EnteredSize, PrintedName, Symbol
from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Plan, Target
from archspec.printing import nodes
from archspec.printing.draft import index
from archspec.printing.draft.flow import Flow
from archspec.printing.draft.items import (
    Definition,
    InlineItem,
    Item,
    LoopItem,
    SplitItem,
    StepItem,
    UseItem,
    calls_only,
    expressions,
    items,
)
from archspec.printing.emit.image import of_size
from archspec.printing.emit.layout import annotation, arguments
from archspec.printing.emit.statements.body import body
from archspec.printing.emit.statements.nesting import Form
from archspec.printing.emit.support import brought, file_names
from archspec.printing.emit.writer import File, Writer, assembled
from archspec.printing.framework import Framework
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import (
    Append,
    Applied,
    Arg,
    Args,
    Call,
    Collect,
    Index,
    Input,
    Let,
    Made,
    Node,
    Path,
    Size,
    Value,
)
from archspec_keras.environment import SEPARATOR

HERE = pathlib.Path(__file__).parent
PART = Form(deepest=1, longest=100, margin=4)
MODEL = Form(deepest=0, longest=100, margin=4)
AXES = {"height": 1, "width": 2, "channels": -1}


class KerasSyntax:
    """Functions named by block; every layer carries its path as its name."""

    carries = False
    templates = HERE / "templates"

    def __init__(self, dialect: Dialect) -> None:
        self.dialect, self.reserved = dialect, file_names(dialect)

    def spell(self, name: str) -> str:
        """Functions are written in small letters."""
        return snake(name)

    def defines(self, plan: Plan) -> index.Defined | None:
        """Blocks, rows of several layers and named groups."""
        return index.defined(plan)

    def inlines(self, plans: Sequence[Plan]) -> Callable[[Plan], bool]:
        """Layers can be made anywhere."""
        return lambda plan: True

    def file(self, graph: Graph, definitions: Sequence[Definition]) -> File:
        """The pieces of the file, in order."""
        names = Namer(self.reserved, {definition.name for definition in definitions})
        targets = self.dialect.targets
        writers = [_Function(definition, graph, names, targets) for definition in definitions]
        return assembled(writers, self.dialect)

    def replayed(self) -> Framework:
        """What the replay needs to know."""
        targets = self.dialect.targets
        return Framework(
            "function",
            frozenset(self.dialect.homes),
            targets,
            names=self.dialect.names,
            carried=brought(self.dialect),
            input="keras.Input",
            model="keras.Model",
            initials=frozenset(name for name in targets if name.startswith("initializers.")),
        )


class _Function(Writer):
    """One function: the model's, or one that takes a tensor and a name."""

    layer_type = "type[layers.Layer]"
    call_type = "initializers.Initializer"

    def __init__(
        self,
        definition: Definition,
        graph: Graph,
        module: Namer,
        targets: Mapping[str, Target],
    ) -> None:
        super().__init__(definition, graph, module, module.reserved)
        self.targets = targets
        self.prefix: list[str | Index] = [] if self.model else [Index("name")]
        self.indices: dict[int, str] = {}
        self.layers: dict[str, str] = {}
        self.lists: dict[str, str] = {}  # of the layers of a loop

    def node(self) -> nodes.Function:
        definition = self.definition
        entering = {token: self.names.new(snake(name)) for name, token in definition.takes}
        captured = {t: self.names.new(snake(name) or "skip") for name, t in definition.captures}
        read = [p for p in definition.parameters if definition.infers(p)]
        ordered = [p for p in definition.ordered() if not definition.infers(p)]
        parameters = [self.parameter(parameter) for parameter in ordered]
        ports = [name for name, _ in definition.takes] if self.model else []
        variables = list(entering.values())
        shapes = [self.names.new(f"{name}_shape") for name in self._entering(variables)]
        if not definition.sizes:
            types = [port.type.shape for port in self.graph.inputs]
            parameters = [*map(_shape, shapes, types), *parameters]
        begun: list[Node] = [Size(p.name, "x", _axis(p.symbol)) for p in read]
        begun += self.derived()
        flow = Flow(self, self.names, {**entering, **captured})
        written = [
            *of_size(definition, {**entering, **captured}),
            *flow.statements(definition.body, definition.entry, definition.results),
        ]
        tensors = (*(entering.values() or ["x"]), *captured.values())
        form = MODEL if self.model else PART
        given, count = [variable for _, variable in flow.given], len(flow.given)
        read_again = variables if ports else []  # where the model is made
        short = body(written, tensors, [*given, *read_again], self.names, form)
        statements, outputs = short.assigned(self.names)
        if ports:
            begun += map(Input, variables, shapes, ports)
        elif self.model:
            stated = tuple(self.display.show(size) for size in definition.sizes)
            shape: Value = nodes.Items(stated, "tuple") if stated else shapes[0]
            begun.append(Input("inputs = x", shape))
        return nodes.Function(
            definition.name,
            definition.kind,
            self.model,
            () if self.model else ("x", *captured.values()),
            tuple(parameters),
            (*begun, *statements),
            nodes.Items(tuple(variables), "list") if ports else "inputs",
            self._outputs(outputs[:count]),
            (*begun, *short.statements),
            self._outputs(short.returned[:count]),
            count,
        )

    def _outputs(self, values: Sequence[Value]) -> Value:
        """What is given: a tensor, or several; by name if they are a model's."""
        if len(values) == 1:
            return values[0]
        if self.model:
            names = [name for name, _ in self.definition.results]
            return nodes.Mapping(tuple(map(Arg, values, names)))
        return nodes.Together(tuple(values))

    def _entering(self, variables: list[str]) -> list[str]:
        """What the shapes of a model's inputs are called after."""
        return (variables or ["input"]) if self.model else []

    def _path(self, name: str) -> Arg:
        return Arg(Path((*self.prefix, name) if name else tuple(self.prefix)), "name")

    def turn(self, item: LoopItem) -> Sequence[Item]:
        return item.body

    def index(self, item: LoopItem, expr: Expr) -> str:
        named: dict[Expr, Expr] = {Sym(item.index): Sym(PrintedName(self._new_index(item)))}
        return self.display.show(substitute(expr, named))

    def step(self, item: Item, given: Sequence[str], variable: Value) -> list[Node]:
        if isinstance(item, UseItem):
            assert item.definition is not None
            args = (
                *map(Arg, given),
                *self.uses(item, item.definition.infers),
                self._path(item.name),
            )
            return [Let(variable, Call(item.definition.name, args))]
        if isinstance(item, SplitItem):
            args = (
                Arg(given[0]),
                Arg(self.display.show(item.count)),
                Arg(str(AXES[item.axis]), "axis"),
            )
            return [Let(variable, Call("ops.split", args))]
        assert isinstance(item, StepItem)
        target = self.targets[item.target]
        args = arguments(target, item.args, self.display.name)
        if item.style == "function":
            return [Let(variable, Call(item.target, (*_values(given, target), *args)))]
        inputs, listed = tuple(given), len(given) > 1 or given[0].startswith("*")
        if item.again:
            return [Let(variable, Applied(self._used(item), inputs, listed))]
        made = Made(self.called(item), (*args, self._path(item.name)))
        if not item.kept:
            return [Let(variable, Applied(made, inputs, listed))]
        layer = self.layers[item.kept] = self.names.new(f"{_last(item.kept)}_layer")
        listing = [Append(self.lists[item.kept], layer)] if item.listed else []
        return [Let(layer, made), *listing, Let(variable, Applied(layer, inputs, listed))]

    def _used(self, item: StepItem) -> str:
        """A layer that is used again."""
        if item.at is None:
            return self.layers[item.again]
        return f"{self.lists[item.again]}[{self.display.show(item.at)}]"

    def condition(self, item: Item) -> str | None:
        return None if item.when is None else self.display.show(item.when)

    def inside(self, item: LoopItem) -> bool:
        return True

    @contextmanager
    def level(self, name: str) -> Iterator[None]:
        """What is written meanwhile has this level in its names."""
        before = list(self.prefix)
        self.prefix = [*before, name] if name else before
        yield
        self.prefix = before

    def loop(self, item: LoopItem, body: Callable[[], list[Node]], variable: str) -> list[Node]:
        """A loop; its index stands in the names of its layers."""
        lists = [self._list(inner) for inner in _own(item.body) if inner.listed]
        index_name = self.indices[id(item)] = self._new_index(item)
        before = list(self.prefix)
        level = [item.name] if item.name else []
        self.prefix = [*before, *level, Index(index_name)]
        above, loop = self.head(item, index_name)
        inner = self._sizes(item, self._read(item), variable) + body()
        del self.indices[id(item)]
        if calls_only(item) and not item.indexed:
            loop = replace(loop, index="" if item.columns or item.given else "_")
        self.prefix = before
        after = self._sizes(item, self._outside(item), variable)
        return [*lists, *above, replace(loop, body=tuple(inner)), *after]

    def _list(self, item: StepItem) -> Node:
        """An empty list for the layers of a loop."""
        name = self.lists[item.kept] = self.names.new(f"{_last(item.kept)}_layers")
        return Collect(name, "layers.Layer")

    def _sizes(self, item: LoopItem, read: set[Symbol], variable: str) -> list[Node]:
        """The sizes that a loop changes, of those that are read."""
        return [
            Size(self.display.name(c.symbol), variable, _axis(c.symbol))
            for c in item.carried
            if c.symbol in read
        ]

    def _read(self, item: LoopItem) -> set[Symbol]:
        return {n for e in expressions(list[Item](item.body)) for n in symbols(e)}

    def _outside(self, item: LoopItem) -> set[Symbol]:
        """The symbols that are read anywhere but in this loop."""
        inner = {id(i) for i in items([item])}
        outside: set[Symbol] = set()
        for other in items(self.definition.body):
            if id(other) in inner or isinstance(other, InlineItem | LoopItem):
                continue
            outside |= {n for e in expressions([other]) for n in symbols(e)}
        return outside

    def _new_index(self, item: LoopItem) -> str:
        if id(item) in self.indices:
            return self.indices[id(item)]
        wanted = self.display.name(item.index)
        if wanted in self.indices.values():
            wanted = self.names.new("j")
        return wanted


def _shape(name: str, shape: tuple[int, ...]) -> nodes.Parameter:
    """`input_shape: tuple[int, int, int] = (224, 224, 3)`."""
    return nodes.Parameter(name, annotation([shape]), literal(shape))


def _values(values: Sequence[str], target: Target) -> Args:
    """The values that a function takes, one by one or as a list."""
    return (Arg(nodes.Items(tuple(values), "list")),) if target.listed else tuple(map(Arg, values))


def _axis(symbol: Symbol | None) -> int:
    assert isinstance(symbol, EnteredSize | CarriedSize)
    return AXES[symbol.axis]


def _own(body: Sequence[Item]) -> Iterator[StepItem]:
    """The calls of a loop's turn, without those of loops inside it."""
    for item in body:
        if isinstance(item, InlineItem):
            yield from _own(item.body)
        elif isinstance(item, StepItem):
            yield item


def _last(path: str) -> str:
    """The name of a layer for its variable: `conv` of `stem-0-conv`."""
    names = [name for name in path.split(SEPARATOR) if not name.isdigit()]
    return snake("_".join(names[-2:]))
