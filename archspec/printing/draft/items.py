"""What is printed, before any words of a framework: definitions whose items hold for all of their uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal

from archspec.graph.expr import Expr, Lit, Sym, Value, symbols
from archspec.graph.graph import ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import EnteredSize, Symbol
from archspec.lowering.plan import Call, Plan, Slot, Style
from archspec.records import dataclass

Token = tuple[int, int]
ENTERS = "&"  # begins the path of a layer that a definition takes: its number follows
Args = tuple[tuple[str, Expr], ...]


@dataclass(slots=True)
class Parameter:
    """An argument of a definition: what each use passes, in the symbols of that use's surroundings.

    `seen` is the call through which alone the definition sees the symbol: the parameter is what it gives. In the uses
    of `unasked` no line reads it yet: any value will do.
    """

    name: str
    symbol: Symbol | None
    quantities: list[Quantity]
    default: Value | None = None
    seen: Expr | None = None
    unasked: set[int] = field(default_factory=set)

    @property
    def has_default(self) -> bool:
        return self.default is not None


@dataclass(slots=True)
class Item:
    """One row of a definition's body: takes values, gives one. `when` is a condition that is not always true.

    `again` is the path, within the definition, of the layer or definition that is used once more; `kept` is that of a
    layer which others use again. Where its condition drops it, it passes on the value of the item above, or, if it
    `stays` on its own branch, what it takes.
    """

    name: str
    inputs: tuple[Token, ...]
    output: Token
    when: Expr | None = None
    label: str = ""
    again: str = ""
    kept: str = ""
    stays: bool = False


@dataclass(slots=True)
class StepItem(Item):
    """One call. `slots` are those of its first use, for the initial values of its weights. Where uses call layers of
    several classes, made with the same arguments, `called` says which. A layer that is made in each turn of a loop and
    used again behind it is `listed`; `at` is the index of the one that is used `again`."""

    target: str = ""
    called: Expr | None = None
    args: Args = ()
    style: Style = "layer"
    slots: tuple[Slot, ...] = ()
    initials: tuple[tuple[str, Call | None], ...] = ()
    listed: bool = False
    at: Expr | None = None


@dataclass(slots=True)
class UseItem(Item):
    """A definition, used. `outs` are the values that it gives beside its first; where a condition leaves the use out,
    `passes` stand for those of them that others read. `modules` are the paths of the layers that it takes."""

    definition: Definition | None = None
    args: Args = ()
    outs: tuple[Token, ...] = ()
    passes: dict[Token, Token] = field(default_factory=dict)
    modules: tuple[str, ...] = ()


@dataclass(slots=True)
class SplitItem(Item):
    """A value cut along an axis into `count` pieces, the elements of the list `number`; `length` is the most that any
    use has. The item's own output is the first piece. `passes` as of a UseItem."""

    number: int = 0
    count: Expr = Lit(0)
    length: int = 0
    axis: str = ""
    passes: dict[Token, Token] = field(default_factory=dict)

    @property
    def pieces(self) -> list[Token]:
        """The tokens of the pieces."""
        return [(self.number, k) for k in range(self.length)]


@dataclass(slots=True)
class InlineItem(Item):
    """Rows written where they stand; a branch runs on a variable of its own.

    `level` is what they add to the paths of their layers; rows that take its place have no name of their own.
    """

    body: list[Item] = field(default_factory=list)
    entry: Token = (0, 0)
    result: Token = (0, 0)
    variable: str | None = None
    level: str = ""


@dataclass(slots=True)
class ChainItem(Item):
    """Rows of which each takes only the value above it: one layer, called as a whole, that holds theirs."""

    body: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class EitherItem(Item):
    """One of two layers of a name: the first item's where its condition holds, else the second's."""

    body: list[Item] = field(default_factory=list)


Single = StepItem | UseItem | ChainItem | EitherItem  # what one call applies


@dataclass(slots=True)
class SizeUpdate:
    """A size that a loop changes: its first value, and what each turn leaves. None where it holds already."""

    symbol: Symbol
    first: Expr | None
    update: Expr | None


