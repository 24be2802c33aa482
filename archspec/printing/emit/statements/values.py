"""The variables that values read, and their places: which may be renamed, and where a value may be written instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from archspec.printing.nodes import (
    Applied,
    Arg,
    Call,
    Either,
    Index,
    Infix,
    Items,
    Let,
    Made,
    Member,
    Method,
    Negated,
    Node,
    Path,
    Together,
    Value,
)
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Returned(Node):
    """The end of a body: the values that it gives."""

    values: tuple[Value, ...]


# the fields that hold values, in the order in which Python evaluates them
EVALUATED: Mapping[type[Node], tuple[str, ...]] = {
    Applied: ("layer", "inputs"),
    Arg: ("value",),
    Call: ("callee", "args"),
    Either: ("test", "value", "otherwise"),
    Index: (),
    Infix: ("values",),
    Items: ("values",),
    Let: ("value",),
    Made: ("callee", "args"),
    Member: (),
    Method: ("value", "args"),
    Negated: ("test",),
    Path: (),
    Returned: ("values",),
    Together: ("values",),
}
WORD = re.compile(
    r"""
    "(?:[^\\"]|\\.)*" | '(?:[^\\']|\\.)*'  # strings, which read nothing
    | (?<![\w.])[^\W\d]\w*(?!\s*=[^=])  # a name, but neither an attribute nor that of an argument
    """,
    re.VERBOSE,
)


class UnknownNode(Exception):
    """A node of which it is not stated what it reads."""


def read(value: Value | tuple[Value, ...]) -> Iterator[str]:
    """The names that a value reads, in order of evaluation, names of functions and words of Python among them."""
    if isinstance(value, str):
        yield from words(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from read(one)
    else:
        for field in fields(value):
            yield from read(getattr(value, field))


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The names in a text."""
    if text.isidentifier():
        return (text,)
    return tuple(word for word in WORD.findall(text) if word[0] not in "\"'")


def fields(node: Node) -> tuple[str, ...]:
    """The fields of a node that hold values; raises UnknownNode."""
    try:
        return EVALUATED[type(node)]
    except KeyError:
        raise UnknownNode(node.kind) from None


def changed(value: Any, change: Callable[[str], Value]) -> Any:
    """A value with its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(changed(one, change) for one in value)
    return replace(
        value, **{field: changed(getattr(value, field), change) for field in fields(value)}
    )


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A value that reads variables by other names."""

    def rename(text: str) -> str:
        if text.isidentifier():
            return names.get(text, text)
        return WORD.sub(lambda word: names.get(word[0], word[0]), text)

    return changed(value, rename)


def refilled(node: Node, field: str, value: Value | tuple[Value, ...]) -> Node:
    """A node with another value in one of its fields."""
    same: Any = node
    filled: Node = replace(same, **{field: value})
    return filled


def is_call(value: Value) -> bool:
    """Whether something is computed from tensors: its place among other calls matters."""
    return isinstance(value, Applied | Call | Made | Method | Infix)


def depth(value: Value | tuple[Value, ...]) -> int:
    """How many calls stand in one another; methods do not, which follow one another."""
    if isinstance(value, str):
        return 0
    if isinstance(value, tuple):
        return max(map(depth, value), default=0)
    inner = max((depth(getattr(value, field)) for field in fields(value)), default=0)
    return inner + isinstance(value, Applied | Call)


def length(value: Value | tuple[Value, ...], between: int = 2) -> int:
    """About how many characters a value takes."""
    match value:
        case str():
            return len(value)
        case tuple():
            return sum(map(length, value)) + between * max(0, len(value) - 1)
        case Applied():
            return length(value.layer) + 2 + length(value.inputs) + 2 * value.listed
        case Arg():
            return length(value.value) + (len(value.name) + 1 if value.name else 0)
        case Call() | Made():
            return length(value.callee) + 2 + length(value.args)
        case Either():
            return length((value.value, value.test, value.otherwise), 0) + len(" if  else ")
        case Infix():
            return length(value.values, len(value.operator) + 2)
        case Together():
            return length(value.values)
        case Items():
            return 2 + length(value.values)
        case Member():
            looked_up = len(value.names) > 1 and not value.keyed
            return len("self.") + length(value.names, 3) + len('get_submodule("")') * looked_up
        case Method():
            return length((value.value, *value.args)) + len(value.name) + 3
        case Negated():
            return len("not ") + length(value.test)
        case Path():
            return len('f""') + sum(length(level) + 1 for level in value.levels)
        case Index():
            return len(value.name) + 2
    raise UnknownNode(value.kind)
