"""Which scopes become definitions, and which of them share one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import field
from typing import Any, Literal

from archspec.graph.expr import Expr
from archspec.graph.graph import INPUT, Absent, Scope, ValueId
from archspec.graph.symbols import Symbol
from archspec.lowering.flow import captures
from archspec.lowering.plan import Plan, Slot, Step, Unit
from archspec.printing.draft.behind import parameters_behind
from archspec.records import dataclass

Defined = Literal["block", "row", "group", "turn"]
Shape = Any


@dataclass(frozen=True, slots=True)
class Activation:
    """Layers that an argument can tell apart: of one class, or of several that are made with the same arguments."""

    targets: frozenset[str]
    args: frozenset[Any]

    def joined(self, other: Activation) -> Activation:
        """Both."""
        return Activation(self.targets | other.targets, self.args | other.args)

    def together(self, other: Activation) -> bool:
        """Whether one line can make all of them."""
        both = self.joined(other)
        return len(both.targets) == 1 or len(both.args) == 1


@dataclass(slots=True)
class Group:
    """The uses of one definition; `shape` is what they have in common, `uniform` whether that is all of each.

    `sites` are the lines that would use it: rows of the spec, within the definition that is written around them.
    """

    kind: Defined
    key: Hashable
    shape: Shape
    uniform: bool = True
    uses: list[Plan] = field(default_factory=list)
    sites: set[Hashable] = field(default_factory=set)

    @property
    def once(self) -> bool:
        """Whether a helper would be used by one line, which it is too small for."""
        small = self.kind == "group" or (self.kind == "row" and self.uniform)
        return small and len(self.sites) == 1


@dataclass(slots=True)
class Index:
    """Every definition of a plan: the group and the number of each defined scope, by the scope's id.

    `blocks` are the blocks around scopes, `varying` the parameters for which the uses of a group give different values.
    The scopes in `apart` share a definition with none but what stands at their place in other plans; those that are
    used `again` are another's.
    """

    defines: Callable[[Plan], Defined | None]
    again: Callable[[Plan], Plan | None]
    apart: frozenset[int] = frozenset()
    groups: list[Group] = field(default_factory=list)
    where: dict[int, tuple[Group, int]] = field(default_factory=dict)
    blocks: dict[int, Plan] = field(default_factory=dict)
    varying: dict[int, frozenset[Symbol]] = field(default_factory=dict)

    def walk(self, plan: Plan, site: tuple[Hashable, ...] = (), block: Plan | None = None) -> None:
        """Put each defined scope below `plan`, which is written at `site` in a `block`, into the first group that it
        fits."""
        for number, child in enumerate(plan.children):
            if not isinstance(child, Plan) or self.again(child):
                continue
            here = (*site, number) if plan.scope.id in self.apart else site
            if block is not None:
                self.blocks[child.scope.id] = block
            kind = self.defines(child)
            if kind is not None:
                group = self._place(kind, child)
                group.sites.add((*here, child.scope.span.start))
                here = (id(group),)
            self.walk(child, here, child if kind == "block" else block)

    def offered(self, scope: Scope, expr: Expr) -> bool:
        """Whether an expression of a scope hangs on a parameter of the block around it for which uses give different
        values."""
        block = self.blocks.get(scope.id)
        if block is None:
            return False
        group, _ = self.where[block.scope.id]
        if id(group) not in self.varying:
            values = {
                name: {use.scope.symbols.get(name) for use in group.uses}
                for name in block.scope.arguments
            }
            self.varying[id(group)] = frozenset(n for n, found in values.items() if len(found) > 1)
        varying = self.varying[id(group)]
        return any(name in varying for name in parameters_behind(expr, block.scope))

    def _place(self, kind: Defined, plan: Plan) -> Group:
        scope = plan.scope
        named = scope.definition if kind == "block" else (scope.span.start, scope.kind)
        key: Hashable = (kind,) if kind == "row" else (kind, named)
        if scope.id in self.apart:
            key = (key, scope.path)
        shape = self.shape(plan)
        for group in self.groups:
            if group.key != key:
                continue
            if group.shape == shape:
                break
            if compatible(group.shape, shape, row=kind == "row"):
                group.uniform, group.shape = False, merged(group.shape, shape)
                break
        else:
            group = Group(kind, key, shape)
            self.groups.append(group)
        self.where[scope.id] = (group, len(group.uses))
        group.uses.append(plan)
        return group

    def shape(self, plan: Plan) -> Shape:
        """What must agree between the uses of one definition; None stands for a row that is absent."""
        if plan.scope.kind == "row":
            found = {
                child.node.op.role: unit_shape(child)
                for child in plan.children
                if isinstance(child, Unit)
            }
            return (found.get(""), found.get("norm", "no norm"), found.get("activation"))
        if plan.scope.kind == "loop":
            return self._turns(plan)
        if plan.scope.kind == "split":
            return ("split", {unit.node.attrs["axis"].word: None for unit in plan.units()})
        return tuple(
            None
            if isinstance(child, Absent)
            else (name, unit_shape(child))
            if isinstance(child, Unit)
            else (name, child.scope.kind, self.shape(child))
            for child, name in zip(plan.children, plan.names, strict=True)
        )

    def _turns(self, plan: Plan) -> Shape:
        shape: Shape = None
        for turn in plan.children:
            assert isinstance(turn, Plan)
            other = self.shape(turn)
            if shape == other:
                continue
            if not compatible(shape, other, row=False):
                return ("apart", tuple(self.shape(t) for t in plan.children if isinstance(t, Plan)))
            shape = merged(shape, other)
        return ("loop", shape)


def unit_shape(unit: Unit) -> Shape:
    """The targets of a unit's steps, and how their weights are drawn."""
    if unit.node.op.role == "activation" and len(unit.steps) == 1 and not unit.steps[0].slots:
        return activation(unit.steps[0])
    return tuple(
        (step.name, step.call.target, step.style, {s.native: _drawn(s) for s in step.slots})
        for step in unit.steps
    )


