"""Variables taken apart: what is assigned anew is another variable, unless some reader cannot tell which it reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import field, replace

from archspec.printing.emit.statements.flow import (
    Names,
    every,
    live,
    respelled,
    targets,
    turning,
)
from archspec.printing.emit.statements.values import renamed
from archspec.printing.nodes import For, If, Let, Node, Nodes
from archspec.records import dataclass


@dataclass
class Webs:
    """Variables of a body with numbers for names. `wanted` are the names that each had, the first one first."""

    wanted: dict[str, list[str]] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)

    def new(self, name: str) -> str:
        """A variable of its own, which was called `name`."""
        number = f"__{len(self.wanted)}"
        self.wanted[number] = [name]
        self.same[number] = number
        return number

    def find(self, number: str) -> str:
        """The number of a variable, of all that it was joined with."""
        while self.same[number] != number:
            number = self.same[number]
        return number

    def join(self, one: str, other: str) -> None:
        """Two are one variable; the names of `one` come first."""
        low, high = sorted((self.find(one), self.find(other)), key=lambda number: int(number[2:]))
        if low != high:
            wanted = [*self.wanted[self.find(one)], *self.wanted[self.find(other)]]
            self.same[high] = low
            self.wanted[low] = list(dict.fromkeys(wanted))

    def all(self) -> dict[str, str]:
        """The numbers, and those that stand for them."""
        return {number: self.find(number) for number in self.same}


def assigned(statements: Sequence[Node]) -> set[str]:
    """The variables that statements assign and that can be renamed."""
    found: set[str] = set()
    fixed: set[str] = set()
    for one in every(statements):
        (found if isinstance(one, Let) else fixed).update(targets(one))
    return found - fixed - {"_"}


class Apart:
    """Takes the variables of a body apart."""

    def __init__(self, webs: Webs, variables: Collection[str]) -> None:
        self.webs, self.variables = webs, variables

    def body(self, statements: Sequence[Node], held: dict[str, str], after: Names) -> Nodes:
        """The statements with numbers for variables; `held` is the number that each name has, and is kept up."""
        behind = live(statements, after)[1:]
        return tuple(self.statement(*one, held) for one in zip(statements, behind, strict=True))

    def statement(self, statement: Node, after: Names, held: dict[str, str]) -> Node:
        match statement:
            case Let():
                value = renamed(statement.value, held)
                set_ = [name for name in targets(statement) if name in self.variables]
                held |= {name: self.webs.new(name) for name in set_}
                return respelled(Let(statement.name, value), {name: held[name] for name in set_})
            case If():
                return self.branches(statement, after, held)
            case For():
                return self.loop(statement, after, held)
        return respelled(statement, held)

    def branches(self, statement: If, after: Names, held: dict[str, str]) -> If:
        first, second = {**held}, {**held}
        then = self.body(statement.then, first, after)
        otherwise = self.body(statement.otherwise, second, after)
        self.meet(first, second, after)
        test = renamed(statement.test, held)
        held |= {**second, **first}
        return If(test, then, otherwise)

    def loop(self, statement: For, after: Names, held: dict[str, str]) -> For:
        sources, count = renamed((statement.sources, statement.count), held)
        read, end = turning(statement, after), {**held}
        body = self.body(statement.body, end, read)
        self.meet(held, end, read)
        held |= end
        return replace(statement, sources=sources, count=count, body=body)

    def meet(self, first: dict[str, str], second: dict[str, str], read: Names) -> None:
        """Where two ways meet, what is `read` behind is one variable on both."""
        for name in read & first.keys() & second.keys():
            self.webs.join(first[name], second[name])
