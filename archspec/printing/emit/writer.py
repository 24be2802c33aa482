"""What every backend's writer of a definition does alike: parameters, derived names, functions, uses, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from archspec.graph.expr import Expr, Items, Lit, calls, symbols
from archspec.graph.graph import Graph
from archspec.graph.spelling import literal
from archspec.lowering.dialect import Dialect
from archspec.printing.draft.reduce import opaque
from archspec.printing.draft.template import (
    Definition,
    LoopItem,
    Parameter,
    StepItem,
    UseItem,
    expressions,
)
from archspec.printing.emit.display import Display
from archspec.printing.emit.layout import annotation, assigned, bracketed, listed, table
from archspec.printing.emit.support import File, carried, helper_functions, imports, mentioned
from archspec.printing.names import Namer, shown, snake


class Writing(Protocol):
    """A definition as lines, and the constants that stand above it."""

    constants: list[list[str]]

    def lines(self) -> list[str]:
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
        self.constants: list[list[str]] = []
        self.model = definition.kind == "model"

    def parameter(self, parameter: Parameter) -> str:
        """`stride: int = 1`."""
        values = [quantity.value for quantity in parameter.quantities]
        values += [] if parameter.default is None else [parameter.default]
        default = "" if parameter.default is None else f" = {literal(parameter.default)}"
        kind = annotation(values, any_length=self.model, layer=self.layer_type)
        kind = self.call_type if any(opaque(q.expr) for q in parameter.quantities) else kind
        return f"{parameter.name}: {kind}{default}"

    def called(self, item: StepItem) -> str:
        """What a step calls: a layer of the framework, or the parameter or column that is given one."""
        return item.target if item.called is None else self.display.show(item.called)

    def derived(self, depth: int) -> list[str]:
        """The functions of the file that the model needs, and the derived names."""
        lines = self.functions() if self.model else []
        for name, expr in self.definition.lets:
            shown = self.display.name(name)
            if isinstance(expr, Items):
                lines += listed(shown, [self.display.show(item) for item in expr.items], depth)
            else:
                lines += assigned(shown, self.display.show(expr), depth)
        return lines

    def functions(self) -> list[str]:
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
        lines: list[str] = []
        for name, function in self.graph.functions.items():
            if name in used:
                params = ", ".join(f"{p}: int" for p in function.parameters)
                lines += ["", f"def {name}({params}) -> int:"]
                lines += [f"    return {self.display.show(function.body)}", ""]
        return lines

    def uses(self, item: UseItem, known: Callable[[Parameter], bool]) -> list[str]:
        """The arguments of a use; parameters that are `known` to the definition itself are not given."""
        assert item.definition is not None
        parameters = {p.name: p for p in item.definition.parameters}
        shown: list[str] = []
        for name, expr in item.args:
            default = parameters[name].default
            if known(parameters[name]):
                continue
            if default is None:
                shown.append(self.display.show(expr))
            elif not (isinstance(expr, Lit) and expr.value == default):
                shown.append(f"{name}={self.display.show(expr)}")
        return shown

    def times(self, item: LoopItem) -> str:
        """How often a loop without a table runs."""
        return str(len(item.rows)) if item.count is None else self.display.show(item.count)

    def rows(self, item: LoopItem) -> tuple[list[str], str]:
        """The rows of a loop's table: the lines that write those that are no constant, and what names them."""
        columns = [*map(shown, item.columns)]
        if item.cells:
            name = self.names.new(snake(item.constant))
            cells = [[self.display.show(row[c]) for c in item.columns] for row in item.cells]
            return table(name, columns, cells, 2), name
        name = self.module.new(snake(item.constant).upper())
        self.constants.append(table(name, columns, [[*map(literal, row)] for row in item.rows]))
        return [], name

    def head(self, item: LoopItem, index: str | None, depth: int) -> list[str]:
        """The line that opens a loop, below those that make its table; `index` counts the turns."""
        if not item.columns and not item.given:
            return [f"for {index or '_'} in range({self.times(item)}):"]
        above, feeds = self._feeds(item)
        names = [", ".join(columns) for columns, _ in feeds]
        one = len(feeds) == 1
        grouped = [name if one or "," not in name else f"({name})" for name in names]
        target = ", ".join(grouped)
        sources = [source for _, source in feeds]
        source = sources[0] if one else f"zip({', '.join(sources)}, strict=True)"
        if index is None:
            return [*above, f"for {target} in {source}:"]
        inner = f"({target})" if "," in target else target
        return [*above, *bracketed(f"for {index}, {inner} in enumerate(", [source], "):", depth)]

    def _feeds(self, item: LoopItem) -> tuple[list[str], list[tuple[list[str], str]]]:
        """What a loop runs over, side by side: names, and the list that gives them; first the lines that make it."""
        above: list[str] = []
        feeds: list[tuple[list[str], str]] = []
        read = {name for expr in expressions(item.body) for name in symbols(expr)}
        for columns, expr in item.given:
            names = [self.display.name(c) for c in columns]
            ignored = (f"_{n}" if c not in read else n for c, n in zip(columns, names, strict=True))
            feeds.append(([*ignored], self.display.show(expr)))
        if item.columns:
            above, name = self.rows(item)
            feeds.append(([self.display.name(column) for column in item.columns], name))
        return above, feeds


def assembled(writers: Sequence[Writing], dialect: Dialect) -> File:
    """The pieces of a file: definitions, and before them whatever they turn out to need; raises BrokenPlugin."""
    found = File()
    for writer in writers:
        found.definitions.append(writer.lines())
        found.constants += writer.constants
    written = [line for lines in found.definitions for line in lines]
    brought = carried(dialect, written)
    found.helpers = helper_functions(written) + brought.segments
    everything = [line for lines in (*found.helpers, *found.definitions) for line in lines]
    found.imports = imports(brought.names, mentioned(everything))
    return found
