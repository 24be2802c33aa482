"""The small part of Python that printed files are written in, walked on the syntax tree: no line of a file runs.

Layers and tensors are stand-ins. What a call on them means is the subclass's to say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from archspec.exceptions import ArchspecError
from archspec.printing.framework import Framework
from archspec.printing.verify.builtins import BUILTINS, OPERATORS, SIGNS, TAKEN, elements, exact
from archspec.printing.verify.standins import (
    Bound,
    FileFunction,
    FileModule,
    StandInLayer,
    StandInName,
    StandInTensor,
)


class ReplayError(ArchspecError):
    """The printed file is not the plan's network: a fault of archspec, never of a spec. `path` is its node."""

    fault = True

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason, self.path = reason, path


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


PYTHON = frozenset({"super", "isinstance"})  # names that mean the same in every file
MAX_STEPS = 5_000_000


class Walk:
    """A file's definitions, called with stand-ins."""

    def __init__(self, body: list[ast.stmt], framework: Framework) -> None:
        self.framework = framework
        self.steps = 0
        self.layers: list[StandInLayer] = []
        self.weights: frozenset[str] = frozenset()  # of the network's layers
        self.bases: dict[str, str] = {}
        self.globals: dict[str, Any] = {}
        for node in body:
            self.top(node)

    def event(
        self, path: str, target: str, args: dict[str, Any], inputs: list[StandInTensor]
    ) -> StandInTensor:
        """One call on tensors."""
        raise NotImplementedError

    def bind(self, target: str, args: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
        """The complete arguments of a call."""
        raise NotImplementedError

    def applied(self, layer: StandInLayer, args: list[Any]) -> Any:
        """A layer called on tensors."""
        raise NotImplementedError

    def pieces(self, tensor: StandInTensor, count: int, axis: int) -> tuple[StandInTensor, ...]:
        """A value cut into equal pieces."""
        raise NotImplementedError

    def framework_call(self, dotted: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        """Something of the framework called."""
        raise NotImplementedError

    def top(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ClassDef):
            self.bases[node.name] = ast.unparse(node.bases[0]) if node.bases else "object"
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in self.framework.support:
            self.globals[node.name] = StandInName(node.name)
        elif isinstance(node, ast.ClassDef):
            self.globals[node.name] = node
        elif isinstance(node, ast.FunctionDef):
            self.globals[node.name] = FileFunction(node, {})
        elif isinstance(node, ast.Assign):
            self.statement(node, self.globals)

    def block(self, body: list[ast.stmt], scope: dict[str, Any]) -> None:
        for node in body:
            self.statement(node, scope)

    def statement(self, node: ast.stmt, scope: dict[str, Any]) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise ReplayError("the file runs for too long")
        match node:
            case ast.Assign(targets=targets, value=value):
                result = self.value(value, scope)
                for target in targets:
                    self.assign(target, result, scope)
            case ast.For(target=target, iter=source, body=body):
                items = self.value(source, scope)
                for item in elements(items):
                    self.assign(target, item, scope)
                    self.block(body, scope)
            case ast.If(test=test, body=body, orelse=orelse):
                self.block(body if self.value(test, scope) else orelse, scope)
            case ast.Return(value=value):
                raise _Return(self.value(value, scope) if value else None)
            case ast.Expr(value=value):
                if not isinstance(value, ast.Constant):
                    self.value(value, scope)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.assign(target, self.value(value, scope), scope)
            case ast.FunctionDef():
                scope[node.name] = FileFunction(node, scope)
            case _:
                raise ReplayError(f"line {node.lineno} is no statement that the printer writes")

    def assign(self, target: ast.expr, value: Any, scope: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=name):
                scope[name] = value
            case ast.Tuple(elts=parts):
                for part, item in zip(parts, value, strict=True):
                    self.assign(part, item, scope)
            case ast.Subscript(value=owner, slice=index):
                self.value(owner, scope)[self.value(index, scope)] = value
            case ast.Attribute(value=owner, attr=name):
                module = self.value(owner, scope)
                if isinstance(value, StandInLayer | FileModule):
                    module.children[name] = value
                else:
                    module.attributes[name] = value
            case _:
                raise ReplayError(f"line {target.lineno} assigns to something odd")

    def value(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.name(name, scope)
            case ast.Attribute(value=owner, attr=name):
                return self.attribute(self.value(owner, scope), name)
            case ast.Call():
                return self.called(node, scope)
            case ast.BinOp():
                return self.binary(node, scope)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand, scope)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand, scope)
            case ast.BoolOp(op=op, values=values):
                return self.logic(isinstance(op, ast.Or), values, scope)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return OPERATORS[type(op)](self.value(left, scope), self.value(right, scope))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test, scope) else orelse, scope)
            case ast.Tuple(elts=parts):
                return tuple(self.value(part, scope) for part in parts)
            case ast.List(elts=parts):
                return self.several(parts, scope)
            case ast.Dict(keys=keys, values=parts):
                names = [self.value(key, scope) for key in keys if key is not None]
                return dict(zip(names, (self.value(p, scope) for p in parts), strict=True))
            case ast.Slice(lower=None, upper=upper, step=None) if upper is not None:
                return slice(self.value(upper, scope))
            case ast.Subscript(value=owner, slice=index):
                group = self.value(owner, scope)
                at = self.value(index, scope)
                return group.children[str(at)] if isinstance(group, FileModule) else group[at]
            case ast.JoinedStr(values=values):
                return "".join(str(self.value(part, scope)) for part in values)
            case ast.FormattedValue(value=value):
                return self.value(value, scope)
            case ast.GeneratorExp(elt=element, generators=[generator]):
                return list(self.generated(element, generator, scope))
        raise ReplayError(f"line {node.lineno} is no expression that the printer writes")

    def logic(self, either: bool, values: list[ast.expr], scope: dict[str, Any]) -> Any:
        found = self.value(values[0], scope)
        for part in values[1:]:
            found = found if bool(found) is either else self.value(part, scope)
        return found

    def several(self, parts: list[ast.expr], scope: dict[str, Any]) -> list[Any]:
        found: list[Any] = []
        for part in parts:
            starred = isinstance(part, ast.Starred)
            found += self.value(part.value, scope) if starred else [self.value(part, scope)]  # type: ignore[attr-defined]
        return found

    def generated(
        self, element: ast.expr, generator: ast.comprehension, scope: dict[str, Any]
    ) -> Iterator[Any]:
        for item in self.value(generator.iter, scope):
            self.assign(generator.target, item, scope)
            yield self.value(element, scope)

    def name(self, name: str, scope: dict[str, Any]) -> Any:
        if name in scope:
            return scope[name]
        if name in self.globals:
            return self.globals[name]
        if name in BUILTINS:
            return BUILTINS[name]
        if name not in self.framework.names and name not in PYTHON:
            raise ReplayError(f"nothing is called {name}")
        return StandInName(name)

    def attribute(self, owner: Any, name: str) -> Any:
        if isinstance(owner, StandInName):
            dotted = f"{owner.dotted}.{name}"
            return BUILTINS.get(dotted, StandInName(dotted))
        if isinstance(owner, FileModule):
            if name in owner.attributes:
                return owner.attributes[name]
            if name in owner.children:
                return owner.children[name]
            if name in self.framework.methods or name == "__init__":
                return Bound(owner, name)
            raise ReplayError(f"{name} is read before it is set")
        if isinstance(owner, StandInTensor):
            if name == "shape" and owner.shape is not None:
                return (None, *owner.shape)
            return Bound(owner, name)
        if isinstance(owner, list):
            return Bound(owner, name)
        if isinstance(owner, StandInLayer):
            biased = owner.args.get("bias", True)
            if name not in self.weights and name != "bias":
                raise ReplayError(f"{owner.target} has no {name} that the network knows")
            return None if name == "bias" and not biased else Bound(owner, name)
        raise ReplayError(f"nothing is known of .{name}")

    def binary(self, node: ast.BinOp, scope: dict[str, Any]) -> Any:
        if isinstance(node.op, ast.BitOr):
            return (self.value(node.left, scope), self.value(node.right, scope))
        operands = [self.value(part, scope) for part in _chain(node, type(node.op))]
        if all(isinstance(value, StandInTensor) for value in operands):
            sign = next((sign for sign, kind in SIGNS.items() if isinstance(node.op, kind)), "?")
            return self.event("", sign, {}, operands)
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return OPERATORS[type(node.op)](left, right)

    def called(self, node: ast.Call, scope: dict[str, Any]) -> Any:
        function = self.value(node.func, scope)
        args = self.several(node.args, scope)
        keywords = {str(k.arg): self.value(k.value, scope) for k in node.keywords}
        return self.call(function, args, keywords)

    def call(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        match function:
            case ast.ClassDef():
                return self.instance(function, args, keywords)
            case FileFunction(node, closure):
                return self.run(node, closure, args, keywords)
            case FileModule():
                return self.forward(function, args, keywords)
            case StandInLayer():
                if keywords:
                    raise ReplayError(f"{function.target} is applied with {', '.join(keywords)}")
                return self.applied(function, args)
            case Bound(owner, name):
                return self.method(owner, name, args, keywords)
            case StandInName(dotted):
                return self.framework_call(dotted, args, keywords)
        if callable(function):
            return function(*args, **keywords)
        raise ReplayError(f"{function!r} is called")

    def instance(self, cls: ast.ClassDef, args: list[Any], keywords: dict[str, Any]) -> FileModule:
        module = FileModule(cls)
        for node in cls.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                self.run(node, {}, [module, *args], keywords)
                return module
        if args or keywords:
            raise ReplayError(f"{cls.name} takes no arguments")
        return module

    def run(
        self,
        node: ast.FunctionDef,
        closure: dict[str, Any],
        args: list[Any],
        keywords: dict[str, Any],
    ) -> Any:
        scope = {**closure, **self.bound(node, closure, args, keywords)}
        try:
            self.block(node.body, scope)
        except _Return as returned:
            return returned.value
        return None

    def bound(
        self,
        node: ast.FunctionDef,
        closure: dict[str, Any],
        args: list[Any],
        keywords: dict[str, Any],
    ) -> dict[str, Any]:
        """The parameters of a function with what a call gives them, as Python binds them; raises ReplayError."""
        names = [arg.arg for arg in node.args.args]
        named = [arg.arg for arg in node.args.kwonlyargs]
        unknown = keywords.keys() - {*names, *named}
        if unknown or len(args) > len(names):
            raise ReplayError(f"{node.name} does not take {', '.join(unknown) or args}")
        ordered = node.args.defaults
        defaults = [
            *zip(names[len(names) - len(ordered) :], ordered, strict=True),
            *zip(named, node.args.kw_defaults, strict=True),
        ]
        found = {n: self.value(default, closure) for n, default in defaults if default is not None}
        found |= {**dict(zip(names, args, strict=False)), **keywords}
        wrong = ({*names, *named} - found.keys()) | (keywords.keys() & {*names[: len(args)]})
        if wrong:
            raise ReplayError(f"{node.name} lacks or takes twice: {', '.join(sorted(wrong))}")
        return found

    def forward(self, module: FileModule, args: list[Any], keywords: dict[str, Any]) -> Any:
        for node in module.cls.body if module.cls else ():
            if isinstance(node, ast.FunctionDef) and node.name == self.framework.flow:
                return self.run(node, {}, [module, *args], keywords)
        if module.cls and self.framework.containers.get(self.bases[module.cls.name]) != "chain":
            raise ReplayError(f"{module.cls.name} has no {self.framework.flow}")
        if keywords or len(args) != 1:
            raise ReplayError("a sequence of layers takes one value")
        (running,) = args
        for child in module.children.values():
            running = self.call(child, [running], {})
        return running

    def method(self, owner: Any, name: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        if isinstance(owner, StandInTensor) and name == "chunk":
            exact(name, args, keywords, 1, "dim")
            return self.pieces(owner, args[0], keywords["dim"])
        if isinstance(owner, list) and name == "append":
            return owner.append(*args, **keywords)
        if isinstance(owner, StandInTensor):
            target = f"{self.framework.tensor}.{name}"
            return self.event("", target, self.bind(target, args, keywords), [owner])
        kind = "" if name == "__init__" else self.framework.methods.get(name)
        if kind is None:
            raise ReplayError(f"nothing is known of the method {name}")
        if kind in TAKEN:
            exact(name, args, keywords, TAKEN[kind])
        if kind == "list":
            if keywords or len(args) > 1 or not all(args):
                raise ReplayError(f"{name} takes other arguments")
            return self.layers
        if kind == "find":
            for part in args[0].split("."):
                owner = owner.children[part]
            return owner
        if kind == "put":
            owner.children[args[0]] = args[1]
        elif kind == "append":
            owner.children[str(len(owner.children))] = args[0]
        return None


def _chain(node: ast.expr, kind: type[ast.operator]) -> list[ast.expr]:
    """The operands of a chain of one operator, from left to right."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, kind):
        return [*_chain(node.left, kind), node.right]
    return [node]
