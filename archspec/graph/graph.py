"""The network: scopes that hold nodes and scopes, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from archspec.graph.evaluate import Function
from archspec.graph.expr import Expr, Value
from archspec.graph.ops.base import Operation, Weight
from archspec.graph.quantity import IMAGE, Quantity
from archspec.graph.symbols import Symbol
from archspec.graph.tensor import TensorType
from archspec.records import dataclass

INPUT = -1
Kind = Literal["model", "block", "row", "group", "branch", "residual", "split", "loop", "turn"]


@dataclass(frozen=True, slots=True)
class ValueId:
    """A value: the result of child number `child` of the list `scope`, or (`INPUT`) the input of that list.

    In a network with several inputs the second is `INPUT` - 1, and so on.
    """

    scope: int
    child: int


@dataclass(frozen=True, slots=True)
class Port:
    """A value that a network takes or gives; the only one may be without a name."""

    name: str
    ref: ValueId
    type: TensorType


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `path` names its weights; `label` is its own part of that path.

    A `companion` is the norm or activation of its row: nobody else sees the value that it takes. `shares` is the path
    of the node whose weights it uses, if they are not its own.
    """

    label: str
    path: str
    op: Operation
    attrs: Mapping[str, Quantity]
    inputs: tuple[ValueId, ...]
    input_types: tuple[TensorType, ...]
    output: TensorType
    when: Quantity | None
    span: Any
    present: bool = True
    companion: bool = False
    shares: str = ""

    @property
    def owner(self) -> str:
        """The path under which its weights are kept."""
        return self.shares or self.path

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The weights that it uses."""
        return self.op.weights(self.attrs, self.input_types)

    @property
    def own_weights(self) -> tuple[Weight, ...]:
        """The weights that belong to the node: none if it uses those of another."""
        return () if self.shares else self.weights


@dataclass(frozen=True, slots=True)
class Absent:
    """A row that `when` dropped: it passes its input on, and the printer can still write the `if`."""

    label: str
    inputs: tuple[ValueId, ...]
    output: TensorType
    when: Quantity
    span: Any
    present: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """What a loop runs over: a table's columns and rows, or a count.

    `behind` are the variables behind each column; `whole` are the columns that are a list somewhere else, with what
    names it; `expressions` are, for each row, those of its columns and of the names derived from them.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    count: Quantity
    index: str
    derived: tuple[Symbol, ...] = ()
    behind: Mapping[Symbol, frozenset[str]] = field(default_factory=dict)
    whole: Mapping[str, Expr] = field(default_factory=dict)
    expressions: tuple[Mapping[Symbol, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A list of rows with names of its own.

    `arguments` are in the caller's symbols, `symbols` are all names visible inside with their values, `lets` the
    names that the scope itself derives. A scope without a `label` adds no level to the path. `takes` and `gives` are
    the values of a whole model; the first of `gives` is its `result`. `shares` is the id of the scope whose weights it
    uses, or 0. `named_inputs` are the names that a block gives to what it takes, each with the value around it.
    """

    kind: Kind
    id: int
    label: str | None
    path: str
    definition: str
    inputs: tuple[ValueId, ...]
    input_types: tuple[TensorType, ...]
    output: TensorType
    result: ValueId
    children: tuple[Child, ...]
    symbols: Mapping[Symbol, Value]
    span: Any
    arguments: Mapping[Symbol, Quantity] = field(default_factory=dict)
    defaults: Mapping[Symbol, Value] = field(default_factory=dict)
    lets: Mapping[str, Quantity] = field(default_factory=dict)
    loop: Loop | None = None
    when: Quantity | None = None
    present: bool = True
    takes: tuple[Port, ...] = ()
    gives: tuple[Port, ...] = ()
    shares: int = 0
    named_inputs: Mapping[str, ValueId] = field(default_factory=dict)

    @property
    def enters(self) -> tuple[ValueId, ...]:
        """The inputs of the list: one value, or those of a whole model."""
        return tuple(port.ref for port in self.takes) or (ValueId(self.id, INPUT),)

    @property
    def results(self) -> tuple[ValueId, ...]:
        """The outputs of the list: one value, or those of a whole model."""
        return tuple(port.ref for port in self.gives) or (self.result,)

    @property
    def level(self) -> str | None:
        """The level that the scope adds to native paths; the pieces of a split stand where the split stands."""
        return None if self.kind == "split" else self.label


Child = Node | Scope | Absent


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the file: its value here, the words it may take, what it is for."""

    name: str
    value: Value
    words: tuple[str, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """An elaborated network and what it was made of.

    `structure` are the variables that shape it, `fixed` those that decide which values it gives.
    """

    name: str
    class_name: str
    title: str
    doc: str
    source: str
    root: Scope
    variables: Mapping[str, Variable]
    functions: Mapping[str, Function]
    structure: frozenset[str]
    fixed: frozenset[str] = frozenset()

    @property
    def input(self) -> TensorType:
        """The first input."""
        return self.root.input_types[0]

    @property
    def output(self) -> TensorType:
        """The first output."""
        return self.root.output

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The values that enter, in order."""
        return self.root.takes

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The values that come out, in order."""
        return self.root.gives

    def nodes(self) -> Iterator[Node]:
        """Every operation that is present, in order."""
        return walk(self.root)


def walk(scope: Scope) -> Iterator[Node]:
    """The nodes of a scope and of the scopes below it, in order."""
    for child in scope.children:
        if isinstance(child, Node):
            yield child
        elif isinstance(child, Scope):
            yield from walk(child)


def counting(scope: Scope) -> frozenset[str]:
    """The file variables behind how often a loop in a scope runs."""
    own = scope.loop.count.deps if scope.loop else frozenset()
    return own.union(*(counting(child) for child in scope.children if isinstance(child, Scope)))


@dataclass(frozen=True, slots=True)
class Origins:
    """Where values come from: for each node the paths of the nodes that give its inputs, the nodes that give the
    network's outputs, and the path of the node that gives each value. The network's inputs have their names as
    paths; the path of a single input may be empty."""

    inputs: Mapping[str, tuple[str, ...]]
    outputs: tuple[str, ...]
    paths: Mapping[ValueId, str]


def origins(root: Scope) -> Origins:
    """The node that computes each value, across the borders of scopes and past absent rows."""
    paths: dict[ValueId, str] = {port.ref: port.name for port in root.takes}
    inputs: dict[str, tuple[str, ...]] = {}
    _follow(root, paths, inputs)
    return Origins(inputs, tuple(paths[ref] for ref in root.results), paths)


def _follow(scope: Scope, paths: dict[ValueId, str], inputs: dict[str, tuple[str, ...]]) -> None:
    for position, child in enumerate(scope.children):
        ref = ValueId(scope.id, position)
        if isinstance(child, Absent):
            paths[ref] = paths[child.inputs[0]]
        elif isinstance(child, Node):
            inputs[child.path] = tuple(paths[value] for value in child.inputs)
            paths[ref] = child.path
        else:
            paths[ValueId(child.id, INPUT)] = paths[child.inputs[0]]
            _follow(child, paths, inputs)
            paths[ref] = paths[child.result]


def hangs_on_image(graph: Graph) -> bool:
    """Whether a value that the spec gives to an operation hangs on the size of the network's image, and does not follow
    it."""
    stated = (n.attrs for n in graph.nodes() if not (n.op.follows and len(n.inputs) > 1))
    return any(IMAGE in quantity.deps for attrs in stated for quantity in attrs.values())
