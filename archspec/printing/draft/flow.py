"""Which variable holds which value: the running one is `x`, what is needed later is saved under a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from typing import Protocol

from archspec.graph.expr import Expr, Lit
from archspec.graph.graph import INPUT
from archspec.printing.draft.items import (
    CarriedValue,
    InlineItem,
    Item,
    LoopItem,
    Single,
    SplitItem,
    StepItem,
    Token,
    UseItem,
    items,
    takes_several,
)
from archspec.printing.draft.reduce import opposite
from archspec.printing.draft.tokens import WHOLE
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import Append, Collect, If, Let, Node, Targets, Together, Value
from archspec.records import dataclass

RUNNING = "x"
MANY = 6  # pieces of a value, of which more are a list
NOWHERE: Token = (-2, INPUT)  # no value runs on the variable of a branch before its first call
Results = Sequence[tuple[str, Token]]


class Writer(Protocol):
    """What a backend's syntax writes for one item."""

    def step(self, item: Item, given: Sequence[str], variable: Value) -> list[Node]:
        """The statements that apply a layer, a function or a definition and assign `variable`."""
        ...

    def turn(self, item: LoopItem) -> Sequence[Item]:
        """The items of a loop's turn, as the flow calls them."""
        ...

    def condition(self, item: Item) -> Value | None:
        """The condition to write around an item in the flow, if any."""
        ...

    def loop(self, item: LoopItem, body: Callable[[], list[Node]], variable: str) -> list[Node]:
        """A loop; `body` makes the statements of its turns."""
        ...

    def inside(self, item: LoopItem) -> bool:
        """Whether a loop's turns are written in the flow."""
        ...

    def index(self, item: LoopItem, expr: Expr) -> str:
        """The index of an element of a list in a loop's turn."""
        ...

    def level(self, name: str) -> AbstractContextManager[None]:
        """While it is open, what is written stands one level down in the names of layers."""
        ...


