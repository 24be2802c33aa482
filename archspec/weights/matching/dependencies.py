"""Which rows come before which: the order of use as the graph has it, which is not a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archspec.graph.graph import INPUT, Absent, Graph, Scope, ValueId


def parallel(graph: Graph, paths: Sequence[str]) -> Callable[[str], set[str]]:
    """A function from one of these rows to those of them that neither feed it nor are fed by it."""
    above = {
        path: before & set(paths) for path, before in ancestors(graph).items() if path in paths
    }

    def beside(path: str) -> set[str]:
        return {p for p in paths if p != path and p not in above[path] and path not in above[p]}

    return beside


def ancestors(graph: Graph) -> dict[str, frozenset[str]]:
    """The rows whose values reach a row, by paths."""
    reach: dict[ValueId, frozenset[str]] = {}
    before: dict[str, frozenset[str]] = {}

    def visit(scope: Scope) -> None:
        reach[ValueId(scope.id, INPUT)] = _joined(reach, scope.inputs)
        for position, child in enumerate(scope.children):
            ref = ValueId(scope.id, position)
            if isinstance(child, Scope):
                visit(child)
                reach[ref] = reach[child.result]
            elif isinstance(child, Absent):
                reach[ref] = _joined(reach, child.inputs)
            else:
                before[child.path] = _joined(reach, child.inputs)
                reach[ref] = before[child.path] | {child.path}

    visit(graph.root)
    return before


def _joined(reach: dict[ValueId, frozenset[str]], refs: Sequence[ValueId]) -> frozenset[str]:
    return frozenset().union(*(reach.get(ref, frozenset()) for ref in refs))
