"""Values written where they are used, as people write them.

A value is written inside of the next statement if nothing else reads it, no call changes its place among the others,
the statement fits a line, and at most `Form.deepest` calls stand in one another. The calls of a body thus end in one
expression, `return self.act(self.conv2(x) + self.shortcut(x))`. Two values that are added or multiplied change places if
the first could be written there otherwise: the sum is the same, bit for bit. A sum stands in no other sum, a method is
called on no sum. Of a list of three and more, all values that are used once are written inside, or none. A chain that
is longer than `Form.longest`, the list of rows of a network, has one statement for each row but for the last ones.

A value that hangs on a condition is written `a if flag else b` where it is returned, or assigned on both sides, and
fits a line. Where both sides are the same, there is no condition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from archspec.printing.emit.fit import INDENT, WIDTH
from archspec.printing.emit.statements.flow import every, inner, own, rebuilt, targets
from archspec.printing.emit.statements.values import Returned, depth, fields, is_call, length, renamed
from archspec.printing.nodes import (
    Applied,
    Call,
    Either,
    If,
    Infix,
    Items,
    Let,
    Method,
    Node,
    Nodes,
    Value,
)
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """How a framework's users write a body: how many calls stand in one another, and how many rows of a chain are
    taken together. `margin` is how far its statements are indented."""

    deepest: int
    longest: int
    margin: int


class Nesting:
    """Writes the values of one body inside of one another. `names` are those that its variables will have about."""

    def __init__(
        self, statements: Nodes, entering: Sequence[str], names: Mapping[str, str], form: Form
    ) -> None:
        self.form, self.names = form, names
        self.reads = Counter(name for one in every(statements) for name in own(one))
        self.sets = Counter(name for one in every(statements) for name in targets(one))
        self.sets.update({name: 2 for name in entering})

    def body(self, statements: Nodes, margin: int) -> Nodes:
        """The statements of a body that is indented by `margin`."""
        lines: list[Node] = []
        for one in statements:
            bodies = [self.body(body, margin + len(INDENT)) for body in inner(one)]
            lines += self.decided(rebuilt(one, bodies), margin)
        return tuple(self.folded(lines, margin))

    def decided(self, statement: Node, margin: int) -> Sequence[Node]:
        """A statement without its condition, if both sides are the same; in one line, if both assign one variable."""
        if not isinstance(statement, If):
            return [statement]
        then, otherwise = statement.then, statement.otherwise
        if then == otherwise:
            self.forget(otherwise)
            return then
        match then, otherwise:
            case (Let(name=first) as one,), (Let(name=second) as other,) if first == second:
                chosen = Let(first, Either(one.value, statement.test, other.value))
                if self.form.deepest > 1 and self.fits(chosen, margin):
                    self.sets[str(first)] -= 1
                    return [chosen]
        return [statement]

    def forget(self, statements: Nodes) -> None:
        """Count what is left out no longer."""
        self.reads.subtract(name for one in every(statements) for name in own(one))
        self.sets.subtract(name for one in every(statements) for name in targets(one))

    def folded(self, lines: list[Node], margin: int) -> list[Node]:
        """Statements of which each takes in those above it that it can."""
        rows = self.rows(lines)
        at = len(lines) - 1
        while at > 0:
            statement = kept = lines[at]
            above = best = at
            while above > 0 and (isinstance(statement, Returned) or id(lines[above - 1]) not in rows):
                taken = self.taken(lines[above - 1], statement, margin)
                if taken is None:
                    break
                statement, above = taken, above - 1
                if not self.uneven(statement):
                    kept, best = statement, above
            lines[best : at + 1] = [kept]
            at = best - 1
        return lines

    def rows(self, lines: Sequence[Node]) -> set[int]:
        """The statements of a chain that is too long to take several together."""
        chain: list[Node] = []
        found: set[int] = set()
        for one, below in pairwise([*lines, Returned(())]):
            chain.append(one)
            if not isinstance(one, Let) or not self.once(one) or one.name not in own(below):
                found |= {id(row) for row in chain} if len(chain) > self.form.longest else set()
                chain = []
        return found

    def once(self, let: Let) -> bool:
        """Whether a variable is set once, and read once."""
        return self.sets[str(let.name)] == 1 == self.reads[str(let.name)]

    def taken(self, above: Node, below: Node, margin: int) -> Node | None:
        """A statement with the value of the one above it, if it may stand there."""
        if isinstance(above, If) and isinstance(below, Returned):
            return self.returned(above, below, margin)
        if not isinstance(above, Let) or isinstance(above.value, str) or not self.once(above):
            return None
        name, value = str(above.name), above.value
        if isinstance(below, Returned) and below.values == (name,) and self.form.deepest:
            whole: Node = Returned((value,))
            return whole if self.fits(whole, margin) or not self.fits(above, margin) else None
        if not isinstance(value, Applied | Call | Method | Infix):
            return None
        written = placed(below, name, value)
        if written is None or depth(written) > self.form.deepest:
            return None
        return written if self.fits(written, margin) else None

    def returned(self, above: If, below: Returned, margin: int) -> Node | None:
        """A value that a condition changes at the end, as `return a if flag else b`."""
        match above.then, above.otherwise, below.values:
            case (Let(name=name) as one,), (), (str(value),) if name == value:
                if isinstance(one.value, Node) and self.form.deepest > 1:
                    whole = Returned((Either(one.value, above.test, value),))
                    if self.fits(whole, margin):
                        self.sets[value] -= 1
                        return whole
        return None

    def fits(self, statement: Node, margin: int) -> bool:
        """Whether a statement fits a line."""
        match statement:
            case Let():
                parts: Value | tuple[Value, ...] = (statement.name, statement.value)
            case Returned():
                parts = ("return", *statement.values)
            case _:
                return False
        return margin + length(renamed(parts, self.names)) + 1 <= WIDTH

    def uneven(self, statement: Node) -> bool:
        """Whether a list of three and more holds calls, and a variable that could be another."""
        return any(
            len(node.values) > 2
            and any(map(is_call, node.values))
            and any(self.sets[str(v)] == 1 == self.reads[str(v)] for v in node.values)
            for node in nodes(statement)
            if isinstance(node, Infix | Items)
        )


def placed(value: Node, name: str, inside: Node) -> Node | None:
    """A value or statement with another value in the place of a variable, if it is computed there no later than where
    it stood: behind no other call."""
    if isinstance(value, Either):
        return None
    for field in fields(value):
        held = getattr(value, field)
        parts: tuple[Value, ...] = held if isinstance(held, tuple) else (held,)
        for number, part in enumerate(parts):
            new: Value | None = None
            if part == name:
                barred = isinstance(value, Infix) or (isinstance(value, Method) and field == "value")
                new = None if barred and isinstance(inside, Infix) else inside
            elif isinstance(part, Node):
                new = placed(part, name, inside)
            if new is not None:
                whole = (*parts[:number], new, *parts[number + 1 :])
                return replace(value, **{field: whole if isinstance(held, tuple) else new})
            if calls(part):
                return turned(value, name, inside)
    return None


def turned(value: Node, name: str, inside: Node) -> Node | None:
    """A sum or product of two with its values the other way round, of which a variable becomes the first."""
    if not isinstance(value, Infix) or value.operator not in ("+", "*") or isinstance(inside, Infix):
        return None
    match value.values:
        case (first, second) if second == name:
            return replace(value, values=(inside, first))
    return None


def calls(value: Value) -> bool:
    """Whether anything is called in a value."""
    return isinstance(value, Node) and any(map(is_call, nodes(value)))


def nodes(value: Node) -> Iterator[Node]:
    """A value or statement and all values inside of it."""
    yield value
    for field in fields(value):
        held = getattr(value, field)
        for part in held if isinstance(held, tuple) else (held,):
            if isinstance(part, Node):
                yield from nodes(part)
