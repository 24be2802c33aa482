"""What every backend's writer of a definition does alike: parameters, derived names, functions, uses, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from archspec.graph.expr import Expr, Items, Lit, calls, symbols
from archspec.graph.graph import Graph
from archspec.graph.spelling import literal
from archspec.lowering.dialect import Dialect
from archspec.printing import nodes
from archspec.printing.draft import items as draft
from archspec.printing.draft.items import Definition, LoopItem, StepItem, UseItem, expressions
from archspec.printing.draft.reduce import opaque
from archspec.printing.emit.display import Display
from archspec.printing.emit.layout import annotation
from archspec.printing.emit.support import Needed, needed
from archspec.printing.names import Namer, shown, snake
from archspec.printing.nodes import (
    Arg,
    Args,
    For,
    Let,
    Node,
    Parameter,
    Rule,
    Table,
    Value,
)
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """The definitions of a file and the tables above them. `needs` says what the written definitions need beside."""

    definitions: tuple[Node, ...]
    constants: tuple[Table, ...]
    needs: Callable[[str], Needed]


class Writing(Protocol):
    """A definition as a node, and the tables that stand above it."""

    constants: list[Table]

    def node(self) -> Node:
        """The class or function."""
        ...


class Writer:
    """One definition of a file; `reserved` are names that nothing in it can have."""

    layer_type = "type"  # of a parameter that is given a class of layers
    call_type = "object"  # of one that is given what a call of the framework makes: an initialiser

    def __init__(
        self, definition: Definition, graph: Graph, module: Namer, reserved: frozenset[str]
    ) -> None:
        self.definition, self.graph, self.module = definition, graph, module
        self.reserved = reserved | frozenset(module.taken)
        self.names = Namer(self.reserved)
        self.display = Display(definition, self.names)
        self.constants: list[Table] = []
        self.model = definition.kind == "model"

    def parameter(self, parameter: draft.Parameter) -> Parameter:
        """`stride: int = 1`."""
        values = [quantity.value for quantity in parameter.quantities]
        values += [] if parameter.default is None else [parameter.default]
        default = "" if parameter.default is None else literal(parameter.default)
        kind = annotation(values, any_length=self.model, layer=self.layer_type)
        kind = self.call_type if any(opaque(q.expr) for q in parameter.quantities) else kind
        return Parameter(parameter.name, kind, default)

    def called(self, item: StepItem) -> str:
        """What a step calls: a layer of the framework, or the parameter or column that is given one."""
        return item.target if item.called is None else self.display.show(item.called)

    def derived(self) -> list[Node]:
        """The functions of the file that the model needs, and the derived names."""
        lets = [
            Let(self.display.name(name), self.value(expr)) for name, expr in self.definition.lets
        ]
        return [*(self.functions() if self.model else []), *lets]

    def value(self, expr: Expr) -> Value:
        """An expression, or a list of them."""
        if isinstance(expr, Items):
            return nodes.Items(tuple(map(self.display.show, expr.items)), "tuple")
        return self.display.show(expr)

    def functions(self) -> list[Node]:
        """Functions of the file that a kept variable makes part of the model, those they call among them."""
        waiting: list[Expr] = [
            *expressions(self.definition.body),
            *(expr for _, expr in self.definition.lets),
        ]
        used: set[str] = set()
        while waiting:
            new = {name for name in calls(waiting.pop()) if name in self.graph.functions} - used
            waiting += [self.graph.functions[name].body for name in new]
            used |= new
        return [
            Rule(name, tuple(function.parameters), self.display.show(function.body))
            for name, function in self.graph.functions.items()
            if name in used
        ]

    def uses(
        self, item: UseItem, inferred: Callable[[draft.Parameter], bool] = lambda parameter: False
    ) -> Args:
        """The arguments of a use; parameters that are `inferred` by the definition itself are left out."""
        assert item.definition is not None
        parameters = {p.name: p for p in item.definition.parameters}
        shown: list[Arg] = []
        for name, expr in item.args:
            default = parameters[name].default
            if inferred(parameters[name]):
                continue
            if default is None:
                shown.append(Arg(self.display.show(expr)))
            elif not (isinstance(expr, Lit) and expr.value == default):
                shown.append(Arg(self.display.show(expr), name))
        return tuple(shown)

    def times(self, item: LoopItem) -> str:
        """How often a loop without a table runs."""
        return str(len(item.rows)) if item.count is None else self.display.show(item.count)

    def rows(self, item: LoopItem) -> tuple[list[Node], str]:
        """The rows of a loop's table: what writes those that are no constant, and the name of the table."""
        columns = tuple(map(shown, item.columns))
        if item.cells:
            name = self.names.new(snake(item.constant))
            cells = [[self.display.show(row[c]) for c in item.columns] for row in item.cells]
            return [Table(name, columns, tuple(map(tuple, cells)))], name
        name = self.module.new(snake(item.constant).upper())
        rows = tuple(tuple(map(literal, row)) for row in item.rows)
        self.constants.append(Table(name, columns, rows))
        return [], name

    def head(self, item: LoopItem, index: str | None) -> tuple[list[Node], For]:
        """A loop without its body, and the statements above it that make its table; `index` counts the turns."""
        if not item.columns and not item.given:
            return [], For((), (), index=index or "", count=self.times(item))
        above, feeds = self._feeds(item)
        names = tuple(columns for columns, _ in feeds)
        return above, For(names, tuple(source for _, source in feeds), index=index or "")

    def _feeds(self, item: LoopItem) -> tuple[list[Node], list[tuple[tuple[str, ...], str]]]:
        """What a loop runs over, side by side: names, and the list that gives them; first what makes that list."""
        above: list[Node] = []
        feeds: list[tuple[tuple[str, ...], str]] = []
        read = {name for expr in expressions(item.body) for name in symbols(expr)}
        for columns, expr in item.given:
            names = [self.display.name(c) for c in columns]
            ignored = (f"_{n}" if c not in read else n for c, n in zip(columns, names, strict=True))
            feeds.append((tuple(ignored), self.display.show(expr)))
        if item.columns:
            above, name = self.rows(item)
            feeds.append((tuple(self.display.name(column) for column in item.columns), name))
        return above, feeds


def assembled(writers: Sequence[Writing], dialect: Dialect) -> File:
    """The pieces of a file."""
    definitions = tuple(writer.node() for writer in writers)
    constants = tuple(table for writer in writers for table in writer.constants)
    return File(definitions, constants, partial(needed, dialect))
