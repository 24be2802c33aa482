"""Values written where they are used, as people write them.

A value stands inside of the next statement if
- nothing else reads it, and no call then comes before another one than it did,
- the statement fits a line (a list of three values and more may have one by itself), and no more than `Form.deepest`
  calls stand in one another; methods that follow one another count as none,
- it is not a sum in a sum, or one whose method is called.

Two values that are added or multiplied change places if that lets the other one be written there: the result is the
same, bit for bit. A value that is joined with others is written inside with the whole chain of calls that leads to it,
or is a variable; of a list of three and more, this holds for all of them together. A chain with more calls than
`Form.deepest` is parted evenly. One with more than `Form.longest`, the rows of a network, has a statement for each row
but for the last ones.

What hangs on a condition is written `a if flag else b` where it is returned, or assigned on both sides, and fits a
line. Where both sides are the same, there is no condition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from archspec.printing.emit.fit import INDENT, WIDTH
from archspec.printing.emit.statements.flow import every, inner, own, rebuilt, targets
from archspec.printing.emit.statements.values import (
    Returned,
    depth,
    fields,
    is_call,
    length,
    read,
    refilled,
    renamed,
)
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
    """How a framework's users write a body: how many calls stand in one another, and how long a chain of calls is of
    which several are taken together. `margin` is how far its statements are indented."""

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
        lets = (one for one in every(statements) if isinstance(one, Let) and is_call(one.value))
        self.called = {str(let.name) for let in lets} - {*entering}

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
            case (Let(name=str(first)) as one,), (Let(name=second) as other,) if first == second:
                chosen = Let(first, Either(one.value, statement.test, other.value))
                if self.form.deepest > 1 and self.fits(chosen, margin):
                    self.sets[first] -= 1
                    return [chosen]
        return [statement]

    def forget(self, statements: Nodes) -> None:
        """Count what is left out no longer."""
        self.reads.subtract(name for one in every(statements) for name in own(one))
        self.sets.subtract(name for one in every(statements) for name in targets(one))

    def folded(self, lines: list[Node], margin: int) -> list[Node]:
        """Statements of which each takes in those above it that it can."""
        deepest = self.parts(lines)
        at = len(lines) - 1
        while at > 0:
            statement = kept = lines[at]
            above = best = at
            most = deepest.get(id(statement), self.form.deepest)
            while above > 0 and most:
                taken = self.taken(lines[above - 1], statement, margin, most)
                if taken is None:
                    break
                statement, above = taken, above - 1
                if not self.uneven(statement):
                    kept, best = statement, above
            lines[best : at + 1] = [kept]
            at = best - 1
        return lines

    def parts(self, lines: Sequence[Node]) -> dict[int, int]:
        """How deep the calls of each statement of a chain may be, so that its parts are alike: none of those of a long
        chain, the list of rows of a network, but for the last ones."""
        chains: list[list[Node]] = [[]]
        for one, below in pairwise([*lines, Returned(())]):
            chains[-1].append(one)
            passed = isinstance(one, Let) and self.once(one) and one.name in own(below)
            chains += [] if passed else [[]]
        most = self.form.deepest
        costs = [sum(depth(one) for one in chain if isinstance(one, Let)) for chain in chains]
        if max(costs) > self.form.longest:
            return {id(one): 0 for one in lines[:-most]}
        parts = [-(-cost // most) if most else 0 for cost in costs]
        return {
            id(one): -(-cost // count)
            for chain, cost, count in zip(chains, costs, parts, strict=True)
            for one in chain
            if count > 1
        }

    def once(self, let: Let) -> bool:
        """Whether a variable is set once, and read once."""
        return self.sets[str(let.name)] == 1 == self.reads[str(let.name)]

    def taken(self, above: Node, below: Node, margin: int, most: int) -> Node | None:
        """A statement with the value of the one above it, if it may stand there."""
        if isinstance(above, If) and isinstance(below, Returned):
            return self.returned(above, below, margin)
        if not isinstance(above, Let) or isinstance(above.value, str) or not self.once(above):
            return None
        name, value = str(above.name), above.value
        if isinstance(below, Returned) and below.values == (name,) and self.form.deepest:
            whole: Node = Returned((value,))
            return whole if self.fits(whole, margin) or not self.fits(above, margin) else None
        kinds = (
            isinstance(value, Applied | Call | Method | Infix),
            isinstance(below, Let | Returned),
        )
        if not all(kinds):
            return None
        written = placed(below, name, value)
        if written is None or depth(written) > most:
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
        """Whether a statement fits a line, or is a list of three values and more that fits one by itself."""
        match statement:
            case Let():
                parts: tuple[Value, ...] = (", ".join(targets(statement)), statement.value)
            case Returned():
                parts = ("return", *statement.values)
            case _:
                return False
        parts = renamed(parts, self.names)
        if margin + length(parts) + 1 <= WIDTH:
            return True
        match parts:
            case (_, Call(args=args)) if any(joins(arg.value) for arg in args):
                return margin + len(INDENT) + length(args) <= WIDTH
        return False

    def uneven(self, statement: Node) -> bool:
        """Whether a value that is joined with others ends in a variable that nobody else reads, and so is half a chain;
        or a list of three and more has such a variable beside calls."""
        for node in nodes(statement):
            if not isinstance(node, Infix | Items | Returned) or len(node.values) < 2:
                continue
            inside = [value for value in node.values if is_call(value)]
            if any(self.open(name) for value in inside for name in read(value)):
                return True
            if len(node.values) > 2 and inside and any(self.open(str(v)) for v in node.values):
                return True
        return False

    def open(self, name: str) -> bool:
        """Whether a variable is assigned a value that could be written in its place."""
        return name in self.called and self.sets[name] == 1 == self.reads[name]


def joins(value: Value) -> bool:
    """Whether a value is a list of three and more."""
    return isinstance(value, Items) and len(value.values) > 2


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
                barred = isinstance(value, Infix) or (
                    isinstance(value, Method) and field == "value"
                )
                new = None if barred and isinstance(inside, Infix) else inside
            elif isinstance(part, Node):
                new = placed(part, name, inside)
            if new is not None:
                whole = (*parts[:number], new, *parts[number + 1 :])
                return refilled(value, field, whole if isinstance(held, tuple) else new)
            if calls(part):
                return turned(value, name, inside)
    return None


def turned(value: Node, name: str, inside: Node) -> Node | None:
    """A sum or product of two with its values the other way round, of which a variable becomes the first."""
    if (
        not isinstance(value, Infix)
        or value.operator not in ("+", "*")
        or isinstance(inside, Infix)
    ):
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