@dataclass(slots=True)
class CarriedValue:
    """A value beside the running one that each turn of a loop leaves to the next: `token` within a turn, what it is
    before the `first` turn, what a turn leaves (`update`), and what is left behind the loop (`last`)."""

    token: Token
    first: Token
    update: Token
    last: Token


@dataclass(slots=True)
class Collected:
    """A value of a turn that is read behind its loop: from the list `number` of all turns, or as the `last` turn leaves
    it."""

    value: Token
    number: int = 0
    last: Token | None = None


@dataclass(slots=True)
class LoopItem(Item):
    """A loop over a table or a count. `collapsed`: a turn is its only item, without a level of its own.

    `carries` are values beside the running one that it carries, `collects` those that others read behind it, `indexed`
    those of lists that a turn reads: the list and the index.

    A table's `columns` are a constant, or rows of expressions (`cells`) if a variable that stays an argument is behind
    one of them; `given` are columns that such a variable gives as lists, which run along.
    """

    body: list[Item] = field(default_factory=list)
    entry: Token = (0, 0)
    result: Token = (0, 0)
    index: Symbol = "i"
    count: Expr | None = None
    columns: tuple[Symbol, ...] = ()
    rows: list[tuple[Value, ...]] = field(default_factory=list)
    carried: list[SizeUpdate] = field(default_factory=list)
    collapsed: bool = False
    constant: str = ""
    turns: list[Mapping[Symbol, Value]] = field(default_factory=list)
    given: list[tuple[tuple[Symbol, ...], Expr]] = field(default_factory=list)
    cells: list[dict[Symbol, Expr]] = field(default_factory=list)
    carries: list[CarriedValue] = field(default_factory=list)
    collects: list[Collected] = field(default_factory=list)
    indexed: dict[Token, tuple[int, Expr]] = field(default_factory=dict)


@dataclass(slots=True)
class Definition:
    """A class or function to print: the model, a block, a row of several layers, a group, a turn.

    `takes` are the values that a model of several inputs takes, by name. `slots` are the values that others take beside
    their first, `captures` their names and tokens. `results` is what it gives: of the model by name, of others without;
    `gives` says for each use which values of the plan those behind the first are.
    `sizes` are those of the model's input where a variable that stays an argument is behind one, and the file states
    them. `tests` are the conditions of its rows. `own_sizes`: the sizes that a loop carries have other variables than
    those of the loops around it. `modules` are the native paths, in each use, of the layers outside that its rows use.
    `images` are the only sizes of a model's images for which the numbers in its file are right, if it has such numbers.
    """

    kind: Literal["model", "block", "row", "group", "turn"]
    name: str
    uses: list[Plan]
    parameters: list[Parameter] = field(default_factory=list)
    lets: list[tuple[str, Expr]] = field(default_factory=list)
    body: list[Item] = field(default_factory=list)
    entry: Token = (0, 0)
    takes: tuple[tuple[str, Token], ...] = ()
    results: tuple[tuple[str, Token], ...] = ()
    slots: tuple[tuple[ValueId | None, ...], ...] = ()
    captures: tuple[tuple[str, Token], ...] = ()
    gives: tuple[tuple[frozenset[ValueId], ...], ...] = ()
    sizes: tuple[Expr, ...] = ()
    tests: tuple[Expr, ...] = ()
    own_sizes: bool = False
    modules: list[list[str | None]] = field(default_factory=list)
    images: dict[Token, tuple[int, int]] = field(default_factory=dict)

    def infers(self, parameter: Parameter) -> bool:
        """Whether a parameter is a size of what enters: of a block, or of rows that what enters their block enters."""
        symbol = parameter.symbol
        if not isinstance(symbol, EnteredSize) or symbol.input:
            return False
        types = (dict(use.scope.input_types[0].axes).get(symbol.axis) for use in self.uses)
        return self.kind == "block" or all(t is not None and t.expr == Sym(symbol) for t in types)

    def ordered(self) -> list[Parameter]:
        """Those without a default first, as Python wants them."""
        return sorted(self.parameters, key=lambda parameter: parameter.has_default)


