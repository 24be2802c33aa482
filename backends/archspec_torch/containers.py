"""Containers of layers as one expression: what must stand above it, and the layers that it holds by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from archspec.graph.expr import Expr
from archspec.printing.draft.flow import add
from archspec.printing.draft.reduce import opposite
from archspec.printing.nodes import Arg, Container, Either, Filled, If, Let, Named, Node, Put, Value
from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One layer of a container: the statements that make it, if an expression does not, and its value.

    Where `test` does not hold there is none; `when` is the condition as the spec has it."""

    name: str
    statements: tuple[Node, ...]
    value: Value
    test: str = ""
    when: Expr | None = None


Kind = Literal["sequence", "list", "mapping"]
IDENTITY = "nn.Identity()"


def container(
    kind: Kind, entries: Sequence[Entry], wanted: str, new: Callable[[str], str]
) -> tuple[list[Node], Node]:
    """The statements above a container, and the container; `new` gives names to variables."""
    tests = {entry.test for entry in entries}
    if len(tests) == 1 and "" not in tests and not any(entry.statements for entry in entries):
        (test,) = tests
        _, whole = container(kind, [replace(one, test="") for one in entries], wanted, new)
        return [], Either(whole, test, IDENTITY)
    names = [entry.name for entry in entries]
    drawn = any(entry.test and entry.statements for entry in entries)
    if drawn or len({*names}) != len(names) or len(tests) > 1:
        return _filled(kind, entries, new(wanted))
    hoisted = max((k for k, entry in enumerate(entries) if entry.statements), default=0)
    lines: list[Node] = []
    args: list[Arg] = []
    for number, entry in enumerate(entries):
        value = entry.value
        if number < hoisted and isinstance(
            value, Node
        ):  # layers are made in the order of the network
            variable = new(entry.name)
            lines += [*entry.statements, Let(variable, _either(entry))]
            value = variable
        else:
            lines += entry.statements
            value = _either(entry)
        args.append(Arg(value, entry.name))
    numbered = names == [str(n) for n in range(len(names))] and kind != "mapping"
    return lines, Container(
        kind, tuple(Arg(arg.value) for arg in args) if numbered else tuple(args)
    )


def _either(entry: Entry) -> Value:
    return Either(entry.value, entry.test, IDENTITY) if entry.test else entry.value


def _filled(kind: Kind, entries: Sequence[Entry], variable: str) -> tuple[list[Node], Node]:
    """A container of layers that are put into a mapping one by one."""
    lines: list[Node] = [Named(variable)]
    above: Expr | None = None
    for entry in entries:
        made = (*entry.statements, Put(variable, entry.name, entry.value))
        put = [If(entry.test, made)] if entry.test else made
        add(lines, put, opposite=opposite(above, entry.when))
        above = entry.when
    return lines, Filled(kind, variable)
