"""The last look at a definition: names that are read once are written out, columns and parameters
computed where they enter, sizes that nobody reads not carried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archspec.graph.evaluate import value_of
from archspec.graph.expr import (
    Apply,
    Binary,
    Expr,
    IfElse,
    Items,
    Sum,
    Sym,
    Unary,
    calls,
    parts,
    substitute,
    symbols,
)
from archspec.graph.quantity import Quantity
from archspec.graph.spelling import show
from archspec.graph.symbols import PrintedName, Symbol
from archspec.printing.draft.arithmetic import is_whole, tidied
from archspec.printing.draft.items import (
    Definition,
    Item,
    LoopItem,
    StepItem,
    UseItem,
    expressions,
    items,
    rewrite,
)
from archspec.printing.draft.reduce import CallSite, Reducer, opaque
from archspec.printing.names import Namer, entered, shared

LONG = 20  # characters of an expression that is worth a name
OFTEN = 3  # places that read it
MOST_NAMES = 4


def settle_lets(definition: Definition) -> None:
    """Keep the derived names that are read more than once and say more than another name; write the others out where
    they are read."""
    kept: list[tuple[str, Expr]] = []
    for name, expr in reversed(definition.lets):
        reads = Counter(n for e in expressions(definition.body) for n in symbols(e))
        reads.update(n for _, e in kept for n in symbols(e))
        if reads[name] > 1 and not isinstance(expr, Sym):
            kept.insert(0, (name, expr))
        elif reads[name]:
            replaced: dict[Expr, Expr] = {Sym(name): expr}
            rewrite(definition.body, lambda e, r=replaced: substitute(e, r))
            kept = [(n, substitute(e, replaced)) for n, e in kept]
    definition.lets = kept


def seen_through(found: list[Expr], name: Symbol, kept: frozenset[str]) -> Expr | None:
    """The one call through which `name` is read everywhere, if there is one and it reads nothing else.

    A call of a function in `kept` does not count: a variable behind it stays an argument.
    """
    whole: set[Expr] = set()

    def visit(expr: Expr) -> None:
        names = set(symbols(expr))
        if name not in names:
            return
        if names == {name}:
            whole.add(expr)
            return
        for part in parts(expr):
            visit(part)

    for expr in found:
        visit(expr)
    if len(whole) != 1:
        return None
    only = whole.pop()
    return only if isinstance(only, Apply) and not kept & set(calls(only)) else None


def replace_seen(
    definition: Definition, reducer: Reducer, places: list[CallSite], keep: frozenset[str]
) -> None:
    """A column or parameter that is seen only through one call is replaced by the values of that call.

    Not so variables that stay arguments, nor the sizes of what enters, which may be read from the value itself.
    """
    for item in items(definition.body):
        if isinstance(item, LoopItem):
            _columns(item, definition, reducer)
    everything = [*expressions(definition.body), *(e for _, e in definition.lets)]
    if definition.kind != "block":
        return
    for parameter in definition.parameters:
        symbol = parameter.symbol
        if symbol is None or symbol in keep or entered(symbol):
            continue
        through = seen_through(everything, symbol, reducer.kept)
        if through is None:
            continue
        replaced: dict[Expr, Expr] = {through: Sym(symbol)}
        rewrite(definition.body, lambda e, r=replaced: substitute(e, r))
        definition.lets = [(n, substitute(e, replaced)) for n, e in definition.lets]
        parameter.quantities = [
            _through(through, symbol, q, place, reducer)
            for q, place in zip(parameter.quantities, places, strict=True)
        ]
        parameter.default, parameter.seen = None, through


def _through(
    call: Expr, symbol: Symbol, quantity: Quantity, place: CallSite, reducer: Reducer
) -> Quantity:
    value = value_of(call, {**place.full, symbol: quantity.value}, reducer.functions)
    return Quantity(value, substitute(call, {Sym(symbol): quantity.expr}), quantity.deps)


def _columns(item: LoopItem, definition: Definition, reducer: Reducer) -> None:
    body = [item]
    found = list(expressions(list[Item](body)))
    values = [dict(turn) for turn in item.turns]
    for column in item.columns if not item.cells else ():
        through = seen_through(found, column, reducer.kept)
        if through is not None:
            replaced: dict[Expr, Expr] = {through: Sym(column)}
            rewrite(list[Item](body), lambda e, r=replaced: substitute(e, r))
            found = list(expressions(list[Item](body)))
            for turn in values:
                turn[column] = value_of(through, turn, reducer.functions)
    read = {name for expr in found for name in symbols(expr)}
    item.columns = tuple(column for column in item.columns if column in read)
    if item.cells:
        return
    item.rows = [tuple(turn[column] for column in item.columns) for turn in values]


def tidy_sums(definition: Definition) -> None:
    """Sums whose terms are whole numbers are short."""
    whole: set[Symbol] = set()
    for parameter in definition.parameters:
        if all(type(quantity.value) is int for quantity in parameter.quantities):
            whole |= {parameter.symbol or PrintedName(parameter.name)}
    for item in items(definition.body):
        if isinstance(item, LoopItem):
            whole.add(item.index)
            cells = [{n: type(v) is int for n, v in turn.items()} for turn in item.turns]
            whole |= {n for n in item.columns if all(turn.get(n) for turn in cells)}
    lets: list[tuple[str, Expr]] = []
    for name, expr in definition.lets:
        lets.append((name, tidied(expr, whole)))
        whole |= {name} if is_whole(expr, whole) else set()
    definition.lets = lets
    rewrite(definition.body, lambda expr: tidied(expr, whole))


def name_repeated(definition: Definition, names: Namer) -> None:
    """A long expression that is read three times gets a name, where it can stand above the loops."""
    known: set[Symbol] = {p.symbol or PrintedName(p.name) for p in definition.parameters}
    known |= {name for name, _ in definition.lets}
    for _ in range(MOST_NAMES):
        found = Counter(e for expr in expressions(definition.body) for e in _long(expr, known))
        often = [expr for expr, count in found.items() if count >= OFTEN]
        if not often:
            return
        expr = max(often, key=lambda expr: len(show(expr, str)))
        name = _name(definition, expr, names)
        replaced: dict[Expr, Expr] = {expr: Sym(name)}
        rewrite(definition.body, lambda e, r=replaced: substitute(e, r))
        if isinstance(expr, IfElse):
            _where_it_holds(definition.body, expr, name)
        read = {*symbols(expr)}
        at = 1 + max((k for k, (n, _) in enumerate(definition.lets) if n in read), default=-1)
        later = [(n, substitute(e, replaced)) for n, e in definition.lets[at:]]
        definition.lets = [*definition.lets[:at], (name, expr), *later]
        known.add(name)


def _long(expr: Expr, known: set[Symbol]) -> Iterator[Expr]:
    """The long expressions in one that read these names alone, itself among them."""
    read = {*symbols(expr)}
    long = read and read <= known and len(show(expr, str)) >= LONG
    if long and not isinstance(expr, Items | Unary) and not _truth(expr) and not opaque(expr):
        yield expr
    for part in parts(expr):
        yield from _long(part, known)


def _where_it_holds(body: list[Item], named: IfElse, name: str) -> None:
    """A row that stands under the condition of a named choice reads the name in place of the side that is chosen."""
    for item in items(body):
        if item.when == named.test and isinstance(item, StepItem | UseItem):
            replaced: dict[Expr, Expr] = {named.body: Sym(name)}
            item.args = tuple((key, substitute(arg, replaced)) for key, arg in item.args)


def _truth(expr: Expr) -> bool:
    """Whether an expression is a condition, which the file names itself."""
    return isinstance(expr, Binary) and expr.op not in ("+", "-", "*", "/", "//", "%", "**")


def _name(definition: Definition, expr: Expr, names: Namer) -> str:
    """A name for an expression: that of the parameter of a block or, where it is one everywhere, of the argument which
    it is given for."""
    spec: list[str] = []
    keys: set[str] = set()
    for item in items(definition.body):
        for key, arg in item.args if isinstance(item, StepItem | UseItem) else ():
            if arg != expr:
                continue
            keys.add(key)
            if isinstance(item, UseItem) and item.definition and item.definition.kind == "block":
                given = {p.name for p in item.definition.parameters if isinstance(p.symbol, str)}
                spec += [key] if key in given else []
    only = [key for key in keys if len(keys) == 1 and not key.startswith(("in_", "out_"))]
    wanted = [*spec, *only, "width" if definition.kind == "model" else "hidden", "inner"]
    return names.new(next((name for name in wanted if name not in names.taken), wanted[-1]))


def name_sums(definition: Definition) -> None:
    """Lists of which parts are summed get a name, where they can stand above the loops."""
    loops = [item for item in items(definition.body) if isinstance(item, LoopItem)]
    inside = {name for loop in loops for turn in loop.turns for name in turn} - {
        parameter.symbol for parameter in definition.parameters
    }
    named: dict[Expr, str] = {}
    for total in [s for e in expressions(definition.body) for s in _sums(e)]:
        base = total.base
        if base in named or not isinstance(base, Items) or inside & {*symbols(base)}:
            continue
        name = f"all_{total.column}"
        while name in named.values():
            name += "_"
        named[base] = name
    replaced: dict[Expr, Expr] = {base: Sym(name) for base, name in named.items()}
    if named:
        rewrite(definition.body, lambda expr: substitute(expr, replaced))
    definition.lets += [(name, base) for base, name in named.items()]


def _sums(expr: Expr) -> Iterator[Sum]:
    if isinstance(expr, Sum):
        yield expr
    for part in parts(expr):
        yield from _sums(part)


def trim_carried(definition: Definition) -> None:
    """Keep the carried sizes that a printed line reads, directly or through another kept one."""
    loops = [item for item in items(definition.body) if isinstance(item, LoopItem)]
    everything = [carried for loop in loops for carried in loop.carried]
    read = [*expressions(definition.body, carried=False), *(e for _, e in definition.lets)]
    live = {shared(name) for expr in read for name in symbols(expr)}
    waiting = True
    while waiting:
        more = {
            shared(name)
            for carried in everything
            if shared(carried.symbol) in live
            for expr in (carried.first, carried.update)
            if expr is not None
            for name in symbols(expr)
        }
        waiting = not more <= live
        live |= more
    for loop in loops:
        loop.carried = [carried for carried in loop.carried if shared(carried.symbol) in live]
