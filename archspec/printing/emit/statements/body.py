"""The statements of a definition as people write them: no value is assigned that nobody reads, no copy made that
nothing needs, values are written where they are used (`nesting.py`), and the last one is returned."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.printing.emit.statements.naming import RUNNING, merged, named, relabelled
from archspec.printing.emit.statements.nesting import Form, Nesting
from archspec.printing.emit.statements.values import Returned, UnknownNode
from archspec.printing.emit.statements.webs import Apart, Webs, assigned
from archspec.printing.names import Namer
from archspec.printing.nodes import Let, Node, Nodes, Value
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """Statements, and the values that are `returned` behind them."""

    statements: Nodes
    returned: tuple[Value, ...]

    def assigned(self, names: Namer) -> tuple[Nodes, tuple[str, ...]]:
        """The statements where what is returned is assigned first, and the variables that it is assigned to."""
        several = len(self.returned) > 1
        outputs = tuple(
            value if isinstance(value, str) else names.new("result") if several else RUNNING
            for value in self.returned
        )
        pairs = zip(outputs, self.returned, strict=True)
        more = (Let(name, value) for name, value in pairs if name != value)
        return (*self.statements, *more), outputs


def body(
    statements: Sequence[Node],
    entering: Sequence[str],
    outputs: Sequence[str],
    names: Namer,
    form: Form,
) -> Body:
    """The statements that compute `outputs` from what is `entering`."""
    webs = Webs()
    try:
        held = {name: webs.new(name) for name in entering}
        inputs = dict(zip(held.values(), entering, strict=True))
        apart = Apart(webs, {*assigned(statements), *entering})
        numbered = apart.body((*statements, Returned(tuple(outputs))), held, frozenset())
        lines = merged(relabelled(numbered, webs.all()), tuple(inputs), webs)
    except UnknownNode:
        return Body(tuple(statements), tuple(outputs))
    about = named(lines, inputs, webs, Namer(names.reserved, {*names.taken}, names.wanted))
    lines = Nesting(lines, tuple(inputs), about, form).body(lines, form.margin)
    lines = relabelled(lines, named(lines, inputs, webs, names))
    last = lines[-1]
    assert isinstance(last, Returned)
    return Body(lines[:-1], last.values)
