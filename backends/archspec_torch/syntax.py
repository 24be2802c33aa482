"""How PyTorch is written: what becomes a class, and what stands in the class that uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from archspec.graph.graph import Graph
from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Plan
from archspec.printing.draft import index
from archspec.printing.draft.items import (
    Definition,
)
from archspec.printing.emit.support import brought, file_names
from archspec.printing.emit.writer import File, assembled
from archspec.printing.framework import Framework
from archspec.printing.names import Namer, camel
from archspec_torch.classes import Class
from archspec_torch.initial import Initials
from archspec_torch.reserved import RESERVED
from archspec_torch.tables.initial import NORMS, PRESET
from archspec_torch.tables.initial import TARGETS as DRAWS

HERE = Path(__file__).parent


class TorchSyntax:
    """Classes named by block; `nn.Sequential` where the flow is a chain of layers."""

    carries = True
    templates = HERE / "templates"

    def __init__(self, dialect: Dialect) -> None:
        self.dialect, self.reserved = dialect, file_names(dialect)

    def spell(self, name: str) -> str:
        """Classes are written in capitals."""
        return camel(name)

    def defines(self, plan: Plan) -> index.Defined | None:
        """Blocks, rows of several layers and named groups; a loop's turn whose flow is more than a chain."""
        kind = index.defined(plan)
        if kind is not None or plan.scope.kind != "turn" or not plan.scope.label:
            return kind
        return None if index.takes_place(plan) or index.is_chain(plan) else "turn"

    def inlines(self, plans: Sequence[Plan]) -> Callable[[Plan], bool]:
        """Rows that are one chain: a sequence of their layers stands where they are used."""
        return index.is_chain

    def file(self, graph: Graph, definitions: Sequence[Definition]) -> File:
        """The pieces of the file, in order."""
        names = Namer(self.reserved, {definition.name for definition in definitions})
        initials = Initials.of(definitions, self.dialect)
        writers = [Class(definition, graph, names, initials) for definition in definitions]
        return assembled(writers, self.dialect)

    def replayed(self) -> Framework:
        """What the replay needs to know."""
        targets = self.dialect.targets
        return Framework(
            "class",
            frozenset(self.dialect.homes),
            targets,
            names=self.dialect.names,
            carried=brought(self.dialect),
            fixed=RESERVED - {"extra_repr", "forward"},
            flow="forward",
            tensor="Tensor",
            containers={
                "nn.Sequential": "chain",
                "nn.ModuleList": "list",
                "nn.ModuleDict": "mapping",
            },
            methods={
                "add_module": "put",
                "append": "append",
                "modules": "list",
                "get_submodule": "find",
                "save_hyperparameters": "nothing",  # of Lightning: keeps the arguments
            },
            bases=frozenset({"nn.Module", "nn.Sequential"}),
            identity="nn.Identity",
            draws=frozenset(DRAWS),
            preset=dict.fromkeys(NORMS, PRESET),
        )
