"""The names that one printed definition gives to the symbols of its expressions."""

from __future__ import annotations

from dataclasses import field

from archspec.graph.expr import FUNCTIONS, Expr, show
from archspec.printing.names import Namer, shared, shown
from archspec.printing.template import Definition
from archspec.records import dataclass

MATH = {"floor": "math.floor", "ceil": "math.ceil", "log": "math.log"}


@dataclass
class Display:
    """Spells symbols: parameters by their own name, everything else by a free one made at first sight."""

    definition: Definition
    names: Namer
    spelled: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for parameter in self.definition.parameters:
            self.names.taken.add(parameter.name)
            if parameter.symbol is not None:
                self.spelled[shared(parameter.symbol)] = parameter.name

    def name(self, symbol: str) -> str:
        """The printed name of a symbol or function."""
        if symbol.startswith("("):
            return symbol.strip("()")
        if symbol in MATH:
            return MATH[symbol]
        dotted = "." in symbol and symbol[0].isalpha()
        if symbol in FUNCTIONS or (dotted and not symbol.startswith(("in.", "before."))):
            return symbol
        symbol = shared(symbol)
        if symbol not in self.spelled:
            self.spelled[symbol] = self.names.new(shown(symbol))
        return self.spelled[symbol]

    def show(self, expr: Expr) -> str:
        """An expression as Python."""
        return show(expr, self.name)