def activation(step: Step) -> Activation:
    """An activation by its class and its arguments."""
    args = tuple((key, quantity.value) for key, quantity in step.call.args)
    return Activation(frozenset({step.call.target}), frozenset({(step.style, args)}))


def _drawn(slot: Slot) -> Shape:
    """How a weight gets its first value; two layers that differ in it do not share a definition."""
    if slot.init is None:
        return None
    return slot.init.target, *((key, quantity.value) for key, quantity in slot.init.args)


def compatible(first: Shape, second: Shape, *, row: bool) -> bool:
    """Whether two shapes can be one definition: an absent row fits anything; of a helper, only the activation."""
    if first is None or second is None:
        return True
    if row and first is not None and len(first) == 3:
        main = first[0] == second[0] and first[1] == second[1]
        return main and compatible(first[2], second[2], row=False)
    if isinstance(first, Activation) and isinstance(second, Activation):
        return first.together(second)
    if isinstance(first, dict) and isinstance(second, dict):
        return all(first[key] == second[key] for key in first.keys() & second.keys())
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(
            compatible(a, b, row=False) for a, b in zip(first, second, strict=True)
        )
    return bool(first == second)


def merged(first: Shape, second: Shape) -> Shape:
    """What two compatible shapes have in common, absent rows filled in."""
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, Activation) and isinstance(second, Activation):
        return first.joined(second)
    if isinstance(first, dict) and isinstance(second, dict):
        return first | second
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        return tuple(merged(a, b) for a, b in zip(first, second, strict=True))
    return first


def defined(plan: Plan) -> Defined | None:
    """What is a definition in any framework: blocks, rows of several layers, and named groups of more than one row."""
    scope = plan.scope
    if scope.kind == "block":
        return "block"
    if scope.kind == "row":
        return "row"
    if scope.kind in ("group", "residual", "branch") and scope.label and plan.children:
        return None if takes_place(plan) or is_absent(plan) else "group"
    return None


def is_absent(plan: Plan) -> bool:
    """Whether no row of a list is there."""
    return all(isinstance(child, Absent) for child in plan.children)


def takes_place(plan: Plan) -> bool:
    """Whether a layer or a definition is all there is of a turn, and stands where the turn stands."""
    if plan.names != ("",):
        return False
    only = plan.children[0]
    if not isinstance(only, Plan):
        return True
    return only.scope.label is not None or only.scope.kind in ("block", "row")


def is_chain(plan: Plan) -> bool:
    """Whether each child takes only the value above it and is a layer or has a level of its own."""
    above = ValueId(plan.scope.id, INPUT)
    if any(unit.node.shares for unit in plan.units()):
        return False
    for position, child in enumerate(plan.children):
        if isinstance(child, Plan):
            if takes_place(plan):
                return True
            inputs, alone = child.scope.inputs, len(plan.children) == 1 and is_chain(child)
            simple = (bool(child.name) or alone) and not captures(child)
            simple = simple and len(child.scope.named_inputs) < 2
        elif isinstance(child, Unit):
            inputs = child.node.inputs
            simple = bool(child.steps) and all(step.style == "layer" for step in child.steps)
        else:
            inputs, simple = child.inputs, True
        if inputs != (above,) or not simple:
            return False
        above = ValueId(plan.scope.id, position)
    return plan.scope.result in (above, ValueId(plan.scope.id, INPUT))
