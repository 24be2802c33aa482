"""How the code is laid out: imports go one way, and what an object holds is declared in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "archspec", ROOT / "backends/archspec_torch", ROOT / "backends/archspec_keras"]


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax tree of every product module, by its name."""
    trees: dict[str, ast.Module] = {}
    for package in PACKAGES:
        for file in package.rglob("*.py"):
            parts = file.relative_to(package.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            trees[name] = ast.parse(file.read_text(encoding="utf-8"))
    return trees


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What runs, or is read by a type checker, when a module is imported: all but the bodies of functions."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [child for child in ast.iter_child_nodes(statement)]
            yield from statements([child for child in inner if isinstance(child, ast.stmt)])


def imports(tree: ast.Module) -> Iterator[str]:
    """The product modules that a module imports at its top, under TYPE_CHECKING or not."""
    known = modules()
    for statement in statements(tree.body):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names if alias.name in known)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, "imports are absolute here"
            base = statement.module or ""
            for alias in statement.names:
                name = f"{base}.{alias.name}"
                yield from (one for one in (name if name in known else base,) if one in known)


def test_no_modules_import_each_other() -> None:
    graph = {name: set(imports(tree)) - {name} for name, tree in modules().items()}
    assert sum(map(len, graph.values())) > 500, "the imports were found"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def stored(node: ast.AST) -> set[str]:
    """The attributes of `self` that something assigns."""
    return {
        found.attr
        for found in ast.walk(node)
        if isinstance(found, ast.Attribute)
        and isinstance(found.ctx, ast.Store)
        and isinstance(found.value, ast.Name)
        and found.value.id == "self"
    }


def methods(kind: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (part for part in kind.body if isinstance(part, ast.FunctionDef))


def declared(kind: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> set[str]:
    """The fields of a class and of its bases: what it annotates, what `__init__` assigns - in Keras also `build`."""
    fields = {
        part.target.id
        for part in kind.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    }
    for method in methods(kind):
        setter = any(
            isinstance(d, ast.Attribute) and d.attr == "setter" for d in method.decorator_list
        )
        fields |= stored(method) if method.name in ("__init__", "build") else set()
        fields |= {method.name} if setter else set()
    for base in kind.bases:
        name = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(name, ast.Name) and name.id in classes and name.id != kind.name:
            fields |= declared(classes[name.id], classes)
    return fields


def test_no_field_appears_later() -> None:
    nodes = [node for tree in modules().values() for node in ast.walk(tree)]
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    late = {
        kind.name: f"{method.name} assigns {field}"
        for kind in classes.values()
        for method in methods(kind)
        for field in stored(method) - declared(kind, classes)
    }
    assert late == {}
