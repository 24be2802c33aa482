"""The drafting of one loop: what its turns have in common, and the sizes that it carries from turn to turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.graph.expr import Apply, Expr, IfElse, Lit, Sym, Value, substitute, symbols
from archspec.graph.graph import INPUT, Absent, Scope, ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import CarriedSize, FrameworkName, PrintedName, RunningSum, Symbol
from archspec.lowering.plan import Plan
from archspec.printing.draft.context import DefinitionContext
from archspec.printing.draft.generalise import CannotKeep, NoCommonExpression
from archspec.printing.draft.items import (
    InlineItem,
    Item,
    LoopItem,
    SizeUpdate,
    Token,
    expressions,
    is_empty,
    passed_on,
    rewrite,
)
from archspec.printing.draft.loop_values import LoopValues
from archspec.printing.draft.reach import when_of, writes
from archspec.printing.draft.reduce import CallSite, same
from archspec.printing.names import shown


def _turns(plan: Plan) -> list[Plan]:
    return [turn for turn in plan.children if isinstance(turn, Plan)]


class Looping:
    """The drafting of one loop. `passed` are places where it does not run: what entered it leaves it."""

    def __init__(self, draft: DefinitionContext, places: list[CallSite], plans: list[Plan]) -> None:
        self.draft, self.places, self.plans = draft, places, plans
        self.scopes = [plan.scope for plan in plans]
        self.passed: list[tuple[CallSite, Plan]] = []
        self.columns: dict[str, dict[int, Value]] = {}
        self.values = LoopValues(draft, places, plans)

    def column(self, turns: list[int], found: list[Value], hint: str) -> Expr | None:
        """A column of the table that has these values at these turns; None where a turn would have several.

        A value that only some turns ask for may be any in the others.
        """
        wanted: dict[int, Value] = {}
        for turn, value in zip(turns, found, strict=True):
            if not same([wanted.setdefault(turn, value), value]):
                return None
        if len({len(plan.children) for plan in self.plans}) != 1 or not all(
            map(self._constant, found)
        ):
            return None
        for name, cells in self.columns.items():
            both = cells.keys() & wanted.keys()
            if both and all(same([cells[k], wanted[k]]) for k in both):
                cells.update(wanted)
                return Sym(PrintedName(name))
        name = self.draft.names.new(hint)
        self.columns[name] = wanted
        return Sym(PrintedName(name))

    def across(self, places: Sequence[CallSite], refs: Sequence[ValueId]) -> Token | None:
        """A value that a line of a turn takes from the turn before, or by its number from a list of another loop."""
        return self.values.across(places, refs)

    def _constant(self, value: Value) -> bool:
        """Whether a value can stand in a table above the definitions: layers that the file brings are made below it."""
        return not (isinstance(value, FrameworkName) and value in self.draft.file.framework.support)

    def _own_index(self, item: LoopItem) -> None:
        """Give the counter a name of its own, where it hides that of a loop around this one."""
        if item.index not in self.draft.counters()[:-1]:
            return
        own = PrintedName(self.draft.names.new(str(item.index)))
        renamed: dict[Expr, Expr] = {Sym(item.index): Sym(own)}
        rewrite(item.body, lambda expr: substitute(expr, renamed))
        for size in item.carried:
            size.update = size.update and substitute(size.update, renamed)
        item.indexed = {t: (of, substitute(e, renamed)) for t, (of, e) in item.indexed.items()}
        item.index = own

    def _constant_sizes(self, symbol: Symbol) -> bool:
        """Whether a size that no expression carries is a column: the same numbers in all uses."""
        sizes = {
            tuple(turn.scope.symbols.get(symbol) for turn in _turns(plan)) for plan in self.plans
        }
        free = (
            size.deps & self.draft.file.keep
            for plan in self.plans
            for turn in _turns(plan)
            for _, size in turn.scope.output.axes
        )
        return len(sizes) == 1 and not any(free)

    def _tabled(self, item: LoopItem) -> None:
        """Put the columns that were found into the loop's table."""
        found = {PrintedName(name): cells for name, cells in self.columns.items()}
        if not found:
            return
        item.columns, item.count = (*item.columns, *found), None
        item.turns = [
            {
                **turn,
                **{name: cells.get(k, next(iter(cells.values()))) for name, cells in found.items()},
            }
            for k, turn in enumerate(item.turns)
        ]

    def item(self, name: str, inputs: tuple[Token, ...], output: Token) -> list[Item]:
        """The loop, in a list; nothing where its turns write nothing. Raises NoCommonExpression."""
        known = self.draft.tokens.known()
        try:
            return self._item(name, inputs, output)
        finally:
            self.draft.tokens.closed(known)

    def _item(self, name: str, inputs: tuple[Token, ...], output: Token) -> list[Item]:
        draft = self.draft
        loop = self.scopes[0].loop
        assert loop is not None
        self._same_table()
        count = None
        if not loop.columns:
            counts = [s.loop.count for s in self.scopes if s.loop]
            count = draft.inference.argument(self.places, counts, "repeat")
        number = draft.tokens.fresh()
        turns = [turn for plan in self.plans for turn in _turns(plan)]
        owners = [
            place
            for place, plan in zip(self.places, self.plans, strict=True)
            for _ in plan.children
        ]
        changing, seen = self._seen(owners, turns)
        self.values.begin(seen)
        defined = draft.file.defined(turns[0])
        if defined is not None:
            draft.tokens.entered(seen, turns, (number, INPUT))
            used = draft.used(seen, turns, "", ((number, INPUT),), (number, 0))
            body: list[Item] = [used]
            entry: Token = (number, INPUT)
            result: Token = (number, 0)
        else:
            body, entry, result = draft.body(seen, turns)
            if all(is_empty(only) for only in body) and not self.values.needed():
                value = passed_on(body, result)
                return [Item(name, inputs if value == entry else (value,), output)]
        alone = len(body) == 1 and not body[0].name and not isinstance(body[0], InlineItem)
        collapsed = defined is not None or alone
        outside = tuple(
            token for only in body for token in only.inputs if collapsed and token != entry
        )
        item = LoopItem(
            name,
            (*inputs, *outside),
            output,
            label=self.scopes[0].label or "",
            body=body,
            entry=entry,
            result=result,
            index=loop.index,
            count=count,
            columns=tuple(c for c in (*loop.columns, *loop.derived) if not self._kept(c)),
            rows=[],
            constant=self.scopes[0].definition,
        )
        self.values.finish(item)
        item.turns = [t.scope.symbols for t in self.plans[0].children if isinstance(t, Plan)]
        item.collapsed = collapsed
        tabled: list[Symbol] = []
        for symbol in changing:
            try:
                size = self._carried(symbol, seen, turns, body)
                item.carried += [] if size is None else [size]
            except NoCommonExpression:
                if not self._constant_sizes(symbol):
                    raise
                tabled.append(symbol)
        self._fed(item)
        self._tabled(item)
        if tabled:
            item.columns, item.count = (*item.columns, *tabled), None
        self._own_index(item)
        held = {carried.symbol for carried in item.carried}
        axes = self._axes(turns)
        for scope, place in zip(self.scopes, self.places, strict=True):
            self._leave(scope, place, changing, axes, held)
        for place, plan in self.passed:
            entered = {n: size.value for n, size in plan.scope.input_types[0].axes}
            left = {s: entered[axes[s]] for s in changing if s in axes and axes[s] in entered}
            place.full = {**place.full, **left}
            place.known.update({s: value for s, value in left.items() if s in held})
        return [item]

    def _kept(self, column: Symbol) -> frozenset[str]:
        """The variables behind a column, or a name derived from columns, that stay arguments."""
        behind = (scope.loop.behind[column] for scope in self.scopes if scope.loop)
        return self.draft.file.keep & frozenset().union(*behind)

    def _same_table(self) -> None:
        """Raises NoCommonExpression where a column that is printed as a constant differs between uses."""
        loops = [scope.loop for scope in self.scopes if scope.loop]
        first = loops[0].columns
        fixed = [k for k, column in enumerate(first) if not self._kept(column)]
        tables = {
            (loop.columns, tuple(tuple(row[k] for k in fixed) for row in loop.rows if fixed))
            for loop in loops
        }
        if first and len(tables) != 1:
            raise NoCommonExpression("tables that differ between uses")

    def _fed(self, item: LoopItem) -> None:
        """What a table's columns come from where variables that stay arguments are behind some of them.

        A column that is a list runs along; rows with such a cell are written where the loop stands.
        """
        loop = self.scopes[0].loop
        assert loop is not None
        kept = [column for column in loop.columns if self._kept(column)]
        if not kept:
            return
        read = {name for expr in expressions(item.body) for name in symbols(expr)}
        hidden = self.draft.file.keep & {*loop.columns}
        if hidden:
            raise CannotKeep(hidden, "a column of its name hides it", self.scopes[0].span)
        if "" in loop.whole:
            item.given = [(loop.columns, self._list(""))]
            item.columns = ()
        elif all(column in loop.whole for column in kept):
            item.given = [((c,), self._list(c)) for c in kept if c in read]
        elif any(column in read for column in kept):
            item.columns = tuple(c for c in (*loop.columns, *loop.derived) if c in read)
            item.columns = tuple(c for c in item.columns if c in loop.columns or not self._kept(c))
            item.cells = [self._cells(item.columns, turn) for turn in range(len(loop.rows))]
        constant = [c for c in item.columns if c in read]
        if not (item.given or item.cells or constant) and kept[0] in loop.whole:
            item.columns, item.count = (), Apply("len", (self._list(kept[0]),))

    def _list(self, column: str) -> Expr:
        """The list that a column is; under "" the rows."""
        found: list[Quantity] = []
        for scope in self.scopes:
            loop = scope.loop
            assert loop is not None
            at = loop.columns.index(column) if column else None
            values = tuple(row if at is None else row[at] for row in loop.rows)
            deps = frozenset().union(*loop.behind.values())
            found.append(Quantity(values, loop.whole[column], deps))
        return self.draft.inference.argument(self.places, found, column or "rows")

    def _cells(self, columns: tuple[Symbol, ...], turn: int) -> dict[Symbol, Expr]:
        """One row of a table in the names around it."""
        found: dict[Symbol, Expr] = {}
        for column in columns:
            cells: list[Quantity] = []
            for plan in self.plans:
                here, loop = plan.children[turn], plan.scope.loop
                assert isinstance(here, Plan)
                assert loop is not None
                value = here.scope.symbols[column]
                said = loop.expressions[turn][column] if column in loop.columns else Lit(value)
                cells.append(Quantity(value, said, loop.behind[column]))
            found[column] = self.draft.inference.argument(self.places, cells, str(column))
        return found

    def _axes(self, turns: Sequence[Plan]) -> dict[Symbol, str]:
        """The axes of what enters the turns; a vector has one, an image three."""
        return {
            size.expr.symbol: axis
            for turn in turns
            for axis, size in turn.scope.input_types[0].axes
            if isinstance(size.expr, Sym)
        }

    def _changes(self, turns: list[Plan], symbol: Symbol, axis: str) -> bool:
        """Whether a size changes from turn to turn, here or with other values of kept variables."""
        left = [dict(turn.scope.output.axes).get(axis) for turn in turns]
        for turn, size in zip(turns, left, strict=True):
            if size is None or size.expr == Sym(symbol) or symbol not in turn.scope.symbols:
                continue
            if size.value != turn.scope.symbols[symbol] or size.deps & self.draft.file.keep:
                return True
        return False

    def _holds(self, changing: Sequence[Symbol], name: Symbol) -> bool:
        """Whether one of the sizes that the loop changes stands in the variable of this one."""
        if self.draft.definition.own_sizes or not isinstance(name, CarriedSize):
            return name in changing and isinstance(name, CarriedSize)
        return name.axis in map(shown, changing)

    def _clobbered(self, turns: list[Plan], axis: str, entered: list[Quantity | None]) -> bool:
        """Whether a loop inside writes the variable that this size is held in."""
        held = not self.draft.definition.own_sizes and any(
            isinstance(name, CarriedSize) and name.axis == axis
            for place, size in zip(self.places, entered, strict=True)
            if size is not None
            for name in symbols(self.draft.reducer.reduce(size.expr, place))
        )
        return held and any(writes(turn, axis) for turn in turns)

    def _seen(
        self, owners: list[CallSite], turns: list[Plan]
    ) -> tuple[list[Symbol], list[CallSite]]:
        """The symbols that change from turn to turn, and the places of the turns."""
        axes = self._axes(turns)
        entered = {
            symbol: [dict(scope.input_types[0].axes).get(axis) for scope in self.scopes]
            for symbol, axis in axes.items()
        }
        changing = [
            symbol
            for symbol, axis in axes.items()
            if self._changes(turns, symbol, axis) or self._clobbered(turns, axis, entered[symbol])
        ]
        loop = self.scopes[0].loop
        assert loop is not None
        kept = [name for name in loop.derived if self._kept(name)]
        kept.sort(key=lambda name: not isinstance(name, RunningSum))
        own = {loop.index, *loop.columns, *loop.derived} - {*kept}
        turn_of = {t.scope.id: k for plan in self.plans for k, t in enumerate(_turns(plan))}
        seen: list[CallSite] = []
        for owner, turn in zip(owners, turns, strict=True):
            symbols_here = turn.scope.symbols
            known = {
                n: v
                for n, v in owner.known.items()
                if n not in {*own, *kept} and not self._holds(changing, n)
            }
            known |= {n: symbols_here[n] for n in (*own, *changing) if n in symbols_here}
            use = next(k for k, p in enumerate(self.places) if p is owner)
            aliases = dict(owner.aliases)
            for symbol, quantities in entered.items():
                aliases.pop(symbol, None)
                quantity = quantities[use]
                if quantity is None:
                    continue
                before = self.draft.reducer.reduce(quantity.expr, owner)
                if symbol not in changing and before != Sym(symbol):
                    aliases[symbol] = before
            here = CallSite(
                owner.use,
                known,
                {**owner.full, **symbols_here},
                aliases,
                (*owner.turns, turn_of[turn.scope.id]),
            )
            for name in kept:
                said = self.scopes[use].loop.expressions[turn_of[turn.scope.id]]  # type: ignore[union-attr]
                aliases[name] = self.draft.reducer.reduce(said[name], here)
            seen.append(here)
        return changing, seen

    def _carried(
        self, symbol: Symbol, seen: list[CallSite], turns: list[Plan], body: list[Item]
    ) -> SizeUpdate | None:
        """The first value and the update of a size, or None where they cannot be said and nobody asks."""
        if not self.draft.file.carries:
            return SizeUpdate(symbol, None, None)
        axis = self._axes(turns)[symbol]
        types = [dict(scope.input_types[0].axes) for scope in self.scopes]
        begun = [
            (p, sizes[axis]) for p, sizes in zip(self.places, types, strict=True) if axis in sizes
        ]
        ends = [dict(turn.scope.output.axes) for turn in turns]
        run = [k for k, sizes in enumerate(ends) if axis in sizes]
        left = [ends[k][axis] for k in run]
        places, sizes = [place for place, _ in begun], [size for _, size in begun]
        try:
            first = self.draft.inference.argument(places, sizes, shown(symbol))
            update = self._left_as(
                [seen[k] for k in run], left, [turns[k] for k in run], shown(symbol)
            )
        except NoCommonExpression:
            if any(symbol in symbols(expr) for expr in expressions(body)):
                raise
            return None
        return SizeUpdate(symbol, first, update)

    def _left_as(
        self, seen: list[CallSite], left: list[Quantity], turns: list[Plan], hint: str
    ) -> Expr:
        """What each turn leaves: an expression, or a parameter."""
        try:
            return self._update(seen, left, turns, hint)
        except NoCommonExpression:
            return self.draft.inference.argument(seen, left, hint, invent=True)

    def _update(
        self, seen: list[CallSite], left: list[Quantity], turns: list[Plan], hint: str
    ) -> Expr:
        """What each turn leaves; where a row of some turns makes the difference, under its condition."""
        inference = self.draft.inference
        try:
            return inference.argument(seen, left, hint)
        except NoCommonExpression:
            pass
        for position in range(len(turns[0].children)):
            children = [turn.children[position] for turn in turns]
            absent = [isinstance(child, Absent) for child in children]
            whens = [when for when in map(when_of, children) if when is not None]
            if len(set(absent)) != 2 or len(whens) != len(children):
                continue
            there = [k for k, gone in enumerate(absent) if not gone]
            gone = [k for k, is_gone in enumerate(absent) if is_gone]
            return IfElse(
                inference.argument([seen[k] for k in there], [left[k] for k in there], hint),
                inference.argument(seen, whens, "when"),
                inference.argument([seen[k] for k in gone], [left[k] for k in gone], hint),
            )
        raise NoCommonExpression(hint)

    def _leave(
        self,
        scope: Scope,
        place: CallSite,
        changing: list[Symbol],
        axes: Mapping[Symbol, str],
        held: set[Symbol],
    ) -> None:
        """After the loop the names that it changed hold their last value, the others what they entered with."""
        entered = dict(scope.input_types[0].axes)
        for symbol, axis in axes.items():
            if axis not in entered:
                continue
            before = self.draft.reducer.reduce(entered[axis].expr, place)
            place.aliases.pop(symbol, None)
            if symbol not in changing and before != Sym(symbol):
                place.aliases[symbol] = before
        for known in [name for name in place.known if self._holds(changing, name)]:
            del place.known[known]
        for name, alias in list(place.aliases.items()):
            if any(self._holds(changing, s) for s in symbols(alias)):
                del place.aliases[name]
        sizes = dict(scope.output.axes)
        for symbol in changing:
            axis = shown(symbol)
            if axis in sizes:
                if symbol in held:
                    place.known[symbol] = sizes[axis].value
                place.full = {**place.full, symbol: sizes[axis].value}
