"""Definitions from plans: every line of a definition generalised over all places where it runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from archspec.graph.expr import Binary, Expr, Lit, Sym, calls, symbols
from archspec.graph.graph import INPUT, Absent, Port, Scope, ValueId, hangs_on_image
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import Symbol
from archspec.lowering.plan import Plan, Unit
from archspec.printing.draft.calls import Calls
from archspec.printing.draft.context import Children, FileContext
from archspec.printing.draft.flow import is_chain
from archspec.printing.draft.generalise import (
    CannotKeep,
    NoCommonExpression,
    ParameterInference,
)
from archspec.printing.draft.items import (
    ChainItem,
    Definition,
    InlineItem,
    Item,
    Parameter,
    SplitItem,
    Token,
    UseItem,
    expressions,
    is_empty,
    is_layer,
)
from archspec.printing.draft.kept import KeptLayers
from archspec.printing.draft.looping import Looping
from archspec.printing.draft.reach import when_of
from archspec.printing.draft.reduce import CallSite, Reducer, as_logic, values
from archspec.printing.draft.tidy import (
    name_repeated,
    name_sums,
    replace_seen,
    settle_lets,
    tidy_sums,
    trim_carried,
)
from archspec.printing.draft.tokens import Choice, Tokens
from archspec.printing.draft.turns import Turns
from archspec.printing.draft.uses import Uses
from archspec.printing.names import Namer, entered, shown, snake

NOTHING: Token = (-1, INPUT)  # no value runs before the first row of a model that takes several


def _span(child: Unit | Plan | Absent | None) -> Any:
    """Where a row stands in the spec."""
    if child is None or isinstance(child, Absent):
        return child and child.span
    return child.node.span if isinstance(child, Unit) else child.scope.span


def _both(row: Expr | None, step: Expr | None) -> Expr | None:
    """The condition of a step that has one of its own in a row that is not always there."""
    if row is None or step is None:
        return row if step is None else step
    return Binary("and", row, step)


def _stands_alone(rows: InlineItem, *, conditional: bool) -> bool:
    """Whether one layer is all there is of some rows; one that may not be there if `conditional`."""
    if len(rows.body) != 1:
        return False
    (only,) = rows.body
    free = not (only.name or only.again) and (conditional or only.when is None)
    return free and is_layer(only) and only.output == rows.result


def _in_place(rows: InlineItem) -> Item:
    """The one layer of some rows, in their place and under their name."""
    (only,) = rows.body
    only.name, only.output, only.label = rows.name, rows.output, rows.label or only.label
    only.stays = only.when is not None
    only.inputs = tuple(rows.inputs[0] if token == rows.entry else token for token in only.inputs)
    return only


class Draft:
    """The drafting of one definition: its lines, and the parameters that they need."""

    def __init__(self, file: FileContext, definition: Definition) -> None:
        self.file, self.definition = file, definition
        self.kind = definition.kind
        kept = file.kept_functions() if self.kind == "model" else frozenset()
        self.reducer = Reducer(file.graph.functions, kept)
        self.names = Namer(file.reserved)
        self.inference = ParameterInference(
            self.reducer,
            len(definition.uses),
            self._given,
            self.kind == "row",
            self.names.new,
            file.keep,
            self.kind != "model",
            self._column,
            blocks=[use.scope for use in definition.uses] if self.kind == "block" else (),
            offered=lambda use, expr: file.index.offered(definition.uses[use].scope, expr),
        )
        self.kept = KeptLayers()
        named = [use.scope.named_inputs for use in definition.uses]
        inside = {
            id: number for number, use in enumerate(definition.uses) for id in file.below(use)
        }
        strict = definition.uses[0].scope.id in file.strict
        self.tokens = Tokens(file.passed, inside, named, self._across, strict=strict)
        self.calls = Calls(self)
        self.uses, self.turns = Uses(self, self.calls), Turns(self)

    def fill(self) -> None:
        uses = self.definition.uses
        self.definition.modules = []
        places = [self._place(number, use) for number, use in enumerate(uses)]
        body, entry, result = self.body(places, uses)
        definition = self.definition
        definition.body, definition.entry = body, entry
        if self.kind == "model":
            definition.results = self._ports(uses[0].scope.gives, places[0])
            definition.takes = self._ports(uses[0].scope.takes, places[0])
            definition.takes = definition.takes if len(definition.takes) > 1 else ()
            definition.entry = NOTHING if definition.takes else entry
            definition.images = self._images(uses[0].scope, places[0])
        else:
            self._give(places, result)
        taken = self.tokens.taken()
        definition.captures = tuple((slot.name, (0, number)) for number, slot in taken)
        definition.slots = tuple(tuple(slot.values) for _, slot in taken)
        definition.sizes = self._sizes(places)
        definition.lets = self._lets(places)
        definition.parameters = self.inference.parameters
        definition.tests = (*self.inference.tests, *self.inference.inner)
        settle_lets(definition)
        trim_carried(definition)
        replace_seen(definition, self.reducer, places, self.file.keep)
        tidy_sums(definition)
        name_repeated(definition, self.names)
        name_sums(definition)
        if self.kind == "model":
            self._variables()
        else:
            self._drop_unread()

    def _give(self, places: list[CallSite], result: Token) -> None:
        """What the definition gives: its result, if anybody reads it, and every other value that others read."""
        definition, file = self.definition, self.file
        found: dict[Token, list[set[ValueId]]] = {}
        for number, (use, place) in enumerate(zip(definition.uses, places, strict=True)):
            for ref in file.escapes.get(use.scope.id, ()):
                token = self.tokens.token(ref, place)
                found.setdefault(token, [set() for _ in places])[number].add(ref)
        if not found or any(use.scope.id in file.read for use in definition.uses):
            found = {result: found.get(result, [set() for _ in places]), **found}
        definition.results = tuple(("", token) for token in found)
        definition.gives = tuple(tuple(map(frozenset, uses)) for uses in found.values())

    @property
    def loops(self) -> Sequence[Looping]:
        """The loops around a line, the outermost first."""
        return self.turns.around

    def _across(self, places: Sequence[CallSite], refs: Sequence[ValueId]) -> Token | None:
        """A value that a line takes from another turn of a loop around it."""
        tried = (looping.across(places, refs) for looping in reversed(self.loops))
        return next((token for token in tried if token is not None), None)

    def counters(self) -> list[str]:
        """The counters of the loops around what is drafted, the outermost first."""
        loops = (looping.scopes[0].loop for looping in self.loops)
        return [loop.index for loop in loops if loop is not None]

    def _sizes(self, places: list[CallSite]) -> tuple[Expr, ...]:
        """The sizes of the model's input, if the file states them and they may change."""
        if self.kind != "model" or self.file.carries or self.definition.takes:
            return ()
        axes = [use.scope.input_types[0].axes for use in self.definition.uses]
        if not any(size.deps & self.file.keep for _, size in axes[0]):
            return ()
        columns = zip(*axes, strict=True)
        return tuple(
            self.inference.argument(places, [size for _, size in column], column[0][0])
            for column in columns
        )

    def _images(self, scope: Scope, place: CallSite) -> dict[Token, tuple[int, int]]:
        """The sizes of the images that enter the network, if numbers of the file hang on them."""
        if not hangs_on_image(self.file.graph):
            return {}
        images = ((port.ref, dict(port.type.axes)) for port in scope.takes)
        return {
            self.tokens.token(ref, place): (axes["height"].whole, axes["width"].whole)
            for ref, axes in images
            if "height" in axes
        }

    def _ports(self, ports: Sequence[Port], place: CallSite) -> tuple[tuple[str, Token], ...]:
        """Values that the model takes or gives, by name."""
        return tuple((port.name, self.tokens.token(port.ref, place)) for port in ports)

    def _drop_unread(self) -> None:
        definition = self.definition
        read = self._read()
        definition.parameters = [
            p for p in definition.parameters if p.symbol is None or p.symbol in read
        ]
        if self.kind == "block":
            order = list(definition.uses[0].scope.arguments)
            order.sort(key=lambda name: not entered(name))
            ranks = {name: rank for rank, name in enumerate(order)}
            definition.parameters.sort(key=lambda p: ranks.get(p.symbol or "", len(ranks)))

    def _read(self) -> set[Symbol]:
        """The names that the body reads, by itself or through a function of the file that is printed with it."""
        definition = self.definition
        waiting = [*expressions(definition.body), *(e for _, e in definition.lets)]
        waiting += definition.sizes
        functions = dict(self.file.graph.functions)
        read: set[Symbol] = set()
        while waiting:
            expr = waiting.pop()
            read.update(symbols(expr))
            used = [f for f in calls(expr) if f in functions and f in self.reducer.kept]
            waiting += [functions.pop(name).body for name in dict.fromkeys(used)]
        return read

    def _variables(self) -> None:
        """The model's arguments: kept variables in the order of the file, with the spec's values as defaults."""
        read = self._read()
        given = {p.symbol: p.name for p in self.definition.parameters}
        self.definition.parameters = [
            Parameter(
                given.get(name) or self.names.new(name),
                name,
                [Quantity(v.value, Sym(name))],
                v.value,
            )
            for name, v in self.file.graph.variables.items()
            if name in read and name in self.file.keep
        ]

    def _place(self, number: int, use: Plan) -> CallSite:
        full = use.scope.symbols
        if self.kind == "row":
            return CallSite(number, {}, full)
        graph, keep = self.file.graph, self.file.keep
        root = graph.root
        hidden = {n for n in graph.variables if n not in keep}
        hidden |= {n for n, q in root.lets.items() if not q.deps & keep}
        block = self.file.index.blocks.get(use.scope.id, use).scope
        own = {*use.scope.arguments, *use.scope.lets, *block.arguments, *block.lets}
        own -= hidden if self.kind == "model" else set()
        numbers = self.file.numbers.get(use.scope.id, frozenset())
        own -= numbers
        known = {n: v for n, v in full.items() if n in own or n not in {*hidden, *numbers}}
        return CallSite(number, known, full)

    def _given(self, symbol: Symbol) -> Parameter | None:
        """The parameter of a symbol that comes from outside the definition; None for its own names."""
        uses = [plan.scope for plan in self.definition.uses]
        if self.kind == "block":
            if symbol in uses[0].arguments:
                quantities = [use.arguments[symbol] for use in uses]
                default = uses[0].defaults.get(symbol)
                return Parameter(self.names.new(shown(symbol)), symbol, quantities, default)
            if symbol in uses[0].lets:
                return None
        if symbol in self.file.graph.root.lets and self.kind == "model":
            return None
        if symbol not in uses[0].symbols:
            return None
        if self.kind == "model" and symbol not in self.file.keep:
            return None
        outer = [Quantity(use.symbols[symbol], Sym(symbol)) for use in uses]
        return Parameter(self.names.new(shown(symbol)), symbol, outer)

    def _column(
        self, places: Sequence[CallSite], quantities: Sequence[Quantity], hint: str
    ) -> Expr | None:
        """A further column of the table of a loop around these places, the outermost that tells the values apart."""
        for depth, looping in enumerate(self.loops):
            if any(len(place.turns) <= depth for place in places):
                return None
            turns = [place.turns[depth] for place in places]
            column = looping.column(turns, values(quantities), hint)
            if column is not None:
                return column
        return None

    def _lets(self, places: list[CallSite]) -> list[tuple[str, Expr]]:
        """The derived names of a block or of the file, in the definition's own terms."""
        scopes = [plan.scope for plan in self.definition.uses]
        found: list[tuple[str, Expr]] = []
        if self.kind not in ("block", "model"):
            return found
        for name in scopes[0].lets:
            if self.kind == "model" and not scopes[0].lets[name].deps & self.file.keep:
                continue
            inside = [
                CallSite(
                    p.use,
                    {k: v for k, v in p.known.items() if k != name},
                    p.full,
                    p.aliases,
                    p.turns,
                )
                for p in places
            ]
            try:
                expr = self.inference.argument(inside, [s.lets[name] for s in scopes], name)
            except NoCommonExpression:
                continue
            found.append((name, expr))
        return found

    def body(
        self, places: list[CallSite], plans: Sequence[Plan]
    ) -> tuple[list[Item], Token, Token]:
        """The items of a list of rows, one for each row that some use has."""
        number = self.tokens.held(places, plans)
        if plans[0].scope.kind == "turn":
            self.tokens.entered(places, plans, (number, INPUT))
        length = max(len(plan.children) for plan in plans)
        if self.kind != "row" and any(len(plan.children) != length for plan in plans):
            raise NoCommonExpression("lists of different length")
        found: list[Item] = []
        for position in range(length):
            children: Children = [
                plan.children[position] if position < len(plan.children) else None for plan in plans
            ]
            names = {
                plan.names[position]
                for plan, child in zip(plans, children, strict=True)
                if child is not None and not isinstance(child, Absent)
            }
            if len(names) > 1:
                raise NoCommonExpression(f"rows of different names: {sorted(names)}")
            name = names.pop() if names else ""
            found += self.row(places, children, name, (number, position))
        ends = [plan.scope.result for plan in plans]
        if self.kind == "row":
            return found, (number, INPUT), max(map(self.tokens.token, ends, places))
        return found, (number, INPUT), self.tokens.site(ends, places)

    def row(
        self, places: list[CallSite], children: Children, name: str, output: Token
    ) -> list[Item]:
        present = [
            (place, child)
            for place, child in zip(places, children, strict=True)
            if child is not None and not isinstance(child, Absent)
        ]
        if not present:
            passed = [
                self.tokens.of([c.inputs], [p])
                for p, c in zip(places, children, strict=True)
                if isinstance(c, Absent)
            ]
            whens = [(when_of(child), _span(child)) for child in children]
            labels = [child.label for child in children if isinstance(child, Absent)]
            self.never(places, whens, next(filter(None, labels), name))
            return [Item(name, passed[0], output)] if passed else []
        when = self._when(places, children, name)
        here = [place for place, _ in present]
        try:
            if all(isinstance(child, Unit) for _, child in present):
                units = [c for _, c in present if isinstance(c, Unit)]
                made = self.calls.unit(here, units, name, output)
            else:
                plans = [c for _, c in present if isinstance(c, Plan)]
                made = self.scope(here, plans, name, output)
        except NoCommonExpression as error:
            error.span = error.span or _span(present[0][1])
            raise
        for item in made:
            item.when = _both(when, item.when)
        if when is not None:
            self._choices(made, places, children)
            self._aside(made, places, children)
        return made

    def _aside(self, made: list[Item], places: list[CallSite], children: Children) -> None:
        """Let a row that takes a value by name pass that on where it is dropped, if that is what its uses do."""
        pairs = zip(places, children, strict=True)
        gone = [(p, child.inputs[0]) for p, child in pairs if isinstance(child, Absent)]
        if not gone or len(made) != 1 or len(made[0].inputs) != 1:
            return
        with suppress(NoCommonExpression):
            passed = self.tokens.site([ref for _, ref in gone], [place for place, _ in gone])
            made[0].stays |= passed == made[0].inputs[0] and is_layer(made[0])

    def _choices(self, made: list[Item], places: list[CallSite], children: Children) -> None:
        """Let other values stand for those that a use gives, where its condition leaves it out."""
        absent = {
            (place.use, place.turns): child
            for place, child in zip(places, children, strict=True)
            if isinstance(child, Absent)
        }
        for item in made:
            if not isinstance(item, UseItem | SplitItem):
                continue
            outs = tuple(item.pieces) if isinstance(item, SplitItem) else item.outs
            if isinstance(item, SplitItem):
                gone = [place for place in places if (place.use, place.turns) in absent]
                passed = [absent[place.use, place.turns].inputs[0] for place in gone]
                if gone:
                    item.passes[outs[0]] = self.tokens.site(passed, gone)
            for token in outs:
                self.tokens.choices[token] = Choice({*absent}, item)

    def never(
        self, places: list[CallSite], whens: Sequence[tuple[Quantity | None, Any]], what: str
    ) -> None:
        """Raises CannotKeep where what is never there would be, with other values of what stays an argument."""
        for place, (when, span) in zip(places, whens, strict=True):
            lost = frozenset() if when is None else when.deps & self.file.keep
            if (
                when is not None
                and lost
                and not isinstance(self.reducer.reduce(when.expr, place), Lit)
            ):
                raise CannotKeep(lost, f"{what or 'a row'} is not there with these values", span)

    def _when(self, places: list[CallSite], children: Children, name: str) -> Expr | None:
        """The condition to print; None where the row is always there."""
        present = [c is not None and not isinstance(c, Absent) for c in children]
        whens = [when_of(child) for child in children]
        stated = [w for w in whens if w is not None]
        free = any(w.deps & self.file.keep for w in stated)
        if all(present) and not free:
            return None
        if self.kind == "row":
            return self.calls.switch(places, children, name)
        if len(stated) != len(whens):
            raise NoCommonExpression("a condition that one use lacks")
        try:
            found = self.inference.argument(places, stated, "when")
        except NoCommonExpression:
            found = self.inference.argument(places, stated, f"use_{snake(name)}", invent=True)
        found = as_logic(found)
        if free and found not in self.inference.conditions:
            self.inference.conditions.append(found)
        if found not in self.inference.tests:
            self.inference.tests.append(found)
        return found

    def scope(
        self, places: list[CallSite], plans: list[Plan], name: str, output: Token
    ) -> list[Item]:
        inputs = self.tokens.of([plan.scope.inputs for plan in plans], places)
        homes = [self.file.again(plan) for plan in plans]
        kinds = {
            (p.scope.kind, self.file.defined(p), bool(p.scope.shares), home is not None)
            for p, home in zip(plans, homes, strict=True)
        }
        if len(kinds) != 1:
            raise NoCommonExpression("scopes of different kinds")
        kind, defined, _, _ = kinds.pop()
        whole = [home for home in homes if home is not None]
        if whole:
            return [self.uses.again(places, plans, whole, inputs, output)]
        if defined is not None:
            return [self.used(places, plans, name, inputs, output)]
        if kind == "split":
            return [self.calls.pieces(places, plans, name, inputs, output)]
        if kind == "loop":
            loops = [loop for plan in plans if (loop := self.file.called(plan)) is not None]
            if len(loops) == len(plans):
                again = self.calls.within(places, [loop.native for loop in loops])
                label = plans[0].scope.label or ""
                return [ChainItem("", inputs, output, label=label, again=again)]
            return self.turns.loop(places, plans, name, inputs, output)
        seen = [p.within(plan.scope.symbols) for p, plan in zip(places, plans, strict=True)]
        known = self.tokens.known()
        body, entry, result = self.body(seen, plans)
        return [
            self.standing(
                plans,
                InlineItem(name, inputs, output, body=body, entry=entry, result=result),
                known,
            )
        ]

    def standing(self, plans: Sequence[Plan], rows: InlineItem, known: frozenset[int]) -> Item:
        """Rows where they stand: one layer in place of them all, one module, or one by one.

        `known` are the lists around them.
        """
        scope = plans[0].scope
        rows.label = scope.label or ""
        rows.level = "" if scope.shares else rows.name
        rows.variable = (scope.label or None) if scope.kind == "branch" else None
        if scope.shares:
            return rows
        if _stands_alone(rows, conditional=self.file.carries):
            self.tokens.renamed[rows.result] = rows.output
            return _in_place(rows)
        own = rows.name or scope.id in self.file.inlined
        if not (own and self._whole(plans, rows)):
            return rows
        self.tokens.closed(known)
        label = rows.label or rows.name
        return ChainItem(rows.name, rows.inputs, rows.output, label=label, body=rows.body)

    def _whole(self, plans: Sequence[Plan], rows: InlineItem) -> bool:
        """Whether rows are one module, which is called as a whole: nothing else reads a value inside."""
        ids = {plan.scope.id for plan in plans}
        if not self.file.carries or ids & (self.file.open | self.file.escapes.keys()):
            return False
        body = rows.body
        return not all(map(is_empty, body)) and is_chain(body, rows.entry, rows.result)

    def used(
        self,
        places: list[CallSite],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> Item:
        """A use of another definition."""
        return self.uses.used(places, plans, name, inputs, output)
