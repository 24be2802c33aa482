"""How much work one elaboration may take: a small file cannot ask for more than a large one deserves."""

from __future__ import annotations

import math

from archspec.records import dataclass
from archspec.source import Mapping, Sequence, Span, YamlNode

# Steps: of a row that is looked at and of an operation; of a scope. An expression takes one for each of its parts.
STEP, SCOPE = 10, 30
BASE, FOR_EACH_MAPPING = 250_000, 60  # steps of any spec, and more of one that writes more


MAX_INSIDE = 40  # lists of rows that stand in one another, unfolded
COPIED = 64  # names that are one step to copy


class Exhausted(Exception):
    """A limit is met. `place` is what took most of the work, once that is known."""

    def __init__(self, message: str, expected: str, received: str) -> None:
        super().__init__(message)
        self.message, self.expected, self.received = message, expected, received
        self.place: Span | None = None


@dataclass(slots=True)
class Work:
    """The steps that were taken, how many there may be, and the row that takes them; `shared` by several networks."""

    limit: float = math.inf
    done: int = 0
    here: Span | None = None
    inside: int = 0
    shared: bool = False

    def take(self, steps: int) -> None:
        """Count steps; raises Exhausted."""
        self.done += steps
        if self.done > self.limit:
            raise self._exhausted()

    def foresee(self, steps: int) -> None:
        """Raises Exhausted if so many could not be taken any more."""
        if self.done + steps > self.limit:
            raise self._exhausted()

    def _exhausted(self) -> Exhausted:
        message = f"unfolding this takes more than {self.limit:,} steps"
        each = f"{BASE:,} and {FOR_EACH_MAPPING} for each mapping in the file"
        each = "twice those of one, for all variants and claims of a file" if self.shared else each
        received = "a repeat of repeats, blocks of blocks, or long lists in them"
        return Exhausted(message, f"at most {self.limit:,} steps: {each}", received)

    def enter(self) -> None:
        """Begin a list of rows; raises Exhausted if too many stand in one another."""
        self.inside += 1
        if self.inside > MAX_INSIDE:
            message = f"rows stand in one another more than {MAX_INSIDE} deep, unfolded"
            raise Exhausted(message, f"at most {MAX_INSIDE}", "blocks in blocks, or groups in them")

    def leave(self) -> None:
        """End the list of rows that was begun last."""
        self.inside -= 1

    def blame(self, error: Exhausted, place: Span, before: int) -> None:
        """Note the innermost place that took more than half of all work, begun after `before` steps."""
        if error.place is None and self.done - before > self.limit / 2:
            error.place = place


def allowed(root: YamlNode) -> int:
    """The steps that a file may take, by the mappings that are written in it: what an alias repeats counts once."""
    waiting, seen, count = [root], set[int](), 0
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence | Mapping) and id(node) not in seen:
            seen.add(id(node))
            count += isinstance(node, Mapping)
            inside = node.items if isinstance(node, Sequence) else [e.value for e in node.entries]
            waiting += inside
    return BASE + FOR_EACH_MAPPING * count


def for_all(root: YamlNode) -> Work:
    """What the variants and claims of a file may take together."""
    return Work(2 * allowed(root), shared=True)
