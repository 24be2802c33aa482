"""Copies left out where nobody needs them, and a name for each variable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from archspec.printing.emit.statements.flow import (
    Names,
    every,
    inner,
    live,
    rebuilt,
    respelled,
    targets,
    within,
)
from archspec.printing.emit.statements.webs import Webs
from archspec.printing.names import Namer
from archspec.printing.nodes import If, Let, Negated, Node, Nodes

RUNNING = "x"
FURTHER = ("y", "z")  # what a value that runs beside `x` is called
Conflicts = Mapping[
    str, set[str]
]  # for each variable those that hold other values while it is read


def merged(statements: Nodes, entering: Sequence[str], webs: Webs) -> Nodes:
    """Statements without copies of a value that stays where it is, and without those that nobody reads."""
    while True:
        statements = useful(statements, frozenset())
        apart = conflicts(statements, entering)
        set_ = Counter(name for one in every(statements) for name in targets(one))
        pairs = [
            (one.name, one.value)
            for one in every(statements)
            if isinstance(one, Let) and copies(one)
        ]
        again, once = (
            [
                (str(target), str(source))
                for target, source in pairs
                if target not in apart[str(source)] and (set_[str(target)] > 1) is several
            ]
            for several in (True, False)
        )
        again = [(t, s) for t, s in again if set_[s] == 1 and s not in entering]
        if not again and not once:
            return statements
        joined: set[str] = set()
        for target, source in again or once:
            if not joined & {target, source}:
                webs.join(*((target, source) if again else (source, target)))
                joined |= {target, source}
        statements = relabelled(statements, webs.all())


def copies(statement: Node) -> bool:
    """Whether a statement gives a value one more name."""
    if not isinstance(statement, Let) or not isinstance(statement.name, str):
        return False
    return all(str(side).startswith("__") for side in (statement.name, statement.value))


def useful(statements: Nodes, after: Names) -> Nodes:
    """Statements without copies that nobody reads, and without what is then empty."""
    kept: list[Node] = []
    for one, behind in zip(statements, live(statements, after)[1:], strict=True):
        if isinstance(one, Let) and copies(one):
            kept += [] if one.name == one.value or one.name not in behind else [one]
            continue
        pairs = zip(inner(one), within(one, behind), strict=True)
        bodies = [useful(body, read) for body, read in pairs]
        if isinstance(one, If) and bodies[1] and not bodies[0]:
            bare = isinstance(one.test, Node) or one.test.isidentifier()
            kept.append(If(Negated(one.test if bare else f"({one.test})"), bodies[1]))
        elif not bodies or any(bodies):
            kept.append(rebuilt(one, bodies))
    return tuple(kept)


def relabelled(statements: Nodes, names: Mapping[str, str]) -> Nodes:
    """Statements with other names for their variables."""
    return tuple(
        rebuilt(respelled(one, names), [relabelled(body, names) for body in inner(one)])
        for one in statements
    )


def conflicts(statements: Nodes, entering: Sequence[str]) -> Conflicts:
    """Which variables must have different names."""
    apart: defaultdict[str, set[str]] = defaultdict(set)
    _conflicts(statements, frozenset(), apart)
    read = live(statements, frozenset())[0]
    for name in entering:
        apart[name] |= {other for other in entering if other != name and {name, other} & read}
    return apart


def _conflicts(statements: Nodes, after: Names, apart: defaultdict[str, set[str]]) -> None:
    for one, behind in zip(statements, live(statements, after)[1:], strict=True):
        source = one.value if isinstance(one, Let) and copies(one) else None
        set_ = targets(one)
        for target in set_:
            for other in (behind | {*set_}) - {target, source}:
                apart[target].add(other)
                apart[other].add(target)
        for body, read in zip(inner(one), within(one, behind), strict=True):
            _conflicts(body, read, apart)


def named(
    statements: Nodes, entering: Mapping[str, str], webs: Webs, names: Namer
) -> Mapping[str, str]:
    """The name of each variable; those of `entering` have theirs."""
    apart = conflicts(statements, tuple(entering))
    chosen = dict(entering)
    order = [n for one in every(statements) for n in targets(one) if n in webs.wanted]
    waiting = [number for number in dict.fromkeys(order) if number not in chosen]
    own = {name for wanted in webs.wanted.values() for name in wanted}
    for number in waiting:
        beside = {chosen[other] for other in apart[number] if other in chosen}
        only = {
            webs.wanted[other][0]
            for other in apart[number]
            if other in waiting and other not in chosen and len(webs.wanted[other]) == 1
        }
        pairs = ((names.wanted.get(name, name), name) for name in webs.wanted[number])
        wanted = [name for pair in pairs for name in pair if name in own]
        wanted.sort(key=lambda name: name != RUNNING)
        free = [name for name in wanted if name not in beside]
        further = [n for n in FURTHER if n not in beside and (n in own or n not in names.taken)]
        better = [name for name in free if name not in only]
        chosen[number] = (better or free or further or [""])[0] or names.new(FURTHER[0])
        own.add(chosen[number])
        names.taken.add(chosen[number])
    return chosen
