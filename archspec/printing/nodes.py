"""What is written, as data: each kind of node is written by the template's block of the same name.

Names and expressions are text already; everything around them is the template's to say.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from archspec.records import dataclass


class Node:
    """One piece of a file; `kind` is the block that writes it."""

    kind: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.kind = cls.__name__.lower()


Value = str | Node
Keyed = Literal["", "number", "name"]
Nodes = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arg(Node):
    """An argument of a call, a member of a container or of a mapping; without a name it stands by its position."""

    value: Value
    name: str = ""


Args = tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function called, or a definition that is a function."""

    callee: Value
    args: Args = ()


@dataclass(frozen=True, slots=True)
class Made(Node):
    """A layer made: one of the framework's, or a definition that is a class."""

    callee: Value
    args: Args = ()


@dataclass(frozen=True, slots=True)
class Either(Node):
    """One value where a condition holds, another where it does not."""

    value: Value
    test: Value
    otherwise: Value


@dataclass(frozen=True, slots=True)
class Negated(Node):
    """Whether a condition does not hold."""

    test: Value


@dataclass(frozen=True, slots=True)
class Method(Node):
    """A method of a value called."""

    value: Value
    name: str
    args: Args = ()


@dataclass(frozen=True, slots=True)
class Applied(Node):
    """A layer called on values, which may be `listed`."""

    layer: Value
    inputs: tuple[Value, ...]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Infix(Node):
    """Values with an operator between them."""

    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list or a tuple."""

    values: tuple[Value, ...]
    type: Literal["list", "tuple"]


@dataclass(frozen=True, slots=True)
class Member(Node):
    """Something that the object of a class holds. Of a path of several names the last is `keyed`: in a container by
    its number or its name; without a key each is an attribute of the one before, a number an index, and a name in
    quotes the key of a mapping."""

    names: tuple[str, ...]
    keyed: Keyed = ""


@dataclass(frozen=True, slots=True)
class Container(Node):
    """Layers in order: a `sequence` that is called as a whole, a `list`, or a `mapping` from their names; `numbered`
    where some of these are numbers."""

    type: Literal["sequence", "list", "mapping"]
    layers: Args = ()

    @property
    def numbered(self) -> bool:
        return any(layer.name.isdigit() for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Named(Node):
    """An empty mapping from names to layers."""

    name: str


@dataclass(frozen=True, slots=True)
class Put(Node):
    """A layer put into a mapping under a name."""

    mapping: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Filled(Node):
    """A container of the layers of a mapping; `type` as a Container's."""

    type: Literal["sequence", "list", "mapping"]
    mapping: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """The name of a layer, level by level; a level that is an Index is a variable's value."""

    levels: tuple[str | Index, ...]


@dataclass(frozen=True, slots=True)
class Index(Node):
    """The value of a variable in the name of a layer."""

    name: str


@dataclass(frozen=True, slots=True)
class Let(Node):
    """A value assigned."""

    name: Value
    value: Value


@dataclass(frozen=True, slots=True)
class Targets(Node):
    """The names that several values are assigned to at once."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Together(Node):
    """Several values, assigned at once."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Collect(Node):
    """An empty list for the values of a loop: tensors, or what `of` names."""

    name: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Append(Node):
    """A value put at the end of a list."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class If(Node):
    """Statements under a condition."""

    test: Value
    then: Nodes
    otherwise: Nodes = ()


@dataclass(frozen=True, slots=True)
class For(Node):
    """A loop over lists side by side, the names of each in `targets`, or `count` times. `index` counts the turns."""

    targets: tuple[tuple[str, ...], ...]
    sources: tuple[Value, ...]
    body: Nodes = ()
    index: str = ""
    count: str = ""


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """A container of layers that are made alike, `count` times; `type` as a Container's."""

    name: Member
    type: Literal["sequence", "list"]
    value: Made
    count: str
    index: str = ""


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A paper's table, assigned; a single column is a plain list."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a definition; without a default it must be given."""

    name: str
    type: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """A function of whole numbers that the spec defines."""

    name: str
    parameters: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Draw(Node):
    """The first values of a layer's weight. One that is `optional` may be missing."""

    layer: Value
    weight: str
    call: Call
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Drawn(Node):
    """All layers of one kind, and the first values of their weights."""

    layer: str
    draws: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class Initials(Node):
    """The first values of the weights of all layers, kind by kind."""

    kinds: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Declared(Node):
    """A layer that has no value yet: one of several is made, or none."""

    name: Member


@dataclass(frozen=True, slots=True)
class Layer(Node):
    """A layer of a class, with the first values of its weights. Where `test` does not hold, an identity stands in its
    place; a layer with values of its own is then called `variable` until it is complete."""

    name: Value
    value: Value
    test: str = ""
    draws: tuple[Draw, ...] = ()
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Child(Node):
    """A layer put at the end of a container. One that holds others by name, and does not fit on a line, is filled as
    `variable` first."""

    owner: Value
    value: Value
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Forward(Node):
    """What a class does with the tensors it is given: the `statements`, and the values that are `returned` behind them.
    In `body` these are assigned, too, to the variables `outputs`. In a `chain` each layer takes only the value above
    it, so that a framework with sequences of layers needs none of these statements. `modules` are the inputs that are
    layers."""

    inputs: tuple[str, ...]
    body: Nodes
    outputs: tuple[str, ...]
    chain: bool
    statements: Nodes
    returned: tuple[Value, ...]
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module(Node):
    """A definition as a class; `block` is what the spec calls it. `model`: it is the network itself."""

    name: str
    block: str
    model: bool
    parameters: tuple[Parameter, ...]
    init: Nodes
    forward: Forward


@dataclass(frozen=True, slots=True)
class Input(Node):
    """A tensor that enters a model: its variable, its shape, and its name among several."""

    variable: str
    shape: Value
    name: str = ""


@dataclass(frozen=True, slots=True)
class Size(Node):
    """A size read off a tensor; `axis` counts the batch."""

    name: str
    tensor: str
    axis: int


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """Values by name."""

    pairs: Args


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A definition as a function of `tensors`; `block` is what the spec calls it. `model`: it makes the network itself,
    from `inputs` that its body reads; several outputs have names. `count` is how many values it gives. `statements` and
    `returned` as a Forward's."""

    name: str
    block: str
    model: bool
    tensors: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: Nodes
    inputs: Value
    outputs: Value
    statements: Nodes
    returned: Value
    count: int = 1
