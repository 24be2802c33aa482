"""Names of printed code: never a word of Python or the framework, never twice in one scope."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import field

from archspec.graph.symbols import (
    CarriedSize,
    EnteredSize,
    FunctionArgument,
    PrintedName,
    RunningSum,
    Symbol,
)
from archspec.records import dataclass

WORDS = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "x", "inputs", "name"}
)


@dataclass(slots=True)
class Namer:
    """Hands out names; one that is taken gets `_` if it is a reserved word, else a number. `wanted` has those with a
    number as they were without."""

    reserved: frozenset[str]
    taken: set[str] = field(default_factory=set)
    wanted: dict[str, str] = field(default_factory=dict)

    def new(self, wanted: str) -> str:
        """A free name like `wanted`."""
        base = wanted if wanted.isidentifier() else re.sub(r"\W", "_", wanted) or "value"
        base = f"_{base}" if base[0].isdigit() else base
        if base in WORDS or base in self.reserved or (base.startswith("__")):
            bare = base.strip("_")
            base = f"{bare if bare.isidentifier() else f'value{bare}'}_"
        name, number = base, 1
        while name in self.taken or name in self.reserved:
            number += 1
            name = f"{base}{number}"
        self.taken.add(name)
        if name != base:
            self.wanted[name] = base
        return name


def camel(name: str) -> str:
    """`inverted_residual` as `InvertedResidual`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)


def snake(name: str) -> str:
    """`InvertedResidual` as `inverted_residual`; a name without capitals as it is."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() if name != name.lower() else name


def shown(symbol: Symbol) -> str:
    """A symbol as a name of Python: a size that enters is in_channels, one that a loop carries channels."""
    match symbol:
        case CarriedSize():
            return symbol.axis
        case EnteredSize(input=""):
            return f"in_{symbol.axis}"
        case EnteredSize():
            return snake(f"{symbol.input}_{symbol.axis}")
        case RunningSum():
            return snake(f"before_{symbol.column}")
        case PrintedName() | FunctionArgument():
            return snake(symbol.name)
    return snake(str(symbol).replace(".", "_"))


def entered(symbol: Symbol | None) -> bool:
    """Whether a symbol is a size of the first value that enters a definition."""
    return isinstance(symbol, EnteredSize) and not symbol.input


def shared(symbol: Symbol) -> Symbol:
    """Sizes that loops carry share one variable, however deep the loop."""
    return CarriedSize(0, symbol.axis) if isinstance(symbol, CarriedSize) else symbol
