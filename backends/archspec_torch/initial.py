"""Initial values in printed source: one loop over the modules where a kind of layer is drawn in one way everywhere,
else a line behind each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Call
from archspec.printing.layout import arguments
from archspec.printing.support import base
from archspec.printing.template import Definition, Item, StepItem, items
from archspec.records import dataclass
from archspec_torch.table import INITIAL_TARGETS

PRESET = {"nn.BatchNorm1d", "nn.BatchNorm2d"}
Drawn = dict[str, list[Call]]


@dataclass(slots=True)
class Initials:
    """How each kind of layer is drawn: by class, then by attribute, every way that occurs."""

    dialect: Dialect
    kinds: dict[str, Drawn] = field(default_factory=dict)
    some_without: set[tuple[str, str]] = field(default_factory=set)

    @staticmethod
    def of(definitions: Sequence[Definition], dialect: Dialect) -> Initials:
        found = Initials(dialect)
        steps = [
            item
            for definition in definitions
            for item in items(definition.body)
            if isinstance(item, StepItem) and item.slots
        ]
        for step in steps:
            kind = base(dialect, step.target)
            drawn = found.kinds.setdefault(kind, {})
            for native, call in step.initials:
                ways = drawn.setdefault(native, [])
                if call is not None and call not in ways:
                    ways.append(call)
        for step in steps:
            kind = base(dialect, step.target)
            own = {native for native, _ in step.initials}
            found.some_without |= {(kind, n) for n in found.kinds[kind] if n not in own}
        return found

    def uniform(self, kind: str) -> bool:
        """Whether one loop can draw all layers of a kind."""
        return all(len(ways) == 1 for ways in self.kinds[kind].values())

    def lines(self) -> list[str]:
        """The loop at the end of the model's `__init__`."""
        found: list[str] = []
        word = "if"
        for kind, drawn in self.kinds.items():
            if kind in PRESET or not self.uniform(kind):
                continue
            found.append(f"    {word} isinstance(module, {kind}):")
            word = "elif"
            for native, ways in drawn.items():
                line = _line(ways[0], f"module.{native}")
                if (kind, native) in self.some_without:
                    found += [f"        if module.{native} is not None:", f"            {line}"]
                else:
                    found.append(f"        {line}")
        return ["for module in self.modules():", *found] if found else []

    def after(self, item: Item, layer: str) -> list[str]:
        """The lines behind a layer whose kind is drawn in several ways."""
        if not isinstance(item, StepItem) or not item.slots or item.target in PRESET:
            return []
        if self.uniform(base(self.dialect, item.target)):
            return []
        calls = {native: call for native, call in item.initials if call is not None}
        return [_line(call, f"{layer}.{native}") for native, call in calls.items()]


def _line(call: Call, tensor: str) -> str:
    pairs = [(key, quantity.expr) for key, quantity in call.args]
    args = arguments(INITIAL_TARGETS[call.target], pairs, str)
    return f"{call.target}({', '.join([tensor, *args])})"
