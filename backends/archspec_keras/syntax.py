"""How Keras is written: a function for each definition, layers made and applied where the flow needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from archspec.graph.expr import symbols
from archspec.graph.graph import Graph
from archspec.graph.spelling import literal
from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Plan, Target
from archspec.printing.draft import index
from archspec.printing.draft.flow import Flow
from archspec.printing.draft.template import (
    Definition,
    InlineItem,
    Item,
    LoopItem,
    Parameter,
    StepItem,
    UseItem,
    expressions,
    items,
)
from archspec.printing.emit.layout import (
    applied,
    arguments,
    bracketed,
    indented,
)
from archspec.printing.emit.support import File, file_names
from archspec.printing.emit.writer import Writer, assembled
from archspec.printing.names import Namer, entered, snake
from archspec.printing.verify.replay import Framework

HERE = Path(__file__).parent
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
        return Framework("keras", frozenset(self.dialect.homes), self.dialect.targets)


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
        self.prefix: list[str] = [] if self.model else ["{name}"]
        self.indices: dict[int, str] = {}
        self.depth = 1
        self.made: dict[str, str] = {}

    def lines(self) -> list[str]:
        definition = self.definition
        entering = {token: self.names.new(snake(name)) for name, token in definition.takes}
        captured = [self.names.new("skip") for _ in definition.captures]
        read = [p for p in definition.parameters if _entered(p)]
        given = [p for p in definition.ordered() if not _entered(p)]
        shown = [self.parameter(parameter) for parameter in given]
        if self.model:
            names = list(entering.values()) or ["input"]
            shapes = [self.names.new(f"{name}_shape") for name in names]
            types = [port.type.shape for port in self.graph.inputs]
            shown = [*([] if definition.sizes else map(_sized, shapes, types)), *shown]
            head = bracketed(f"def {definition.name}(", shown, ") -> keras.Model:", 0)
        else:
            tensors = [f"{name}: KerasTensor" for name in ("x", *captured)]
            head = bracketed(
                f"def {definition.name}(",
                [*tensors, *shown, "*", "name: str"],
                ") -> KerasTensor:",
                0,
            )
        body = [f"{p.name} = x.shape[{_axis(p.symbol)}]" for p in read]
        body += self.derived(1)
        known = {**entering, **dict(zip(definition.captures, captured, strict=True))}
        flow = Flow(self, self.names, known)
        written = flow.lines(definition.body, definition.entry, definition.results)
        if self.model:
            sizes = [self.display.show(size) for size in definition.sizes]
            stated = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})" if sizes else shapes[0]
            begun = [
                f'{variable} = keras.Input({shape}, name="{name}")'
                for (name, _), variable, shape in zip(
                    definition.takes, entering.values(), shapes, strict=False
                )
            ] or [f"inputs = x = keras.Input({stated})"]
            inputs = f"[{', '.join(entering.values())}]" if entering else "inputs"
            ends = [inputs, _outputs(flow.given), f'name="{definition.name}"']
            end = bracketed("return keras.Model(", ends, ")", 1)
            written = [*begun, *written, *end]
        else:
            written = [*written, "return x"]
        return [*head, *indented([*body, *written])]

    def _path(self, name: str) -> str:
        parts = [*self.prefix, name] if name else self.prefix
        path = ".".join(parts)
        if path == "{name}":
            return "name=name"
        return f'name=f"{path}"' if "{" in path else f'name="{path}"'

    def step(self, item: Item, given: Sequence[str], variable: str) -> list[str]:
        depth = self.depth + len(self.indices) + (item.when is not None)
        if isinstance(item, UseItem):
            assert item.definition is not None
            args = [*given, *self.uses(item, _entered), self._path(item.name)]
            return bracketed(f"{variable} = {item.definition.name}(", args, ")", depth)
        assert isinstance(item, StepItem)
        target = self.targets[item.target]
        args = arguments(target, item.args, self.display.name)
        if item.style == "function":
            values = f"[{', '.join(given)}]" if target.listed else ", ".join(given)
            return bracketed(f"{variable} = {item.target}(", [values, *args], ")", depth)
        inputs = f"[{', '.join(given)}]" if len(given) > 1 else given[0]
        if item.again:
            return [f"{variable} = {self.made[item.again]}({inputs})"]
        if item.kept:
            wanted = item.kept.replace(".", "_") if "." in item.kept else f"{item.kept}_layer"
            layer = self.made[item.kept] = self.names.new(snake(wanted))
            args.append(self._path(item.name))
            made = bracketed(f"{layer} = {self.called(item)}(", args, ")", depth)
            return [*made, f"{variable} = {layer}({inputs})"]
        args.append(self._path(item.name))
        return applied(f"{variable} = {self.called(item)}(", args, inputs, depth)

    def condition(self, item: Item) -> str | None:
        return None if item.when is None else self.display.show(item.when)

    def inside(self, item: LoopItem) -> bool:
        return True

    @contextmanager
    def level(self, name: str, deeper: bool) -> Iterator[None]:
        """What is written meanwhile has this level in its names, and may stand under a condition."""
        before = list(self.prefix)
        self.prefix = [*before, name] if name else before
        self.depth += deeper
        yield
        self.depth -= deeper
        self.prefix = before

    def loop(self, item: LoopItem, body: Callable[[], list[str]], variable: str) -> list[str]:
        """A loop; its index stands in the names of its layers."""
        index_name = self._new_index(item)
        before = list(self.prefix)
        level = [item.name] if item.name else []
        self.prefix = [*before, *level, f"{{{index_name}}}"]
        self.indices[id(item)] = index_name
        head = self.head(item, index_name, self.depth + len(self.indices) - 1)
        read = self._read(item)
        sizes = [c for c in item.carried if c.symbol in read]
        lines = [
            f"{self.display.name(c.symbol)} = {variable}.shape[{_axis(c.symbol)}]" for c in sizes
        ]
        lines += body()
        del self.indices[id(item)]
        self.prefix = before
        after = [
            f"{self.display.name(c.symbol)} = {variable}.shape[{_axis(c.symbol)}]"
            for c in item.carried
            if c.symbol in self._outside(item)
        ]
        return [*head, *indented(lines), *after]

    def _read(self, item: LoopItem) -> set[str]:
        return {n for e in expressions(list[Item](item.body)) for n in symbols(e)}

    def _outside(self, item: LoopItem) -> set[str]:
        """The symbols that are read anywhere but in this loop."""
        inner = {id(i) for i in items([item])}
        found: set[str] = set()
        for other in items(self.definition.body):
            if id(other) in inner or isinstance(other, InlineItem | LoopItem):
                continue
            found |= {n for e in expressions([other]) for n in symbols(e)}
        return found

    def _new_index(self, item: LoopItem) -> str:
        wanted = self.display.name(item.index)
        if wanted in self.indices.values():
            wanted = self.names.new("j")
        return wanted


def _sized(name: str, shape: tuple[int, ...]) -> str:
    """`input_shape: tuple[int, int, int] = (224, 224, 3)`."""
    kind = f"tuple[{', '.join('int' for _ in shape)}]"
    return f"{name}: {kind} = {literal(shape)}"


def _outputs(given: Mapping[str, str]) -> str:
    """What a model gives: a tensor, or several by name."""
    if len(given) == 1:
        return next(iter(given.values()))
    items = (f'"{name}": {value}' for name, value in given.items())
    return f"{{{', '.join(items)}}}"


def _entered(parameter: Parameter) -> bool:
    """Whether a parameter is a size of the tensor that comes in, which Keras knows by itself."""
    return entered(parameter.symbol)


def _axis(symbol: str | None) -> int:
    return AXES[(symbol or "").rpartition(".")[2]]
