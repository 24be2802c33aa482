"""Initial values in printed source: one loop over the modules where all layers of a kind are drawn in one way,
else a line behind each layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Call
from archspec.printing import nodes
from archspec.printing.draft.items import Definition, Item, StepItem, items
from archspec.printing.emit.layout import arguments
from archspec.printing.emit.support import base
from archspec.printing.nodes import Draw, Drawn, Node, Value
from archspec.records import dataclass
from archspec_torch.tables.initial import NORMS, PRESET, TARGETS

Ways = dict[str, list[Call]]


def _ways(weights: Iterable[tuple[str, str, Call | None]]) -> dict[str, Ways]:
    """By the kind of layer, then by attribute, every way in which a weight is drawn."""
    kinds: dict[str, Ways] = {}
    for kind, native, call in weights:
        ways = kinds.setdefault(kind, {}).setdefault(native, [])
        if call is not None and call not in ways:
            ways.append(call)
    return kinds


@dataclass(slots=True)
class Initials:
    """How each kind of layer is drawn: by class, then by attribute, every way that occurs."""

    dialect: Dialect
    kinds: dict[str, Ways] = field(default_factory=dict)
    some_without: set[tuple[str, str]] = field(default_factory=set)

    @staticmethod
    def of(definitions: Sequence[Definition], dialect: Dialect) -> Initials:
        steps = [
            (base(dialect, item.target), item.initials)
            for definition in definitions
            for item in items(definition.body)
            if isinstance(item, StepItem) and item.slots
        ]
        kinds = _ways((kind, *initial) for kind, initials in steps for initial in initials)
        without = {
            (kind, native)
            for kind, initials in steps
            for native in kinds[kind].keys() - {native for native, _ in initials}
        }
        return Initials(dialect, kinds, without)

    def uniform(self, kind: str) -> bool:
        """Whether one loop can draw all layers of a kind."""
        return all(len(ways) == 1 for ways in self.kinds[kind].values())

    def all(self) -> list[Node]:
        """The loop at the end of the model's `__init__`, if anything is drawn there."""
        loops: list[Drawn] = []
        for kind, drawn in self.kinds.items():
            if not self.uniform(kind):
                continue
            draws = [
                _draw(
                    ways[0],
                    "module",
                    native,
                    (kind, native) in self.some_without or _optional(kind, native),
                )
                for native, ways in drawn.items()
                if not _preset(kind, native, ways[0])
            ]
            if draws:
                loops.append(Drawn(kind, tuple(draws)))
        return [nodes.Initials(tuple(loops))] if loops else []

    def apart(self, item: Item) -> bool:
        """Whether the weights of a layer are drawn on their own: its kind is drawn in several ways."""
        return bool(self.after(item, ""))

    def after(self, item: Item, layer: Value) -> tuple[Draw, ...]:
        """The first values of a layer whose kind is drawn in several ways."""
        if not isinstance(item, StepItem) or not item.slots:
            return ()
        kind = base(self.dialect, item.target)
        if self.uniform(kind):
            return ()
        return tuple(
            _draw(call, layer, native, _optional(kind, native))
            for native, call in item.initials
            if call is not None and not _preset(kind, native, call)
        )


def _preset(kind: str, native: str, call: Call) -> bool:
    """Whether a weight has its first values already."""
    return kind in NORMS and call.target == PRESET.get(native)


def _optional(kind: str, native: str) -> bool:
    """Whether a weight may be missing for PyTorch's type checker, which knows that of a convolution's bias alone."""
    return native == "bias" and kind.startswith("nn.Conv")


def _draw(call: Call, layer: Value, weight: str, optional: bool) -> Draw:
    pairs = [(key, quantity.expr) for key, quantity in call.args]
    args = arguments(TARGETS[call.target], pairs, str)
    return Draw(layer, weight, nodes.Call(call.target, args), optional)