@dataclass
class Flow:
    """The statements of a body, in order."""

    writer: Writer
    names: Namer
    saved: dict[Token, str] = field(default_factory=dict)
    alias: dict[Token, Token] = field(default_factory=dict)
    needed: dict[Token, str] = field(default_factory=dict)
    asked: Counter[Token] = field(default_factory=Counter)
    depth: int = 0  # how many loops are around what is being written
    within: dict[Token, int] = field(default_factory=dict)
    chosen: dict[Token, str] = field(
        default_factory=dict
    )  # variables that values get, whatever they are called
    lists: dict[int, str] = field(default_factory=dict)
    whole: set[int] = field(
        default_factory=set
    )  # lists that are read as a whole, or by an index that is counted
    given: list[tuple[str, str]] = field(default_factory=list)

    def statements(self, body: list[Item], entry: Token, results: Results) -> list[Node]:
        """The statements; afterwards `given` has the variables that hold `results`, of one the running variable."""
        last = self._needs(body, entry)
        for name, result in results:
            if self._resolve(result) != last:
                self._ask(self._resolve(result), snake(name))
        lines = self._save(self._resolve(entry), RUNNING)
        more, current = self._body(body, self._resolve(entry), RUNNING)
        lines += more
        self.given = [(name, self._given(token, current, RUNNING)) for name, token in results]
        if len(results) == 1 and self.given[0][1] != RUNNING:
            lines += [Let(RUNNING, variable) for _, variable in self.given]
            self.given = [(name, RUNNING) for name, _ in self.given]
        return lines

    def _resolve(self, token: Token) -> Token:
        while token in self.alias:
            token = self.alias[token]
        return token

    def _needs(self, body: list[Item], current: Token) -> Token:
        """Find the values that are asked for when they are no longer the running one; which is it in the end."""
        current = above = self._resolve(current)
        for number, item in enumerate(body):
            if _passes(item):
                above = self.alias[item.output] = self._resolve(item.inputs[0])
                continue
            passed = self._resolve(item.inputs[0]) if item.stays else above
            if self.writer.condition(item) is not None and passed != current:
                self._ask(passed)
                current = passed
            self.whole |= {number for number, child in item.inputs if child == WHOLE}
            for place, token in enumerate(item.inputs):
                resolved = self._resolve(token)
                if resolved != current or _stays(item, place):
                    self._ask(resolved)
            if isinstance(item, UseItem | SplitItem):
                for token in item.passes.values():
                    self._ask_unless(token, current)
            if isinstance(item, SplitItem):
                above, self.alias[item.output] = item.output, item.pieces[0]
                continue
            if isinstance(item, LoopItem) and self.writer.inside(item):
                for carry in item.carries:
                    self._ask_unless(carry.first, current)
                self.whole |= {number for number, _ in item.indexed.values()}
                end = self._needs(list(self.writer.turn(item)), item.entry)
                for token in (item.result, *(carry.update for carry in item.carries)):
                    self._ask_unless(token, end)
                result = self._resolve(item.result)
                for one in item.collects:
                    if one.last is not None and self._resolve(one.value) == result:
                        self.alias[one.last] = item.output
                    else:
                        stays = result == end or one.last is None
                        self._ask_unless(one.value, end if stays else NOWHERE)
            if isinstance(item, InlineItem):
                self.alias[item.entry] = self._resolve(item.inputs[0])
                end = self._needs(item.body, item.entry)
                current = current if item.variable else self._left(item, end)
            elif not self._aside(body, number, current):
                current = self._resolve(item.output)
            above = self._resolve(item.output)
        return current

    def _left(self, item: InlineItem, end: Token) -> Token:
        """The running value behind rows written where they stand; of those under a condition it is theirs or what
        entered them."""
        result = self._resolve(item.result)
        if self.writer.condition(item) is None:
            self.alias[item.output] = result
            return end
        if result != end:
            self._ask(result)
        return item.output

    def _aside(self, body: list[Item], number: int, current: Token) -> bool:
        """Whether an item's value waits for later, and the running one goes on past it: a tap, a branch, a shortcut."""
        item = body[number]
        if not isinstance(item, Single) or self.writer.condition(item) is not None:
            return False
        for other in body[number + 1 :]:
            if not _passes(other):
                given = [*map(self._resolve, other.inputs)]
                both = isinstance(other, StepItem | UseItem) and current in given
                both = both and current not in map(self._resolve, item.inputs)
                return both or self._resolve(item.output) not in given
            self.alias[other.output] = self._resolve(other.inputs[0])
        return False

    def _ask_unless(self, token: Token, current: Token) -> None:
        if self._resolve(token) != current:
            self._ask(self._resolve(token))

    def _ask(self, token: Token, name: str = "") -> None:
        self.needed.setdefault(token, name or ("shortcut" if token[1] == INPUT else ""))
        self.asked[token] += 1

    def _save(self, token: Token, variable: str, label: str = "") -> list[Node]:
        if token not in self.needed or token in self.saved:
            return []
        return [Let(self._name(token, label), variable)]

    def _name(self, token: Token, label: str) -> str:
        """A variable of its own for a value."""
        name = self.chosen.get(token) or self.names.new(self._wanted(token, label))
        self.saved[token] = name
        self.within[token] = self.depth
        return name

    def _wanted(self, token: Token, label: str) -> str:
        """What the variable of a value is called if nothing else is called so."""
        return self.needed.get(token) or snake(label) or "shortcut"

    def _takes_over(self, item: Item, wanted: str, current: Token) -> bool:
        """Whether a value may have the variable of the one that it is made from, which nobody else asks for: no other
        row, no other turn of a loop, and no model, which asks for what enters it. Who takes the running value asks
        for none."""
        entered = self._resolve(item.inputs[0])
        if len(item.inputs) != 1 or self.within.get(entered) != self.depth or entered == current:
            return False
        return self.saved.get(entered) == wanted and self.asked[entered] == 1

    def _body(self, body: list[Item], current: Token, variable: str) -> tuple[list[Node], Token]:
        lines: list[Node] = []
        opened: Value | None = None
        above = current
        before: Expr | None = None
        for number, item in enumerate(body):
            if _passes(item):
                saved = self._passed(item, current, variable)
                lines += saved
                opened, above = None if saved else opened, self._resolve(item.output)
                continue
            passed = self._resolve(item.inputs[0]) if item.stays else above
            if self.writer.condition(item) is not None and passed != current:
                lines += self._enter(passed, current, variable)
                opened, current = None, passed
            above = self._resolve(item.output)
            if isinstance(item, SplitItem):
                lines += self._split(item, current, variable)
                opened, before = None, None
                continue
            if isinstance(item, InlineItem):
                inner, end = self._inline(item, current, variable)
                add(lines, inner, opposite=bool(inner) and opposite(before, item.when))
                opened, before = None, item.when if inner else before
                if item.variable is None:
                    current = end
                    lines += self._save(current, variable, _word(item))
                continue
            if self._aside(body, number, current):
                lines += self._item(item, current, variable, into=self._kept(item, current))
                opened, before = None, item.when
                continue
            made = self._item(item, current, variable)
            add(lines, made, opened, opposite=opposite(before, item.when))
            current = self._resolve(item.output)
            before = item.when if made else before
            saved = self._save(current, variable, _word(item))
            lines += saved
            opened = None if saved else _condition(item, made)
        return lines, current

    def _kept(self, item: Item, current: Token) -> str:
        """The variable of a value that waits for later."""
        token = self._resolve(item.output)
        wanted = self._wanted(token, _word(item))
        if not self._takes_over(item, wanted, current):
            return self._name(token, _word(item))
        self.saved[token] = wanted
        return wanted

    def _passed(self, item: Item, current: Token, variable: str) -> list[Node]:
        """Save the running value under the label of an item that only gives it another name."""
        if self._resolve(item.output) != current:
            return []
        return self._save(current, variable, item.label)

    def _given(self, token: Token, current: Token, variable: str) -> str:
        resolved = self._resolve(token)
        if resolved == current or resolved in self.saved:
            return variable if resolved == current else self.saved[resolved]
        number, child = resolved
        return f"*{self.lists[number]}" if child == WHOLE else f"{self.lists[number]}[{child}]"

    def _inline(self, item: InlineItem, current: Token, variable: str) -> tuple[list[Node], Token]:
        """Rows where they stand; those of a branch on a variable of its own."""
        entered = self._resolve(item.inputs[0])
        given = self._given(entered, current, variable)
        if item.variable is not None:
            wanted = snake(item.variable)
            over = self._takes_over(item, wanted, current)
            variable = wanted if over else self.names.new(wanted)
        begun = item.variable is not None and self._begins(item, entered)
        lines: list[Node] = [] if given == variable or begun else [Let(variable, given)]
        held = self.saved.get(entered)
        if begun:
            self.saved[entered] = given
        with self.writer.level(item.level):
            inner, end = self._body(item.body, NOWHERE if begun else entered, variable)
        if begun and held is None:
            del self.saved[entered]
        elif held is not None:
            self.saved[entered] = held
        if item.variable is not None:
            self.saved[end] = self.saved[item.output] = variable
        elif self.writer.condition(item) is not None:
            result = self._resolve(item.result)
            inner += [] if result == end else [Let(variable, self.saved[result])]
            end = item.output
        return self._under(item, [*lines, *inner]), end

    def _begins(self, item: InlineItem, entered: Token) -> bool:
        """Whether the first call of a branch takes what enters it, and its result is the branch's variable."""
        for inner in item.body:
            if not _passes(inner):
                calls = isinstance(inner, Single) and inner.when is None
                return calls and self._resolve(inner.inputs[0]) == entered
        return False

    def _item(
        self, item: Item, current: Token, variable: str, into: str | None = None
    ) -> list[Node]:
        if isinstance(item, LoopItem) and self.writer.inside(item):
            lines = self._loop(item, current, variable)
        elif type(item) is Item:
            lines = self._enter(item.inputs[0], current, variable)
        else:
            given = [
                self._given(token, NOWHERE if _stays(item, number) else current, variable)
                for number, token in enumerate(item.inputs)
            ]
            before, target = self._targets(item, current, into or variable)
            lines = self.writer.step(item, given, target)
            return [*before, *self._under(item, lines)]
        return self._under(item, lines)

    def _swapped(self, item: LoopItem, turn: Sequence[Item], variable: str) -> list[Node]:
        """`x, skip = layer(x, skip), x`: a turn that calls one layer, and leaves what entered it to the next one."""
        if len(turn) != 1 or len(item.carries) != 1 or item.collects:
            return []
        (only,), (carry,) = turn, item.carries
        plain = isinstance(only, Single) and only.when is None
        outs = isinstance(only, UseItem) and bool(only.outs)
        if not plain or outs or (carry.update, item.result) != (item.entry, only.output):
            return []
        given = [self._given(self._resolve(t), item.entry, variable) for t in only.inputs]
        (let,) = self.writer.step(only, given, variable)
        assert isinstance(let, Let)
        names = (variable, self.saved[carry.token])
        return [Let(Targets(names), Together((let.value, variable)))]

    def _split(self, item: SplitItem, current: Token, variable: str) -> list[Node]:
        """The pieces of a value: each with a variable of its own, or a list of them."""
        given = [self._given(item.inputs[0], current, variable)]
        count = item.count.value if isinstance(item.count, Lit) else None
        if item.when is None and (
            item.number in self.whole or count != item.length or count > MANY
        ):
            name = self.lists[item.number] = self.names.new(_plural(snake(_word(item))))
            return self.writer.step(item, given, name)
        before: list[Node] = []
        names: list[str] = []
        for number, token in enumerate(item.pieces):
            names.append(
                self._name(token, f"{_word(item)}_{number}") if token in self.needed else "_"
            )
            if token in item.passes and token in self.needed:
                passed = self._given(item.passes[token], current, variable)
                before.append(Let(names[-1], passed))
        return [*before, *self._under(item, self.writer.step(item, given, Targets(tuple(names))))]

    def _targets(self, item: Item, current: Token, variable: str) -> tuple[list[Node], Value]:
        """What the values of an item are assigned to, and what stands for them where its condition leaves it out."""
        if not isinstance(item, UseItem) or not item.outs:
            return [], variable
        before: list[Node] = []
        names = [variable]
        labels = _labels(item)
        for token, label in zip(item.outs, labels, strict=True):
            names.append(self._name(token, label) if token in self.needed else "_")
            if token in item.passes and token in self.needed:
                passed = self._given(self._resolve(item.passes[token]), current, variable)
                before += [] if passed == names[-1] else [Let(names[-1], passed)]
        return before, Targets(tuple(names))

    def _loop(self, item: LoopItem, current: Token, variable: str) -> list[Node]:
        """A loop in the flow, with what it carries and collects beside the running value."""
        turn = list(self.writer.turn(item))
        lines: list[Node] = []
        for carry in item.carries:
            first = self._given(self._resolve(carry.first), current, variable)
            name = self._name(carry.token, _carried_label(turn, carry))
            lines.append(Let(name, first))
            if _may_take_over(turn, carry):
                self.chosen[carry.update] = name
        lists = [one for one in item.collects if one.last is None]
        for one in lists:
            wanted = _first_label(turn, one.value) or item.label
            self.lists[one.number] = self.names.new(_plural(snake(wanted)))
            lines.append(Collect(self.lists[one.number]))
        for token, (number, expr) in item.indexed.items():
            self.saved[token] = f"{self.lists[number]}[{self.writer.index(item, expr)}]"
        lines += self._enter(item.inputs[0], current, variable)
        left: dict[Token, str] = {}

        def body() -> list[Node]:
            self.depth += 1
            swapped = self._swapped(item, turn, variable)
            if swapped:
                self.depth -= 1
                return swapped
            inner = self._save(item.entry, variable)
            more, end = self._body(turn, item.entry, variable)
            self.depth -= 1
            values = {t: self._given(self._resolve(t), end, variable) for t in _left(item)}
            left.update(values)
            appended = [Append(self.lists[one.number], values[one.value]) for one in lists]
            pairs = [(self.saved[carry.token], values[carry.update]) for carry in item.carries]
            pairs += [(variable, values[item.result])]
            return [*inner, *more, *appended, *_assigned(pairs)]

        lines += self.writer.loop(item, body, variable)
        self.saved |= {carry.last: self.saved[carry.token] for carry in item.carries}
        for one in item.collects:
            if one.last is not None and one.last not in self.alias:
                self.saved[one.last] = left[one.value]
        return lines

    def _under(self, item: Item, lines: list[Node]) -> list[Node]:
        """The statements of an item, under its condition."""
        condition = self.writer.condition(item)
        if condition is None or not lines:
            return lines
        return [If(condition, tuple(lines))]

    def _enter(self, token: Token, current: Token, variable: str) -> list[Node]:
        """Make the running variable hold the value that a list of rows begins with."""
        given = self._given(token, current, variable)
        return [] if given == variable else [Let(variable, given)]


