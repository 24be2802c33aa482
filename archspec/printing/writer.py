"""What every backend's writer of a definition does alike: parameters, derived names, functions, uses, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from archspec.graph.expr import Expr, Lit, calls
from archspec.graph.graph import Graph
from archspec.printing.display import Display
from archspec.printing.layout import annotation, assigned, table
from archspec.printing.names import Namer, snake
from archspec.printing.support import File, carried, helper_functions
from archspec.printing.template import Definition, LoopItem, Parameter, UseItem, expressions


class Writing(Protocol):
    """A definition as lines, and the constants that stand above it."""

    constants: list[list[str]]

    def lines(self) -> list[str]:
        """The class or function."""
        ...


class Writer:
    """One definition of a file; `reserved` are names that nothing in it can have."""

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
        default = "" if parameter.default is None else f" = {parameter.default!r}"
        return f"{parameter.name}: {annotation(values)}{default}"

    def derived(self, depth: int) -> list[str]:
        """The functions of the file that the model needs, and the derived names."""
        lines = self.functions() if self.model else []
        for name, expr in self.definition.lets:
            lines += assigned(self.display.name(name), self.display.show(expr), depth)
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

    def constant(self, item: LoopItem) -> str:
        """The name of a loop's table, which stands above the definition."""
        name = self.module.new(snake(item.constant).upper())
        self.constants.append(table(name, item.columns, item.rows))
        return name


def assembled(
    writers: Sequence[Writing],
    support: Sequence[Path],
    known: frozenset[str],
    imports: Callable[[str], list[str]],
) -> File:
    """The pieces of a file: definitions, and before them whatever they turn out to need."""
    found = File()
    for writer in writers:
        found.definitions.append(writer.lines())
        found.constants += writer.constants
    written = [line for lines in found.definitions for line in lines]
    found.helpers = helper_functions(written) + carried(support, known, written)
    everything = [line for lines in (*found.helpers, *found.definitions) for line in lines]
    found.imports = imports("\n".join(everything))
    return found
