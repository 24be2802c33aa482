"""Definitions from plans: every line of a definition generalised over all places where it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archspec.graph.expr import Expr, IfElse, Sym, Value, symbols
from archspec.graph.graph import INPUT, Absent, Graph, Ref, Scope
from archspec.graph.quantity import Quantity
from archspec.lowering.plan import Plan, Step, Target, Unit
from archspec.printing.generalise import Scheme, Ungeneral
from archspec.printing.index import Defined, Group, Index
from archspec.printing.names import Namer, shown
from archspec.printing.reduce import Occurrence, Reducer
from archspec.printing.template import (
    Args,
    Carried,
    Definition,
    InlineItem,
    Item,
    LoopItem,
    Parameter,
    StepItem,
    Token,
    UseItem,
    expressions,
)
from archspec.printing.tidy import replace_seen, settle_lets, trim_carried

Children = Sequence[Unit | Plan | Absent | None]


@dataclass
class Drafter:
    """Makes the definitions of one file, each after those it uses."""

    graph: Graph
    plan: Plan
    keep: frozenset[str]
    targets: Mapping[str, Target]
    defines: Callable[[Plan], Defined | None]
    reserved: frozenset[str]
    carries: bool = True
    spell: Callable[[str], str] = str
    plain: bool = False
    definitions: list[Definition] = field(default_factory=list)
    made: dict[int, Definition] = field(default_factory=dict)

    def model(self) -> Definition:
        """The model's definition; the others stand in `definitions`, in the order in which they are needed.

        What no single line serves is set apart, and everything drafted again: a loop turn by turn, the uses of a
        definition one by one.
        """
        self.open = tapped(self.plan)
        self.mixed = dict(_mixed(self.plan, self.defines))
        self.apart: frozenset[int] = _loops(self.plan) if self.plain else frozenset()
        while True:
            try:
                return self._model()
            except Apart as failed:
                if failed.scopes <= self.apart:
                    raise
                self.apart |= failed.scopes

    def defined(self, plan: Plan) -> Defined | None:
        """Whether a scope becomes a definition: none whose inner values are read from outside."""
        if plan.scope.id in self.open:
            return None
        return self.mixed.get(plan.scope.id) or self.defines(plan)

    def _model(self) -> Definition:
        self.definitions, self.made = [], {}
        self.index = Index(self.defined, self.apart)
        self.index.walk(self.plan)
        self.names = Namer(self.reserved)
        named = self.graph.class_name if self.spell("a") == "A" else self.graph.name
        model = Definition("model", self.names.new(named), [self.plan])
        _Draft(self, model).fill()
        self.definitions.append(model)
        return model

    def use(self, plan: Plan) -> tuple[Definition, int]:
        """The definition of a scope, drafted if this is its first use, and the number of this use."""
        group, number = self.index.where[plan.scope.id]
        if id(group) not in self.made:
            name = self.names.new(self.spell(_name(group)))
            definition = Definition(group.kind, name, group.uses)
            self.made[id(group)] = definition
            try:
                _Draft(self, definition).fill()
            except Ungeneral as error:
                raise Apart(group.uses) from error
            self.definitions.append(definition)
        return self.made[id(group)], number

    def kept_functions(self) -> frozenset[str]:
        """Functions of the file that read a variable that stays an argument."""
        functions = self.graph.functions
        return frozenset(
            name for name, function in functions.items() if self.keep & set(symbols(function.body))
        )


def _name(group: Group) -> str:
    scope = group.uses[0].scope
    if group.kind == "row":
        kinds = {use.children[0].node.op.name for use in group.uses}  # type: ignore[union-attr]
        first = kinds.pop() if len(kinds) == 1 else "conv"
        rest = "_norm" if group.shape[1] != "no norm" else ""
        return f"{first}{rest}{'_act' if group.shape[2] is not None else ''}"
    if group.kind == "turn":
        return scope.definition.removesuffix("s") or scope.definition
    return scope.definition


class _Draft:
    def __init__(self, home: Drafter, definition: Definition) -> None:
        self.home, self.definition = home, definition
        self.kind = definition.kind
        kept = home.kept_functions() if self.kind == "model" else frozenset()
        self.reducer = Reducer(home.graph.functions, kept)
        self.names = Namer(home.reserved)
        self.scheme = Scheme(
            self.reducer,
            len(definition.uses),
            self._given,
            self.kind == "row",
            self.names.new,
            home.keep,
            self.kind != "model",
        )
        self.lists: dict[int, int] = {}
        self.captured: list[list[Ref]] = [[] for _ in definition.uses]
        self.count = 0

    def fill(self) -> None:
        uses = self.definition.uses
        places = [self._place(number, use) for number, use in enumerate(uses)]
        body, entry, result = self.body(places, uses)
        definition = self.definition
        definition.body, definition.entry, definition.result = body, entry, result
        definition.captures = tuple((0, k) for k in range(len(self.captured[0])))
        definition.lets = self._lets(places)
        definition.parameters = self.scheme.parameters
        settle_lets(definition)
        trim_carried(definition)
        replace_seen(definition, self.reducer, places)
        self._drop_unread()
        if self.kind == "model":
            self._variables()

    def _drop_unread(self) -> None:
        definition = self.definition
        read = {n for e in expressions(definition.body) for n in symbols(e)}
        read |= {n for _, e in definition.lets for n in symbols(e)}
        definition.parameters = [
            p for p in definition.parameters if p.symbol is None or p.symbol in read
        ]
        if self.kind == "block":
            order = list(definition.uses[0].scope.arguments)
            order.sort(key=lambda name: not name.startswith("in."))
            ranks = {name: rank for rank, name in enumerate(order)}
            definition.parameters.sort(key=lambda p: ranks.get(p.symbol or "", len(ranks)))

    def _variables(self) -> None:
        """The model's arguments: kept variables in the order of the file, with the spec's values as defaults."""
        found = {p.symbol: p for p in self.definition.parameters}
        self.definition.parameters = [
            replace(found[name], default=self.home.graph.variables[name].value)
            for name in self.home.graph.variables
            if name in found
        ]

    def _place(self, number: int, use: Plan) -> Occurrence:
        full = use.scope.symbols
        if self.kind == "row":
            return Occurrence(number, {}, full)
        graph, keep = self.home.graph, self.home.keep
        root = graph.root
        hidden = {n for n in graph.variables if n not in keep}
        hidden |= {n for n, q in root.lets.items() if not q.deps & keep}
        own = set(use.scope.arguments) | set(use.scope.lets)
        known = {n: v for n, v in full.items() if n in own or n not in hidden}
        return Occurrence(number, known, full)

    def _given(self, symbol: str) -> Parameter | None:
        """The parameter of a symbol that comes from outside the definition; None for its own names."""
        uses = [plan.scope for plan in self.definition.uses]
        if self.kind == "block":
            if symbol in uses[0].arguments:
                quantities = [use.arguments[symbol] for use in uses]
                default = uses[0].defaults.get(symbol)
                return Parameter(self.names.new(shown(symbol)), symbol, quantities, default)
            if symbol in uses[0].lets:
                return None
        if symbol in self.home.graph.root.lets and self.kind == "model":
            return None
        if symbol not in uses[0].symbols:
            return None
        if self.kind == "model" and symbol not in self.home.keep:
            return None
        outer = [Quantity(use.symbols[symbol], Sym(symbol)) for use in uses]
        return Parameter(self.names.new(shown(symbol)), symbol, outer)

    def _lets(self, places: list[Occurrence]) -> list[tuple[str, Expr]]:
        scopes = [plan.scope for plan in self.definition.uses]
        found: list[tuple[str, Expr]] = []
        if self.kind not in ("block", "model"):
            return found
        for name in scopes[0].lets:
            read = {n for e in expressions(self.definition.body) for n in symbols(e)}
            later = set(list(scopes[0].lets)[len(found) + 1 :])
            if self.kind == "model" and not scopes[0].lets[name].deps & self.home.keep:
                continue
            del read, later
            inside = [
                Occurrence(
                    p.use, {k: v for k, v in p.known.items() if k != name}, p.full, p.aliases
                )
                for p in places
            ]
            try:
                expr = self.scheme.argument(inside, [s.lets[name] for s in scopes], name)
            except Ungeneral:
                continue
            found.append((name, expr))
        return found

    def body(
        self, places: list[Occurrence], plans: Sequence[Plan]
    ) -> tuple[list[Item], Token, Token]:
        """The items of a list of rows, one for each row that some use has."""
        self.count += 1
        number = self.count
        for plan in plans:
            self.lists[plan.scope.id] = number
        length = max(len(plan.children) for plan in plans)
        if self.kind != "row" and any(len(plan.children) != length for plan in plans):
            raise Ungeneral("lists of different length")
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
                raise Ungeneral(f"rows of different names: {sorted(names)}")
            name = names.pop() if names else ""
            found += self.row(places, children, name, (number, position))
        results = {self._token(plan.scope.result, p) for plan, p in zip(plans, places, strict=True)}
        if len(results) > 1 and self.kind != "row":
            raise Ungeneral("different results")
        return found, (number, INPUT), max(results)

    def _token(self, ref: Ref, place: Occurrence) -> Token:
        """A value in the template's terms; one from outside the definition is captured."""
        if ref.scope in self.lists:
            return self.lists[ref.scope], ref.child
        captured = self.captured[place.use]
        if ref not in captured:
            captured.append(ref)
        return 0, captured.index(ref)

    def _tokens(
        self, refs: Sequence[tuple[Ref, ...]], places: Sequence[Occurrence]
    ) -> tuple[Token, ...]:
        found = {
            tuple(self._token(ref, place) for ref in inputs)
            for inputs, place in zip(refs, places, strict=True)
        }
        if len(found) != 1:
            raise Ungeneral("rows that take different values")
        return found.pop()

    def row(
        self, places: list[Occurrence], children: Children, name: str, output: Token
    ) -> list[Item]:
        present = [
            (place, child)
            for place, child in zip(places, children, strict=True)
            if child is not None and not isinstance(child, Absent)
        ]
        if not present:
            passed = [
                self._tokens([c.inputs], [p])
                for p, c in zip(places, children, strict=True)
                if isinstance(c, Absent)
            ]
            return [Item(name, passed[0], output)] if passed else []
        when = self._when(places, children, name)
        here = [place for place, _ in present]
        if all(isinstance(child, Unit) for _, child in present):
            made = self.unit(here, [c for _, c in present if isinstance(c, Unit)], name, output)
        else:
            made = self.scope(here, [c for _, c in present if isinstance(c, Plan)], name, output)
        for item in made:
            item.always = when is None
            item.when = when if item.when is None else item.when
        return made

    def _when(self, places: list[Occurrence], children: Children, name: str) -> Expr | None:
        """The condition to print; None where the row is always there."""
        present = [c is not None and not isinstance(c, Absent) for c in children]
        whens = [_when_of(child) for child in children]
        stated = [w for w in whens if w is not None]
        free = any(w.deps & self.home.keep for w in stated)
        if all(present) and not free:
            return None
        if self.kind == "row":
            flags = [True] * len(self.definition.uses)
            for place, flag in zip(places, present, strict=True):
                flags[place.use] = flag
            return self.scheme.switch(flags, name or "act")
        if len(stated) != len(whens):
            raise Ungeneral("a condition that one use lacks")
        return self.scheme.argument(places, stated, "when")

    def unit(
        self, places: list[Occurrence], units: list[Unit], name: str, output: Token
    ) -> list[Item]:
        inputs = self._tokens([unit.node.inputs for unit in units], places)
        if len({len(unit.steps) for unit in units}) != 1:
            raise Ungeneral("operations of different steps")
        steps = [list(column) for column in zip(*(unit.steps for unit in units), strict=True)]
        steps = [column for column in steps if any(step.present for step in column)]
        if not steps:
            return [Item(name, inputs, output)]
        seen = [place.within(_symbols(unit)) for place, unit in zip(places, units, strict=True)]
        owning = sorted(range(len(steps)), key=lambda number: not steps[number][0].slots)
        args = {number: self.arguments(seen, steps[number]) for number in owning}
        found: list[Item] = []
        for number, column in enumerate(steps):
            last = number == len(steps) - 1
            target = output if last else (output[0], 1000 * (output[1] + 1) + number)
            item = self.step(seen, column, name, inputs, target, args[number])
            item.label = units[0].node.label
            found.append(item)
            inputs = (target,)
        return found

    def arguments(self, places: list[Occurrence], steps: list[Step]) -> Args:
        """A call's arguments for all uses; layers that own weights come first and name the sizes."""
        first = steps[0]
        if len({(s.call.target, s.style, s.name) for s in steps}) != 1:
            raise Ungeneral(f"different calls: {sorted({s.call.target for s in steps})}")
        defaults = dict(self.home.targets[first.call.target].defaults)
        found: list[tuple[str, Expr]] = []
        for number, (key, _) in enumerate(first.call.args):
            quantities = [step.call.args[number][1] for step in steps]
            default = defaults.get(key)
            plain = default if isinstance(default, int | float) else None
            found.append((key, self.scheme.argument(places, quantities, key, plain, invent=True)))
        return tuple(found)

    def step(
        self,
        places: list[Occurrence],
        steps: list[Step],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
        args: Args,
    ) -> Item:
        first = steps[0]
        when = None
        if not all(step.present for step in steps):
            whens = [step.when or Quantity.of(True) for step in steps]
            when = self.scheme.argument(places, whens, "when")
        own = f"{name}_{first.name}" if first.name else name
        initials = tuple(
            dict.fromkeys((slot.native, slot.init) for step in steps for slot in step.slots)
        )
        if len({native for native, _ in initials}) != len(initials):
            raise Ungeneral("weights that are drawn in different ways")
        return StepItem(
            own,
            inputs,
            output,
            when,
            target=first.call.target,
            args=args,
            style=first.style,
            slots=first.slots,
            initials=initials,
        )

    def scope(
        self, places: list[Occurrence], plans: list[Plan], name: str, output: Token
    ) -> list[Item]:
        inputs = self._tokens([plan.scope.inputs for plan in plans], places)
        kinds = {(plan.scope.kind, self.home.defined(plan)) for plan in plans}
        if len(kinds) != 1:
            raise Ungeneral("scopes of different kinds")
        kind, defined = kinds.pop()
        if defined is not None:
            return [self.used(places, plans, name, inputs, output)]
        if kind == "loop":
            return self.loop(places, plans, name, inputs, output)
        seen = [p.within(plan.scope.symbols) for p, plan in zip(places, plans, strict=True)]
        body, entry, result = self.body(seen, plans)
        label = plans[0].scope.label
        variable = label if kind == "branch" and label else None
        item = InlineItem(
            name, inputs, output, body=body, entry=entry, variable=variable, level=name
        )
        item.label = label or ""
        return [item, Item("", (result,), output)] if variable is None else [item]

    def used(
        self,
        places: list[Occurrence],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> Item:
        found = [self.home.use(plan) for plan in plans]
        if len({id(definition) for definition, _ in found}) != 1:
            raise Ungeneral("uses of different definitions")
        definition = found[0][0]
        args: list[tuple[str, Expr]] = []
        seen = [p.within(plan.scope.symbols) for p, plan in zip(places, plans, strict=True)]
        if definition.kind in ("block", "row"):
            seen = places
        for parameter in definition.ordered():
            if not self.home.carries and (parameter.symbol or "").startswith("in."):
                continue
            quantities = [parameter.quantities[number] for _, number in found]
            hint = parameter.name
            default = parameter.default
            number_default = default if isinstance(default, int | float) else None
            expr = self.scheme.argument(seen, quantities, hint, number_default, invent=True)
            args.append((hint, expr))
        captured = [tuple(self.home_captures(definition, number)) for _, number in found]
        extra = self._tokens(captured, places)
        return UseItem(
            name,
            (*inputs, *extra),
            output,
            label=plans[0].scope.label or name,
            definition=definition,
            args=tuple(args),
        )

    def home_captures(self, definition: Definition, number: int) -> list[Ref]:
        """The values from outside that one use of a definition reads."""
        return captures_of(definition.uses[number])

    def loop(
        self,
        places: list[Occurrence],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> list[Item]:
        """A loop over all turns of all uses; without a label, or where no line serves all turns, turn by turn."""
        ids = {plan.scope.id for plan in plans}
        apart = ids & (self.home.apart | self.home.open)
        if apart or plans[0].scope.label is None or not all(plan.children for plan in plans):
            return self.unrolled(places, plans, name, inputs, output)
        try:
            return _Looping(self, places, plans).item(name, inputs, output)
        except Ungeneral as error:
            raise Apart(plans) from error

    def unrolled(
        self,
        places: list[Occurrence],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> list[Item]:
        if len({len(plan.children) for plan in plans}) != 1:
            raise Ungeneral("loops of different length")
        self.count += 1
        number = self.count
        for plan in plans:
            self.lists[plan.scope.id] = number
        body: list[Item] = []
        for turn in range(len(plans[0].children)):
            turns = [plan.children[turn] for plan in plans]
            whole = [t for t in turns if isinstance(t, Plan)]
            seen = [
                Occurrence(
                    p.use,
                    {n: v for n, v in p.known.items() if t.scope.symbols.get(n) == v},
                    t.scope.symbols,
                    p.aliases,
                )
                for p, t in zip(places, whole, strict=True)
            ]
            body += self.scope(seen, whole, whole[0].name, (number, turn))
        result = self._tokens([(plan.scope.result,) for plan in plans], places)
        item = InlineItem(name, inputs, output, body=body, entry=(number, INPUT), level=name)
        item.label = plans[0].scope.label or ""
        return [item, Item("", result, output)]


class Apart(Exception):
    """No single line serves these scopes: they are to be printed one by one."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        super().__init__(", ".join(plan.native or "the model" for plan in plans))
        self.scopes = frozenset(plan.scope.id for plan in plans)


def _loops(plan: Plan) -> frozenset[int]:
    """The ids of every loop."""
    below = [child for child in plan.children if isinstance(child, Plan)]
    found = {plan.scope.id} if plan.scope.kind == "loop" else set()
    return frozenset(found.union(*map(_loops, below)))


def tapped(plan: Plan) -> frozenset[int]:
    """The scopes that hold a value which is read from outside of them."""
    found: set[int] = set()
    above: dict[int, tuple[int, ...]] = {}

    def read(refs: Sequence[Ref], path: tuple[int, ...]) -> None:
        for ref in refs:
            found.update(scope for scope in above[ref.scope] if scope not in path)

    def visit(plan: Plan, path: tuple[int, ...]) -> None:
        here = above[plan.scope.id] = (*path, plan.scope.id)
        for child in plan.children:
            if isinstance(child, Plan):
                read(child.scope.inputs, here)
                visit(child, here)
            else:
                read(child.node.inputs if isinstance(child, Unit) else child.inputs, here)

    visit(plan, ())
    return frozenset(found)


def _mixed(
    plan: Plan, defines: Callable[[Plan], Defined | None]
) -> Iterator[tuple[int, Defined | None]]:
    """The turns of loops of which only some would be definitions, and what they all become."""
    below = [child for child in plan.children if isinstance(child, Plan)]
    kinds = {defines(turn) for turn in below} - {None}
    if plan.scope.kind == "loop" and len(kinds) == 1:
        (kind,) = kinds
        yield from ((turn.scope.id, kind) for turn in below)
    for child in below:
        yield from _mixed(child, defines)


def captures_of(plan: Plan) -> list[Ref]:
    """Values of the lists around a scope that it reads, in order of first use."""
    inside: set[int] = set()
    reads: dict[Ref, None] = {}

    def visit(plan: Plan) -> None:
        inside.add(plan.scope.id)
        for child in plan.children:
            if isinstance(child, Plan):
                reads.update(dict.fromkeys(child.scope.inputs))
                visit(child)
            else:
                refs = child.node.inputs if isinstance(child, Unit) else child.inputs
                reads.update(dict.fromkeys(refs))

    visit(plan)
    return [ref for ref in reads if ref.scope not in inside]


def _symbols(unit: Unit) -> Mapping[str, Value]:
    return {}


def _when_of(child: Unit | Plan | Absent | None) -> Quantity | None:
    if child is None:
        return None
    if isinstance(child, Absent):
        return child.when
    return child.node.when if isinstance(child, Unit) else child.scope.when


class _Looping:
    """The drafting of one loop."""

    def __init__(self, draft: _Draft, places: list[Occurrence], plans: list[Plan]) -> None:
        self.draft, self.places, self.plans = draft, places, plans
        self.scopes = [plan.scope for plan in plans]

    def item(self, name: str, inputs: tuple[Token, ...], output: Token) -> list[Item]:
        draft = self.draft
        loop = self.scopes[0].loop
        assert loop is not None
        tables = {(s.loop.columns, s.loop.rows) for s in self.scopes if s.loop}
        if loop.columns and len(tables) != 1:
            raise Ungeneral("tables that differ between uses")
        count = None
        if not loop.columns:
            counts = [s.loop.count for s in self.scopes if s.loop]
            count = draft.scheme.argument(self.places, counts, "repeat")
        draft.count += 1
        number = draft.count
        for plan in self.plans:
            draft.lists[plan.scope.id] = number
        turns = [t for plan in self.plans for t in plan.children if isinstance(t, Plan)]
        owners = [
            place
            for place, plan in zip(self.places, self.plans, strict=True)
            for _ in plan.children
        ]
        changing, seen = self._seen(owners, turns)
        defined = draft.home.defined(turns[0])
        if defined is not None:
            used = draft.used(seen, turns, "", ((number, INPUT),), (number, 0))
            body: list[Item] = [used]
            entry: Token = (number, INPUT)
            result: Token = (number, 0)
        else:
            body, entry, result = draft.body(seen, turns)
            if all(type(only) is Item for only in body):
                return [Item(name, inputs, output)]
        outside = tuple(
            token for only in body for token in only.inputs if defined and token != entry
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
            columns=(*loop.columns, *loop.derived),
            rows=[],
            constant=self.scopes[0].definition,
        )
        item.turns = [t.scope.symbols for t in self.plans[0].children if isinstance(t, Plan)]
        item.collapsed = (len(body) == 1 and not body[0].name and defined is None) or (
            defined is not None
        )
        item.carried = [c for c in (self._carried(s, seen, turns, body) for s in changing) if c]
        held = {carried.symbol for carried in item.carried}
        for scope, place in zip(self.scopes, self.places, strict=True):
            self._leave(scope, place, changing, self._axes(turns[0].scope), held)
        return [item]

    def _axes(self, turn: Scope) -> dict[str, str]:
        return {
            size.expr.name: axis
            for axis, size in turn.input_types[0].axes
            if isinstance(size.expr, Sym)
        }

    def _changes(self, turns: list[Plan], symbol: str, axis: str) -> bool:
        """Whether a size changes from turn to turn, here or with other values of kept variables."""
        left = [dict(turn.scope.output.axes).get(axis) for turn in turns]
        for turn, size in zip(turns, left, strict=True):
            if size is None or size.expr == Sym(symbol):
                continue
            if size.value != turn.scope.symbols[symbol] or size.deps & self.draft.home.keep:
                return True
        return False

    def _clobbered(self, turns: list[Plan], axis: str, entered: list[Quantity]) -> bool:
        """Whether a loop inside writes the variable that this size is held in."""
        held = any(
            name.startswith("~") and shown(name) == axis
            for place, size in zip(self.places, entered, strict=True)
            for name in symbols(self.draft.reducer.reduce(size.expr, place))
        )
        return held and any(_writes(turn, axis) for turn in turns)

    def _seen(
        self, owners: list[Occurrence], turns: list[Plan]
    ) -> tuple[list[str], list[Occurrence]]:
        """The symbols that change from turn to turn, and the places of the turns."""
        axes = self._axes(turns[0].scope)
        entered = {
            symbol: [dict(scope.input_types[0].axes)[axis] for scope in self.scopes]
            for symbol, axis in axes.items()
        }
        changing = [
            symbol
            for symbol, axis in axes.items()
            if self._changes(turns, symbol, axis) or self._clobbered(turns, axis, entered[symbol])
        ]
        loop = self.scopes[0].loop
        assert loop is not None
        own = {loop.index, *loop.columns, *loop.derived}
        stale = {shown(symbol) for symbol in changing}
        seen: list[Occurrence] = []
        for owner, turn in zip(owners, turns, strict=True):
            symbols_here = turn.scope.symbols
            known = {
                n: v
                for n, v in owner.known.items()
                if n not in own and not (n.startswith("~") and shown(n) in stale)
            }
            known |= {n: symbols_here[n] for n in (*own, *changing) if n in symbols_here}
            use = next(k for k, p in enumerate(self.places) if p is owner)
            aliases = dict(owner.aliases)
            for symbol, quantities in entered.items():
                aliases.pop(symbol, None)
                before = self.draft.reducer.reduce(quantities[use].expr, owner)
                if symbol not in changing and before != Sym(symbol):
                    aliases[symbol] = before
            seen.append(Occurrence(owner.use, known, {**owner.full, **symbols_here}, aliases))
        return changing, seen

    def _carried(
        self, symbol: str, seen: list[Occurrence], turns: list[Plan], body: list[Item]
    ) -> Carried | None:
        """The first value and the update of a size, or None where they cannot be said and nobody asks."""
        if not self.draft.home.carries:
            return Carried(symbol, None, None)
        axis = self._axes(turns[0].scope)[symbol]
        entered = [dict(scope.input_types[0].axes)[axis] for scope in self.scopes]
        left = [dict(turn.scope.output.axes)[axis] for turn in turns]
        try:
            first = self.draft.scheme.argument(self.places, entered, shown(symbol))
            update = self._update(seen, left, turns, shown(symbol))
        except Ungeneral:
            if any(symbol in symbols(expr) for expr in expressions(body)):
                raise
            return None
        return Carried(symbol, first, update)

    def _update(
        self, seen: list[Occurrence], left: list[Quantity], turns: list[Plan], hint: str
    ) -> Expr:
        """What each turn leaves; where a row of some turns makes the difference, under its condition."""
        scheme = self.draft.scheme
        try:
            return scheme.argument(seen, left, hint)
        except Ungeneral:
            pass
        for position in range(len(turns[0].children)):
            children = [turn.children[position] for turn in turns]
            absent = [isinstance(child, Absent) for child in children]
            whens = [when for when in map(_when_of, children) if when is not None]
            if len(set(absent)) != 2 or len(whens) != len(children):
                continue
            there = [k for k, gone in enumerate(absent) if not gone]
            gone = [k for k, is_gone in enumerate(absent) if is_gone]
            return IfElse(
                scheme.argument([seen[k] for k in there], [left[k] for k in there], hint),
                scheme.argument(seen, whens, "when"),
                scheme.argument([seen[k] for k in gone], [left[k] for k in gone], hint),
            )
        raise Ungeneral(hint)

    def _leave(
        self,
        scope: Scope,
        place: Occurrence,
        changing: list[str],
        axes: Mapping[str, str],
        held: set[str],
    ) -> None:
        """After the loop the names that it changed hold their last value, the others what they entered with."""
        entered = dict(scope.input_types[0].axes)
        for symbol, axis in axes.items():
            before = self.draft.reducer.reduce(entered[axis].expr, place)
            place.aliases.pop(symbol, None)
            if symbol not in changing and before != Sym(symbol):
                place.aliases[symbol] = before
        names = {shown(symbol) for symbol in changing}
        for known in [n for n in place.known if n.startswith("~") and shown(n) in names]:
            del place.known[known]
        for name, alias in list(place.aliases.items()):
            if any(s.startswith("~") and shown(s) in names for s in symbols(alias)):
                del place.aliases[name]
        sizes = dict(scope.output.axes)
        for symbol in changing:
            axis = shown(symbol)
            if axis in sizes:
                if symbol in held:
                    place.known[symbol] = sizes[axis].value
                place.full = {**place.full, symbol: sizes[axis].value}


def _writes(plan: Plan, axis: str) -> bool:
    """Whether a loop below changes a size from turn to turn."""
    for child in plan.children:
        if not isinstance(child, Plan):
            continue
        scope = child.scope
        entered = dict(scope.input_types[0].axes).get(axis)
        left = dict(scope.output.axes).get(axis)
        moved = entered is not None and left is not None and entered.value != left.value
        if (scope.kind == "turn" and moved) or _writes(child, axis):
            return True
    return False
