"""What a backend says of itself as data: its rows, what they may call, and where that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from archspec.graph.graph import Node
from archspec.graph.ops.base import Operation, Weight
from archspec.lowering.plan import Plan, Step, Target
from archspec.plugins import BrokenPlugin, origin
from archspec.records import dataclass

Row = Callable[[Node, tuple[Weight, ...]], tuple[Step, ...]]
Table = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Lowering:
    """An operation in one backend, brought by the operation's own package: a member of `Operation.rows`.

    `targets` are what its row calls and the backend's table does not. One with a dot (`nn.LeakyReLU`) is the
    framework's; one without (`SpaceToDepth`) is a class or function of the module `support`, which the printer copies.
    `names` are further imports of a printed file, as in `Dialect`.
    """

    row: Row
    targets: Mapping[str, Target] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    support: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A backend's rows and all that they may call.

    `names` are what a printed file imports: `torch` is a module, `torch.nn:functional` a member of one. The first part
    of a target is one of them. `homes` are the modules of targets without a dot, which a file carries itself.
    `reserved` are names that no child of a model can have; `called` are those that the framework gives to what enters
    a model, alone or with a number. `separator` stands between the levels of a layer's native path; no label has it.
    """

    name: str
    title: str
    table: Table
    targets: Mapping[str, Target]
    names: Mapping[str, str] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    called: tuple[str, ...] = ()
    separator: str = "."

    def row(self, op: Operation) -> Row | None:
        """The row of an operation: the table's, else the one that the operation brings; raises BrokenPlugin."""
        if op.name in self.table:
            return self.table[op.name]
        brought = op.rows.get(self.name)
        if brought is None:
            return None
        if not isinstance(brought, Lowering):
            raise BrokenPlugin(_of(op), f"has a row for {self.name} that is no Lowering")
        return brought.row

    def of(self, plan: Plan) -> Dialect:
        """The same with whatever the operations of a plan bring; raises BrokenPlugin."""
        dialect = self
        others = {
            u.node.op.name: u.node.op for u in plan.units() if u.node.op.name not in self.table
        }
        for op in others.values():
            dialect = dialect._with(op, op.rows[self.name])
        for unit in plan.units():
            for step in unit.steps:
                if step.call.target not in dialect.targets:
                    problem = f"calls `{step.call.target}`, which it does not declare"
                    raise BrokenPlugin(_of(unit.node.op), problem)
        return dialect

    def _with(self, op: Operation, brought: Lowering) -> Dialect:
        homes = carried(brought.targets, brought.support)
        for own, more in (
            (self.targets, brought.targets),
            (self.homes, homes),
            (self.names, brought.names),
        ):
            for name, meaning in more.items():
                if own.get(name, meaning) != meaning:
                    raise BrokenPlugin(_of(op), f"declares `{name}`, which is declared otherwise")
        return replace(
            self,
            targets={**self.targets, **brought.targets},
            homes={**self.homes, **homes},
            names={**self.names, **brought.names},
        )

    def resolve(self, target: str) -> Any:
        """The class or function of a target, its module imported; raises BrokenPlugin.

        Every name here is a table's or a plug-in's declaration, never text of a spec.
        """
        module, path = self._place(target)
        try:
            value: Any = import_module(module)
            for name in path:
                value = getattr(value, name)
        except (ImportError, AttributeError) as error:
            raise BrokenPlugin(f"the {self.name} backend", f"has no `{target}`: {error}") from error
        return value

    def _place(self, target: str) -> tuple[str, list[str]]:
        """The module of a target, and the way from there."""
        if target in self.homes:
            return self.homes[target], [target]
        first, *rest = target.split(".")
        if target not in self.targets or first not in self.names:
            raise BrokenPlugin(f"the {self.name} backend", f"does not know of `{target}`")
        module, _, member = self.names[first].partition(":")
        return module, [*filter(None, [member]), *rest]


def carried(targets: Iterable[str], support: str) -> dict[str, str]:
    """The homes of those targets that a printed file carries itself: all without a dot."""
    return {target: support for target in targets if target.isidentifier()}


def tables(package: str, path: Iterable[str]) -> tuple[Table, Mapping[str, Target]]:
    """Rows and targets of a package, which has a module for each family of operations.

    `TABLE` of a module are rows, `TARGETS` what they call. New modules are found by themselves, as declarations are.
    """
    rows: dict[str, Row] = {}
    targets: dict[str, Target] = {}
    for module in iter_modules(path):
        family = vars(import_module(f"{package}.{module.name}"))
        rows |= family.get("TABLE", {})
        targets |= family.get("TARGETS", {})
    return rows, targets


def _of(op: Operation) -> str:
    return f"the operation `{op.name}` of {origin(type(op).__module__)}"
