"""The drafting of one operation: its calls, for all places where a definition's line runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.graph.expr import Expr, Value
from archspec.graph.graph import ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import FrameworkName
from archspec.lowering.plan import Plan, Step, Unit
from archspec.printing.draft.context import Children, DefinitionContext
from archspec.printing.draft.generalise import NoCommonExpression
from archspec.printing.draft.index import activation
from archspec.printing.draft.items import ENTERS, Args, Item, SplitItem, StepItem, Token
from archspec.printing.draft.reduce import CallSite


def _which(unit: Unit) -> Value:
    """What tells a row's layer from others of its kind: the one word that it is given, or its class."""
    call = unit.steps[0].call
    words = [quantity.value for _, quantity in call.args if isinstance(quantity.value, str)]
    return words[0] if len(words) == len(call.args) == 1 else FrameworkName(call.target)


def _alike(steps: Sequence[Step]) -> bool:
    """Whether steps are activations that one line can make, whichever is given."""
    return len({activation(step).args for step in steps}) == 1 and not any(s.slots for s in steps)


class Calls:
    """The calls of a draft's operations."""

    def __init__(self, draft: DefinitionContext) -> None:
        self.draft = draft

    def unit(
        self, places: list[CallSite], units: list[Unit], name: str, output: Token
    ) -> list[Item]:
        inputs = self.draft.tokens.of(
            [unit.node.inputs for unit in units], places, lists=self._takes_lists(units)
        )
        if len({(len(unit.steps), bool(unit.node.shares)) for unit in units}) != 1:
            raise NoCommonExpression("operations of different steps")
        if units[0].node.shares:
            return self.unit_again(places, units, name, inputs, output)
        steps = [list(column) for column in zip(*(unit.steps for unit in units), strict=True)]
        for column in steps:
            if not any(step.present for step in column):
                spans = [unit.node.span for unit in units]
                whens = [step.when for step in column]
                self.draft.never(
                    places, list(zip(whens, spans, strict=True)), column[0].call.target
                )
        steps = [column for column in steps if any(step.present for step in column)]
        if not steps:
            return [Item(name, inputs, output)]
        owning = sorted(range(len(steps)), key=lambda number: not steps[number][0].slots)
        args = {number: self.arguments(places, steps[number]) for number in owning}
        found: list[Item] = []
        kept = self.draft.file.shared.kept
        for number, column in enumerate(steps):
            last = number == len(steps) - 1
            target = output if last else (output[0], 1000 * (output[1] + 1) + number)
            item = self.step(places, column, name, inputs, target, args[number])
            item.label = units[0].node.label
            if item.style == "layer" and any(u.node.path in kept for u in units):
                self.keep(item, places, [u.native_of(column[0]) for u in units])
            found.append(item)
            inputs = (target,)
        return found

    def _takes_lists(self, units: Sequence[Unit]) -> bool:
        """Whether the first call of an operation takes its values as one list."""
        step = units[0].steps[0] if units[0].steps else None
        if step is None:
            return False
        listed = self.draft.file.framework.targets[step.call.target].listed
        return listed or (step.style == "layer" and not self.draft.file.carries)

    def pieces(
        self,
        places: list[CallSite],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> SplitItem:
        """The one call that cuts a value into pieces."""
        tokens = self.draft.tokens
        counts = [plan.scope.loop.count for plan in plans if plan.scope.loop]
        axes = {unit.node.attrs["axis"].word for plan in plans for unit in plan.units()}
        if len(axes) != 1:
            raise NoCommonExpression("values that are cut along different axes")
        count = self.draft.inference.argument(places, counts, "parts", invent=True)
        number, lengths = tokens.fresh(), [len(plan.children) for plan in plans]
        tokens.listed(number, lengths, places)
        tokens.elements |= {(number, k): (number, k) for k in range(max(lengths))}
        tokens.elements[output] = (number, 0)
        for place, plan in zip(places, plans, strict=True):
            for k in range(len(plan.children)):
                tokens.give([ValueId(plan.scope.id, k)], (number, k), place)
        label = plans[0].scope.label or name
        item = SplitItem(name, inputs, output, None, label)
        item.number, item.count, item.length, item.axis = number, count, max(lengths), axes.pop()
        return item

    def unit_again(
        self,
        places: list[CallSite],
        units: list[Unit],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> list[Item]:
        """The calls of an operation on the layers of another."""
        found: list[Item] = []
        columns = list(zip(*(unit.steps for unit in units), strict=True))
        present = [column for column in columns if any(step.present for step in column)]
        for number, column in enumerate(present):
            first, last = column[0], number == len(present) - 1
            target = output if last else (output[0], 1000 * (output[1] + 1) + number)
            layer = first.style == "layer"
            args = () if layer else self.arguments(places, list(column))
            item = self.step(places, list(column), "", inputs, target, args)
            item.label = units[0].node.label
            if layer:
                natives = [unit.native_of(first) for unit in units]
                item.again, item.at = self.made(places, natives)
                item.name, item.slots, item.initials = "", (), ()
            found.append(item)
            inputs = (target,)
        return found or [Item(name, inputs, output)]

    def within(self, places: Sequence[CallSite], natives: Sequence[str]) -> str:
        """The path of a layer within the definition, which is the same in all uses, or of one that it takes."""
        uses = self.draft.definition.uses
        above = [uses[place.use].native for place in places]
        pairs = list(zip(natives, above, strict=True))
        if not any(native.startswith(f"{outer}.") or not outer for native, outer in pairs):
            return self._outside(places, natives)
        found = {_below(outer, native) for native, outer in pairs}
        if len(found) != 1:
            raise NoCommonExpression("layers of different names that are used again")
        return found.pop()

    def _outside(self, places: Sequence[CallSite], natives: Sequence[str]) -> str:
        """The number of a layer that stands outside of the definition, which takes it."""
        wanted: dict[int, str] = {}
        for place, native in zip(places, natives, strict=True):
            if wanted.setdefault(place.use, native) != native:
                raise NoCommonExpression("layers of different names that are used again")
        modules = self.draft.definition.modules
        fitting = (k for k, one in enumerate(modules) if _fits(one, wanted))
        number = next(fitting, len(modules))
        if number == len(modules):
            modules.append([None] * len(self.draft.definition.uses))
        for use, native in wanted.items():
            modules[number][use] = native
        return f"{ENTERS}{number}"

    def keep(self, item: StepItem, places: Sequence[CallSite], natives: Sequence[str]) -> None:
        """Note a layer that others use again; where layers are variables, by the line that makes it."""
        item.kept = natives[0]
        if not self.draft.file.carries:
            self.draft.kept.note(item, places, natives, self.draft.loops)

    def made(self, places: Sequence[CallSite], natives: Sequence[str]) -> tuple[str, Expr | None]:
        """The path of a layer that is used again, and of one of a list its index."""
        if self.draft.file.carries:
            return self.within(places, natives), None
        return self.draft.kept.used(places, natives, self.draft.loops)

    def arguments(self, places: list[CallSite], steps: list[Step]) -> Args:
        """A call's arguments for all uses; layers that own weights come first and name the sizes."""
        first = steps[0]
        targets = {s.call.target for s in steps}
        if len({(s.style, s.name, tuple(key for key, _ in s.call.args)) for s in steps}) != 1:
            raise NoCommonExpression(f"different calls: {sorted(targets)}")
        if len(targets) != 1 and not (first.style == "layer" and _alike(steps)):
            raise NoCommonExpression(f"different calls: {sorted(targets)}")
        defaults = dict(self.draft.file.framework.targets[first.call.target].defaults)
        found: list[tuple[str, Expr]] = []
        for number, (key, _) in enumerate(first.call.args):
            quantities = [step.call.args[number][1] for step in steps]
            default = defaults.get(key)
            plain = default if isinstance(default, int | float) else None
            found.append(
                (key, self.draft.inference.argument(places, quantities, key, plain, invent=True))
            )
        return tuple(found)

    def step(
        self,
        places: list[CallSite],
        steps: list[Step],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
        args: Args,
    ) -> StepItem:
        first = steps[0]
        when = None
        if not all(step.present for step in steps):
            whens = [step.when or Quantity.of(True) for step in steps]
            when = self.draft.inference.argument(places, whens, first.name or "when")
        called = None
        if len({step.call.target for step in steps}) != 1:
            names = [Quantity.of(FrameworkName(step.call.target)) for step in steps]
            called = self.draft.inference.argument(places, names, name or "act", invent=True)
        initials = tuple(
            dict.fromkeys((slot.native, slot.init) for step in steps for slot in step.slots)
        )
        if len({native for native, _ in initials}) != len(initials):
            raise NoCommonExpression("weights that are drawn in different ways")
        return StepItem(
            first.named(name),
            inputs,
            output,
            when,
            target=first.call.target,
            called=called,
            args=args,
            style=first.style,
            slots=first.slots,
            initials=initials,
        )

    def switch(self, places: list[CallSite], children: Children, name: str) -> Expr:
        """The parameter of a helper that says whether a row is there, or which layer it is."""
        found: list[Value | None] = [None] * len(self.draft.definition.uses)
        for place, child in zip(places, children, strict=True):
            found[place.use] = _which(child) if isinstance(child, Unit) else None
        if len({*found} - {None}) == 1:
            return self.draft.inference.switch(
                [which is not None for which in found], name or "act"
            )
        return self.draft.inference.switch(found, name or "act")


def _below(outer: str, native: str) -> str:
    """A native path within that of a scope."""
    return native.removeprefix(f"{outer}.") if outer else native


def _fits(module: Sequence[str | None], wanted: Mapping[int, str]) -> bool:
    """Whether a layer that a definition takes may be these in these uses."""
    return all(module[use] in (None, native) for use, native in wanted.items())
