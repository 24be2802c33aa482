"""The names that one printed definition gives to the symbols of its expressions."""

from __future__ import annotations

from dataclasses import field

from archspec.graph.evaluate import FUNCTIONS
from archspec.graph.expr import Expr
from archspec.graph.spelling import FunctionName, show
from archspec.graph.symbols import (
    CarriedSize,
    FrameworkName,
    FunctionArgument,
    PrintedName,
    SizeOf,
    Symbol,
)
from archspec.printing.draft.items import Definition, LoopItem, Parameter, items
from archspec.printing.names import Namer, shared, shown
from archspec.records import dataclass

MATH = {"floor": "math.floor", "ceil": "math.ceil", "log": "math.log"}


@dataclass
class Display:
    """Spells symbols: parameters by their own name, everything else by a free name chosen at first use."""

    definition: Definition
    names: Namer
    spelled: dict[Symbol, str] = field(default_factory=dict)
    given: dict[Symbol, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for parameter in sorted(self.definition.parameters, key=_depth):
            self.names.taken.add(parameter.name)
            # of sizes of several loops the innermost is what a loop inside changes
            if parameter.symbol is not None:
                self.given[parameter.symbol] = parameter.name
                self.spelled[self._shared(parameter.symbol)] = parameter.name
        for item in items(self.definition.body):
            if isinstance(item, LoopItem):
                own = (*item.columns, item.index)
                self.names.taken |= {c.name for c in own if isinstance(c, PrintedName)}

    def name(self, symbol: Symbol | FunctionName) -> str:
        """The printed name of a symbol or function: a parameter may be called `ceil`."""
        if isinstance(symbol, FunctionName):
            return self.function(symbol.function)
        if isinstance(symbol, PrintedName | FunctionArgument):
            return symbol.name
        if isinstance(symbol, SizeOf):
            return str(symbol)
        if symbol in self.given:
            return self.given[symbol]
        symbol = self._shared(symbol)
        if symbol not in self.spelled:
            self.spelled[symbol] = self.names.new(shown(symbol))
        return self.spelled[symbol]

    def _shared(self, symbol: Symbol) -> Symbol:
        """What a symbol has a variable with in common."""
        return symbol if self.definition.own_sizes else shared(symbol)

    def function(self, name: str) -> str:
        """The printed name of a function: the language's, the framework's, or the file's."""
        predefined = name in FUNCTIONS or isinstance(name, FrameworkName)
        return MATH.get(name, name) if predefined else self.name(name)

    def show(self, expr: Expr) -> str:
        """An expression as Python."""
        return show(expr, self.name)


def _depth(parameter: Parameter) -> int:
    return parameter.symbol.depth if isinstance(parameter.symbol, CarriedSize) else 0
