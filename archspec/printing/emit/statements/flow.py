"""Which variables the statements of a body set and read, and which are still read behind each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from archspec.printing.emit.statements.values import (
    EVALUATED,
    Returned,
    UnknownNode,
    read,
    renamed,
)
from archspec.printing.nodes import (
    Append,
    Collect,
    For,
    If,
    Let,
    Node,
    Nodes,
    Size,
    Table,
    Targets,
    Value,
)

Names = frozenset[str]


def targets(statement: Node) -> tuple[str, ...]:
    """The names that a statement sets by itself."""
    match statement:
        case Let(name=str(name)):
            return (name,)
        case Let(name=Targets(names=names)):
            return tuple(name.lstrip("*") for name in names)
        case Collect():
            return (statement.name,)
        case Size() | Table():
            return (statement.name,)
        case For():
            index = (statement.index,) if statement.index else ()
            return (*index, *(name for target in statement.targets for name in target))
    return ()


def inner(statement: Node) -> tuple[Nodes, ...]:
    """The bodies of a statement."""
    match statement:
        case If():
            return statement.then, statement.otherwise
        case For():
            return (statement.body,)
    return ()


def own(statement: Node) -> tuple[str, ...]:
    """The names that a statement reads by itself; raises UnknownNode."""
    match statement:
        case Let():
            return (*read(statement.value),)
        case Collect():
            return ()
        case Append():
            return statement.name, *read(statement.value)
        case If():
            return (*read(statement.test),)
        case For():
            return (*read(statement.sources), *read(statement.count))
        case Size():
            return (statement.tensor,)
        case Returned():
            return (*read(statement.values),)
        case Table():
            return (*read(tuple(cell for row in statement.rows for cell in row)),)
    if type(statement) in EVALUATED:
        return (*read(statement),)
    raise UnknownNode(statement.kind)


def every(statements: Iterable[Node]) -> Iterator[Node]:
    """All statements, outer ones first."""
    for statement in statements:
        yield statement
        for body in inner(statement):
            yield from every(body)


def before(statement: Node, after: Names) -> Names:
    """The names that are read at or behind a statement, given those that are read behind it."""
    match statement:
        case If():
            return (
                live(statement.then, after)[0]
                | live(statement.otherwise, after)[0]
                | {*own(statement)}
            )
        case For():
            return turning(statement, after) | {*own(statement)}
    return (after - {*targets(statement)}) | {*own(statement)}


def turning(loop: For, after: Names) -> Names:
    """The names that are read where a turn of a loop begins, or ends."""
    names = after
    while (more := names | (live(loop.body, names)[0] - {*targets(loop)})) != names:
        names = more
    return names


def live(statements: Sequence[Node], after: Names) -> list[Names]:
    """The names that are read behind each place: before the first statement, ..., behind the last."""
    places = [after]
    for statement in reversed(statements):
        places.append(before(statement, places[-1]))
    return places[::-1]


def within(statement: Node, after: Names) -> tuple[Names, ...]:
    """What is read behind each of a statement's bodies."""
    if isinstance(statement, For):
        return (turning(statement, after),)
    return tuple(after for _ in inner(statement))


def rebuilt(statement: Node, bodies: Sequence[Nodes]) -> Node:
    """A statement with other bodies."""
    match statement:
        case If():
            return replace(statement, then=bodies[0], otherwise=bodies[1])
        case For():
            return replace(statement, body=bodies[0])
    return statement


def respelled(statement: Node, names: Mapping[str, str]) -> Node:
    """A statement, but for its bodies, with other names for variables."""
    match statement:
        case Let():
            return Let(_target(statement.name, names), renamed(statement.value, names))
        case Append():
            return replace(statement, value=renamed(statement.value, names))
        case If():
            return replace(statement, test=renamed(statement.test, names))
        case For():
            sources, count = renamed((statement.sources, statement.count), names)
            return replace(statement, sources=sources, count=count)
        case Size():
            return replace(statement, tensor=renamed(statement.tensor, names))
        case Returned():
            return Returned(renamed(statement.values, names))
        case Table() | Collect():
            return statement
    return renamed(statement, names)


def _target(name: Value, names: Mapping[str, str]) -> Value:
    """What is assigned to, by other names."""
    if isinstance(name, Targets):
        return Targets(tuple(renamed(name.names, names)))
    return renamed(name, names)