def _left(item: LoopItem) -> Iterator[Token]:
    """The values that a turn leaves: its result, what it carries, what others read behind the loop."""
    yield item.result
    yield from (carry.update for carry in item.carries)
    yield from (one.value for one in item.collects)


def _assigned(pairs: Sequence[tuple[str, str]]) -> list[Node]:
    """Variables assigned, at once where one that is assigned is read by a later one."""
    moved = [(name, value) for name, value in pairs if name != value]
    if any(value in [name for name, _ in moved[:k]] for k, (_, value) in enumerate(moved)):
        names, values = zip(*moved, strict=True)
        return [Let(Targets(names), ", ".join(values))]
    return [Let(name, value) for name, value in moved]


def _may_take_over(turn: Sequence[Item], carry: CarriedValue) -> bool:
    """Whether what a turn leaves may have the variable of what it carries: nobody reads that one any more."""
    for number, item in enumerate(turn):
        outs = item.outs if isinstance(item, UseItem) else ()
        if carry.update in (item.output, *outs):
            later = items(list(turn[number + 1 :]))
            return item.when is None and all(carry.token not in one.inputs for one in later)
    return False


def _plural(word: str) -> str:
    return word if word.endswith("s") else f"{word or 'value'}s"


def _carried_label(turn: Sequence[Item], carry: CarriedValue) -> str:
    """What a carried value is called after: the input of the definition that takes it, or the row that gives it."""
    for item in items(list(turn)):
        if isinstance(item, UseItem) and item.definition and carry.token in item.inputs[1:]:
            name, _ = item.definition.captures[item.inputs.index(carry.token) - 1]
            if name:
                return name
    return _first_label(turn, carry.update) or "before"