def is_empty(item: Item) -> bool:
    """Whether an item writes nothing: it only gives a value another name."""
    if isinstance(item, InlineItem):
        return item.variable is None and all(map(is_empty, item.body))
    return type(item) is Item


def passed_on(body: list[Item], token: Token) -> Token:
    """What a value of rows that write nothing is another name of."""
    names: dict[Token, Token] = {}
    for item in items(body):
        names[item.output] = item.inputs[0]
        if isinstance(item, InlineItem):
            names |= {item.entry: item.inputs[0], item.output: item.result}
    while token in names:
        token = names[token]
    return token


def is_layer(item: Item) -> bool:
    """Whether an item calls something that is made once: a layer, a definition, a chain."""
    return isinstance(item, UseItem | ChainItem | EitherItem) or (
        isinstance(item, StepItem) and item.style == "layer"
    )


def takes_several(item: Item) -> bool:
    """Whether a definition takes or gives more than the running value."""
    return isinstance(item, UseItem) and bool(len(item.inputs) > 1 or item.outs or item.modules)


def calls_only(item: Item) -> bool:
    """Whether a loop makes no layers of its own, and no argument changes by turn: what others made is called."""
    if not isinstance(item, LoopItem):
        return type(item) is Item
    if not all(one.again for one in items(item.body) if is_layer(one)):
        return False
    own = {item.index, *item.columns, *(name for names, _ in item.given for name in names)}
    return not any(own & {*symbols(expr)} for expr in expressions(item.body))


def flat(body: list[Item]) -> Iterator[Item]:
    """The items that stand in one flow: those of rows that are written where they stand instead of these."""
    for item in body:
        if isinstance(item, InlineItem):
            yield from flat(item.body)
        else:
            yield item


def items(body: list[Item]) -> Iterator[Item]:
    """Every item, outer ones first."""
    for item in body:
        yield item
        if isinstance(item, InlineItem | ChainItem | EitherItem | LoopItem):
            yield from items(item.body)


def expressions(body: list[Item], *, carried: bool = True) -> Iterator[Expr]:
    """Every expression of a body; without `carried` not those that only keep sizes up to date."""
    for item in items(body):
        if item.when is not None:
            yield item.when
        if isinstance(item, StepItem):
            yield from (expr for expr in (item.called, item.at) if expr is not None)
        if isinstance(item, StepItem | UseItem):
            yield from (expr for _, expr in item.args)
        if isinstance(item, SplitItem):
            yield item.count
        if isinstance(item, LoopItem):
            if item.count is not None:
                yield item.count
            yield from (expr for _, expr in item.given)
            yield from (expr for _, expr in item.indexed.values())
            yield from (cells[column] for cells in item.cells for column in item.columns)
            for size in item.carried if carried else ():
                yield from (e for e in (size.first, size.update) if e is not None)


def rewrite(body: list[Item], change: object) -> None:
    """Apply a function on expressions to a whole body, in place."""
    assert callable(change)
    for item in items(body):
        if item.when is not None:
            item.when = change(item.when)
        if isinstance(item, StepItem):
            item.called = None if item.called is None else change(item.called)
            item.at = None if item.at is None else change(item.at)
        if isinstance(item, StepItem | UseItem):
            item.args = tuple((key, change(expr)) for key, expr in item.args)
        if isinstance(item, SplitItem):
            item.count = change(item.count)
        if isinstance(item, LoopItem):
            if item.count is not None:
                item.count = change(item.count)
            item.given = [(names, change(expr)) for names, expr in item.given]
            item.indexed = {t: (of, change(expr)) for t, (of, expr) in item.indexed.items()}
            item.cells = [{c: change(expr) for c, expr in row.items()} for row in item.cells]
            for carried in item.carried:
                carried.first = None if carried.first is None else change(carried.first)
                carried.update = None if carried.update is None else change(carried.update)
