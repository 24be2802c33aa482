"""What stands around the calls of a printed file: imports, definitions and their names. Nothing there may change what
the calls mean."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from archspec.printing.framework import Framework
from archspec.printing.verify.walk import ReplayError

BUILTINS = frozenset(dir(builtins))
SHOWN = frozenset({"__init__", "__repr__", "__str__"})  # methods of Python that a class may have
MAIN = "__name__ == '__main__'"


def check(body: Sequence[ast.stmt], framework: Framework) -> None:
    """Raises ReplayError at the first statement that could change what others mean."""
    bound: set[str] = set()
    defined: list[ast.stmt] = []
    for node in body:
        names = list(_bound(node))
        for name, meaning in names:
            if name in bound or name in BUILTINS:
                raise ReplayError(f"line {node.lineno} gives `{name}` another meaning")
            if meaning is not None and framework.names.get(name, meaning) != meaning:
                raise ReplayError(f"line {node.lineno} imports another `{name}`")
            bound.add(name)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in framework.carried:
            _same(node, framework.carried[node.name])
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            _definition(node, framework)
            _base(node, framework, bound)
        if not isinstance(node, ast.Import | ast.ImportFrom):
            defined.append(node)
    read = {n.id for node in defined for n in ast.walk(node) if isinstance(n, ast.Name)}
    missing = sorted((read & framework.names.keys()) - bound)
    if missing:
        raise ReplayError(f"`{missing[0]}` is not imported")


def _bound(node: ast.stmt) -> Iterator[tuple[str, str | None]]:
    """The names that a statement of the file gives a meaning, with what they import."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                whole = alias.asname is not None or "." not in alias.name
                yield alias.asname or alias.name.partition(".")[0], alias.name if whole else None
        case ast.ImportFrom(module="__future__"):
            return
        case ast.ImportFrom(names=names):
            for alias in names:
                if alias.name == "*":
                    raise ReplayError(f"line {node.lineno} imports names without saying which")
                module = "." * node.level + (node.module or "")
                yield alias.asname or alias.name, f"{module}:{alias.name}"
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            yield name, None
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name, None
        case ast.Expr(value=ast.Constant()):
            return
        case ast.If(test=test, orelse=[]) if ast.unparse(test) == MAIN:
            return
        case _:
            raise ReplayError(f"line {node.lineno} is no import and defines nothing")


def _same(node: ast.stmt, lines: Sequence[str]) -> None:
    """A carried definition is the one that archspec or a plug-in brings."""
    (brought,) = ast.parse("\n".join(lines)).body
    if ast.dump(node) != ast.dump(brought):
        raise ReplayError(f"line {node.lineno} changes a layer that the file carries")


def _definition(node: ast.stmt, framework: Framework) -> None:
    """A function or class without decorators; of a class, whatever it defines keeps what a model does."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        raise ReplayError(f"line {node.decorator_list[0].lineno} decorates {node.name}")
    for inner in ast.walk(node):
        stored = isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store | ast.Del)
        if stored and _fixed(inner.attr, framework):  # type: ignore[attr-defined]
            raise ReplayError(f"line {inner.lineno} changes `{inner.attr}`")  # type: ignore[attr-defined]
    if not isinstance(node, ast.ClassDef):
        return
    if node.keywords:
        raise ReplayError(f"line {node.lineno} makes {node.name} in a way of its own")
    seen: dict[str, str] = {}
    for member in node.body:
        for name in _member(member, framework.flow):
            again = seen.setdefault(name, ast.dump(member)) != ast.dump(member)
            if again or (name != framework.flow and _fixed(name, framework)):
                raise ReplayError(f"line {member.lineno} changes `{name}` of {node.name}")


def _base(node: ast.stmt, framework: Framework, bound: set[str]) -> None:
    """A class is made from at most one other: one of the framework's that files extend, one defined above it, or one
    that the file imports from elsewhere, which is trusted."""
    bases = [ast.unparse(base) for base in node.bases] if isinstance(node, ast.ClassDef) else []
    for base in bases:
        root = base.partition(".")[0]
        elsewhere = root in bound and root not in framework.names
        if len(bases) > 1 or not (base in framework.bases or elsewhere):
            raise ReplayError(f"line {node.lineno} has a base that nothing has: {base}")


def _fixed(name: str, framework: Framework) -> bool:
    dunder = name.startswith("__") and name.endswith("__") and name not in SHOWN
    return dunder or name == framework.flow or name in framework.fixed


def _member(node: ast.stmt, flow: str) -> Iterator[str]:
    """The names that a statement of a class defines."""
    match node:
        case ast.FunctionDef(name="__init__", body=body, decorator_list=[]):
            first = next((s for s in body if not _is_text(s)), None)
            if first is None or ast.unparse(first) != "super().__init__()":
                raise ReplayError(f"line {node.lineno}: `super().__init__()` comes first")
            yield "__init__"
        case ast.FunctionDef(name=name, decorator_list=decorators):
            if decorators and name in ("__init__", flow):
                raise ReplayError(f"line {decorators[0].lineno} decorates {name}")
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            if name == flow:
                raise ReplayError(f"line {node.lineno} changes `{flow}`")
            yield name
        case ast.Pass():
            return
        case _ if _is_text(node):
            return
        case _:
            raise ReplayError(f"line {node.lineno} is no member of a class")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