def _first_label(turn: Sequence[Item], token: Token) -> str:
    """What a value of a turn is called after."""
    for item in items(list(turn)):
        if item.output == token:
            return _word(item)
        if isinstance(item, UseItem) and token in item.outs:
            return _labels(item)[item.outs.index(token)]
    return ""


def _labels(item: UseItem) -> list[str]:
    """What the values that a use gives beside its first are called in the definition."""
    assert item.definition is not None
    tokens = [token for _, token in item.definition.results[1:]]
    return [_first_label(item.definition.body, token) for token in tokens]


def _word(item: Item) -> str:
    """What a value is called after: its row, or, of a turn that has but a number, the definition that it uses."""
    word = item.label or item.name
    if word.isdigit() and isinstance(item, UseItem) and item.definition is not None:
        return snake(item.definition.name)
    return word


def _condition(item: Item, lines: list[Node]) -> Value | None:
    """The condition of a single call, under which the next call may stand too."""
    first = lines[0] if isinstance(item, Single) else None
    return first.test if isinstance(first, If) else None


def add(
    above: list[Node], lines: Sequence[Node], opened: Value | None = None, *, opposite: bool
) -> None:
    """Add statements. Those under the condition that the last one above has `opened` stand there too, those under the
    `opposite` condition under its `else`."""
    last, first = above[-1] if above else None, lines[0] if lines else None
    if isinstance(last, If) and isinstance(first, If) and first.test == opened:
        if last.otherwise:
            above[-1] = replace(last, otherwise=last.otherwise + first.then)
        else:
            above[-1] = replace(last, then=last.then + first.then)
        lines = lines[1:]
    elif isinstance(last, If) and isinstance(first, If) and opposite and not last.otherwise:
        above[-1] = replace(last, otherwise=first.then)
        lines = lines[1:]
    above += lines


