"""The mistakes of one elaboration, in the order in which they are met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import ParamSpec, TypeVar

from archspec.language.elaborate.formulas.bindings import Unknown
from archspec.language.elaborate.formulas.values import Rejected
from archspec.records import dataclass
from archspec.source import Diagnostic, Related, Span

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Problems:
    """What is reported, once for each place. `blocks` are the uses of blocks that lead to the row being unfolded.

    Once the rows are `walked`, a mistake at a place that has one already is the same mistake again.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    blocks: list[tuple[str, Span]] = field(default_factory=list)
    walked: bool = False
    _keys: set[tuple[str, int, str]] = field(default_factory=set)
    _places: set[tuple[str, int]] = field(default_factory=set)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a mistake, with the use of the block that led to it."""
        place = (diagnostic.span.source.name, diagnostic.span.start)
        lacking = diagnostic.code == "missing-key"  # a row may lack several keys
        key = (*place, diagnostic.message if lacking else diagnostic.code)
        again = self.walked and not lacking and self.reported(diagnostic.span)
        if key in self._keys or again:
            return
        self._keys.add(key)
        self._places.add(place)
        uses = tuple(Related(span, f"`{name}` is used here") for name, span in self.blocks[-1:])
        self.diagnostics.append(replace(diagnostic, related=(*diagnostic.related, *uses)))

    def reported(self, span: Span) -> bool:
        """Whether there is a mistake at a place already."""
        return (span.source.name, span.start) in self._places

    def attempt(self, function: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T | None:
        """What a function of formulas gives; None after reporting why there is nothing, now or before."""
        try:
            return function(*args, **keywords)
        except Rejected as rejected:
            self.report(rejected.diagnostic)
        except Unknown:
            pass
        return None
