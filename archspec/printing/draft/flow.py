"""Which variable holds which value: the running one is `x`, what is needed later is saved under a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from typing import Protocol

from archspec.graph.expr import Expr
from archspec.graph.graph import INPUT
from archspec.printing.draft.items import (
    InlineItem,
    Item,
    LoopItem,
    Single,
    StepItem,
    Token,
    UseItem,
)
from archspec.printing.draft.reduce import opposite
from archspec.printing.names import Namer, snake
from archspec.printing.nodes import If, Let, Node, Value
from archspec.records import dataclass

RUNNING = "x"
NOWHERE: Token = (-2, INPUT)  # no value runs on the variable of a branch before its first call
Results = Sequence[tuple[str, Token]]


class Writer(Protocol):
    """What a backend's syntax writes for one item."""

    def step(self, item: Item, given: Sequence[str], variable: str) -> list[Node]:
        """The statements that apply a layer, a function or a definition and assign `variable`."""
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
    given: dict[str, str] = field(default_factory=dict)

    def statements(self, body: list[Item], entry: Token, results: Results) -> list[Node]:
        """The statements; afterwards `given` has the variables that hold `results`, of one the running variable."""
        last = self._needs(body, entry)
        for name, result in results:
            if self._resolve(result) != last:
                self._ask(self._resolve(result), snake(name) or "result")
        lines = self._save(self._resolve(entry), RUNNING)
        more, current = self._body(body, self._resolve(entry), RUNNING)
        lines += more
        self.given = {name: self._given(token, current, RUNNING) for name, token in results}
        if len(results) == 1 and RUNNING not in self.given.values():
            lines += [Let(RUNNING, variable) for variable in self.given.values()]
            self.given = dict.fromkeys(self.given, RUNNING)
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
            if self.writer.condition(item) is not None and above != current:
                self._ask(above)
                current = above
            for place, token in enumerate(item.inputs):
                resolved = self._resolve(token)
                if resolved != current or _stays(item, place):
                    self._ask(resolved)
            if isinstance(item, LoopItem) and self.writer.inside(item):
                end = self._needs(item.body, item.entry)
                if self._resolve(item.result) != end:
                    self._ask(self._resolve(item.result))
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
        if not isinstance(item, Single) or item.when is not None:
            return False
        for other in body[number + 1 :]:
            if not _passes(other):
                given = [*map(self._resolve, other.inputs)]
                both = isinstance(other, StepItem | UseItem) and current in given
                both = both and current not in map(self._resolve, item.inputs)
                return both or self._resolve(item.output) not in given
            self.alias[other.output] = self._resolve(other.inputs[0])
        return False

    def _ask(self, token: Token, name: str = "") -> None:
        self.needed.setdefault(token, name or ("shortcut" if token[1] == INPUT else ""))
        self.asked[token] += 1

    def _save(self, token: Token, variable: str, label: str = "") -> list[Node]:
        if token not in self.needed or token in self.saved:
            return []
        return [Let(self._name(token, label), variable)]

    def _name(self, token: Token, label: str) -> str:
        """A variable of its own for a value."""
        name = self.saved[token] = self.names.new(self._wanted(token, label))
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
            if self.writer.condition(item) is not None and above != current:
                lines += self._enter(above, current, variable)
                opened, current = None, above
            above = self._resolve(item.output)
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
        return variable if resolved == current else self.saved[resolved]

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
            lines = self._enter(item.inputs[0], current, variable)

            def body() -> list[Node]:
                self.depth += 1
                first = self._save(item.entry, variable)
                inner, end = self._body(item.body, item.entry, variable)
                self.depth -= 1
                if self._resolve(item.result) != end:
                    inner = [*inner, Let(variable, self.saved[self._resolve(item.result)])]
                return [*first, *inner]

            lines += self.writer.loop(item, body, variable)
        elif type(item) is Item:
            lines = self._enter(item.inputs[0], current, variable)
        else:
            given = [
                self.saved[self._resolve(token)]
                if _stays(item, number)
                else self._given(token, current, variable)
                for number, token in enumerate(item.inputs)
            ]
            lines = self.writer.step(item, given, into or variable)
        return self._under(item, lines)

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
    alias: dict[Token, Token] = {}
    above = entry
    for item in body:
        first = alias.get(item.inputs[0], item.inputs[0]) if item.inputs else above
        if _passes(item):
            above = alias[item.output] = first
            continue
        if item.when is not None and first != above:
            found.add(id(item))
        above = item.output
    return found


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
        style = getattr(item, "style", "layer")
        if isinstance(item, InlineItem) or style != "layer" or inputs != (current,):
            return False
        if item.again or (isinstance(item, UseItem) and len(item.inputs) != 1):
            return False
        current = item.output
    return alias.get(result, result) == current