def _stays(item: Item, number: int) -> bool:
    """Whether an input is what every turn of a loop takes beside the running value, which the first turn changes."""
    return isinstance(item, LoopItem) and number > 0


def _passes(item: Item) -> bool:
    """Whether an item only gives a value another name."""
    return type(item) is Item and item.when is None


def leaps(body: list[Item], entry: Token) -> set[int]:
    """The items under a condition, by id, that take another value than the one they pass on when they are dropped: the
    value of the row above."""
    found: set[int] = set()
    _leap(body, entry, {}, found)
    return found


def _leap(body: list[Item], entry: Token, alias: dict[Token, Token], found: set[int]) -> None:
    above = entry
    for item in body:
        first = item.inputs[0] if item.inputs else above
        while first in alias:
            first = alias[first]
        if _passes(item):
            above = alias[item.output] = first
            continue
        if item.when is not None and first != above and not item.stays:
            found.add(id(item))
        above = item.output
        if isinstance(item, InlineItem):
            alias[item.entry] = first
            _leap(item.body, first, alias, found)
            if item.when is None:
                above = alias[item.output] = alias.get(item.result, item.result)


def _crosses(item: Item) -> bool:
    """Whether an item takes or gives more than the running value, or uses what stands elsewhere."""
    if item.again or takes_several(item):
        return True
    return isinstance(item, LoopItem) and bool(item.carries or item.collects or item.indexed)


def is_chain(body: list[Item], entry: Token, result: Token) -> bool:
    """Whether each item is a layer, a definition or a loop of these that takes only the value above it."""
    alias: dict[Token, Token] = {}
    current = entry
    for item in body:
        inputs = tuple(alias.get(token, token) for token in item.inputs)
        if type(item) is Item:
            if inputs != (current,) or item.when is not None:
                return False
            alias[item.output] = current
            continue
        if isinstance(item, InlineItem) and not item.level and inputs == (current,):
            if item.variable is not None or not is_chain(item.body, item.entry, item.result):
                return False
            current = item.output
            continue
        style = getattr(item, "style", "layer")
        inline = isinstance(item, InlineItem | SplitItem)
        if inline or style != "layer" or inputs != (current,):
            return False
        if any(map(_crosses, items([item]))):
            return False
        current = item.output
    return alias.get(result, result) == current
