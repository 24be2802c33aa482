"""Small changes of a printed file, each by itself, as people and tools make them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

Body = list[ast.stmt]


def mutants(text: str, carried: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(the kind of change, the changed file) for every change; layers that the file carries stay as they are."""
    tree = ast.parse(text)
    for number, node in enumerate(ast.walk(tree)):
        for kind in _kinds(node):
            changed = copy.deepcopy(tree)
            target = next(n for k, n in enumerate(ast.walk(changed)) if k == number)
            if not _own(changed, target, carried):
                continue
            _change(target, kind)
            ast.fix_missing_locations(changed)
            yield kind, ast.unparse(changed)


def _own(tree: ast.Module, target: ast.AST, carried: frozenset[str]) -> bool:
    """Whether a node is in a definition of the file's own, or in a table or import above them."""
    for node in tree.body:
        if any(inner is target for inner in ast.walk(node)):
            return getattr(node, "name", "") not in carried
    return False


def _kinds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(args=args, keywords=keywords):
            yield from ("argument added",)
            yield from ("argument dropped",) if args else ()
            yield from ("arguments swapped",) if len(args) > 1 else ()
            yield from ("keyword dropped", "keyword renamed") if keywords else ()
        case ast.Constant(value=bool()):
            yield "condition changed"
        case ast.Constant(value=int() | float()):
            yield "number changed"
        case ast.BinOp():
            yield from ("operator changed", "operands swapped")
        case ast.Attribute():
            yield "attribute misspelt"
        case ast.Name():
            yield "name misspelt"
        case ast.ImportFrom() | ast.Import():
            yield "import dropped"
        case ast.ClassDef(bases=[_]):
            yield "base changed"
        case ast.IfExp() | ast.If():
            yield "test negated"
        case ast.arguments(defaults=defaults):
            yield from ("default dropped",) if defaults else ()
    body = getattr(node, "body", None)
    if isinstance(body, list) and len(body) > 1 and not isinstance(node, ast.Module):
        yield from ("line dropped", "line doubled", "lines swapped")


def _change(node: ast.AST, kind: str) -> None:
    match node, kind:
        case ast.Call(), "argument added":
            node.args.append(ast.Constant(3))
        case ast.Call(), "argument dropped":
            node.args.pop()
        case ast.Call(), "arguments swapped":
            node.args[0], node.args[1] = node.args[1], node.args[0]
        case ast.Call(), "keyword dropped":
            node.keywords.pop()
        case ast.Call(), "keyword renamed":
            node.keywords[-1].arg = f"{node.keywords[-1].arg}_"
        case ast.Constant(value=value), _ if isinstance(value, bool):
            node.value = not value
        case ast.Constant(value=value), _ if isinstance(value, int | float):
            node.value = value + 1
        case ast.BinOp(), "operands swapped":
            node.left, node.right = node.right, node.left
        case ast.BinOp(), _:
            node.op = ast.Sub() if not isinstance(node.op, ast.Sub) else ast.Add()
        case ast.Attribute(), _:
            node.attr += "_"
        case ast.Name(), _:
            node.id += "_"
        case ast.ImportFrom() | ast.Import(), _:
            node.names = (
                [ast.alias("annotations")] if isinstance(node, ast.ImportFrom) else node.names
            )
            if isinstance(node, ast.ImportFrom):
                node.module, node.level = "__future__", 0
            else:
                node.names = [ast.alias("string")]
        case ast.ClassDef(), "base changed":
            module = ast.Name("nn", ast.Load())
            other = "Module" if ast.unparse(node.bases[0]) == "nn.Sequential" else "Sequential"
            node.bases = [ast.Attribute(module, other, ast.Load())]
        case ((ast.IfExp() | ast.If()), "test negated"):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.arguments(), _:
            node.defaults.pop()
        case _:
            _line(node.body, kind)  # type: ignore[attr-defined]


def _line(body: Body, kind: str) -> None:
    if kind == "line dropped":
        body.pop(len(body) // 2)
    elif kind == "line doubled":
        body.insert(len(body) // 2, copy.deepcopy(body[len(body) // 2]))
    else:
        body[-1], body[-2] = body[-2], body[-1]
