"""A printed file held against the plan, without the framework: its syntax tree is walked, no line of it runs.

The walk knows the small part of Python that the printer writes. Layers and tensors are stand-ins; each call on a tensor
must be the plan's next one: same layer, same path, same arguments, same inputs.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.graph.expr import make_divisible
from archspec.lowering.plan import Call, Plan, Target
from archspec.printing.expected import Expectation, expect


class ReplayError(Exception):
    """The printed file is not the plan's network: a fault of archspec, never of a spec."""


@dataclass(frozen=True, slots=True)
class Framework:
    """What the replay must know: how models are made (`torch`: classes, `keras`: functions), the layers carried by the
    file itself, all targets."""

    style: str
    support: frozenset[str]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Name:
    """Something of the framework, by its dotted name."""

    dotted: str


@dataclass(slots=True)
class Tensor:
    number: int
    shape: tuple[int, ...] | None


@dataclass(slots=True)
class Layer:
    """A made layer. `drawn` is how its weights get their first values."""

    target: str
    args: dict[str, Any]
    path: str = ""
    drawn: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class Module:
    """An instance of a class of the file, or an `nn.Sequential`."""

    cls: ast.ClassDef | None
    attributes: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function:
    node: ast.FunctionDef
    closure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a module or tensor."""

    owner: Any
    name: str


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "round": round,
    "min": min,
    "max": max,
    "abs": abs,
    "len": len,
    "range": range,
    "enumerate": enumerate,
    "float": float,
    "make_divisible": make_divisible,
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.log": math.log,
}
OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}
MAX_STEPS = 5_000_000


def replay(
    text: str,
    plan: Plan,
    model: str,
    framework: Framework,
    targets: Mapping[str, Target],
    arguments: Mapping[str, Any] | None = None,
) -> int:
    """The number of calls compared; raises ReplayError at the first that differs."""
    walk = _Replay(text, expect(plan), framework, targets)
    shape = plan.scope.input_types[0].shape
    if framework.style == "torch":
        walk.torch(model, plan, shape, dict(arguments or {}))
    else:
        walk.keras(model, shape, dict(arguments or {}))
    return len(walk.expected.events)


class _Replay:
    def __init__(
        self, text: str, expected: Expectation, framework: Framework, targets: Mapping[str, Target]
    ) -> None:
        self.expected, self.framework, self.targets = expected, framework, targets
        self.at = 0
        self.steps = 0
        self.made: list[Layer] = []
        self.bases: dict[str, str] = {}
        self.globals: dict[str, Any] = {}
        for node in ast.parse(text).body:
            self.top(node)

    def top(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ClassDef):
            base = _dotted(node.bases[0])
            self.bases[node.name] = base
            carried = node.name in self.framework.support
            self.globals[node.name] = Name(node.name) if carried else node
        elif isinstance(node, ast.FunctionDef):
            self.globals[node.name] = Function(node, {})
        elif isinstance(node, ast.Assign):
            self.statement(node, self.globals)

    def torch(
        self, model: str, plan: Plan, shape: tuple[int, ...], arguments: dict[str, Any]
    ) -> None:
        root = self.call(self.globals[model], [], arguments)
        self._paths(root, "")
        self._unused_layers()
        self._drawn(plan)
        result = self.call(root, [Tensor(0, shape)], {})
        self._finish(result)

    def keras(self, model: str, shape: tuple[int, ...], arguments: dict[str, Any]) -> None:
        result = self.call(self.globals[model], [], arguments)
        if not isinstance(result, tuple) or result[0] != "model":
            raise ReplayError(f"{model} makes no model")
        if result[1] != Tensor(0, shape):
            raise ReplayError("the model's input is not the network's")
        self._finish(result[2])
        self._unused_layers()

    def _finish(self, result: Any) -> None:
        if self.at != len(self.expected.events):
            missing = self.expected.events[self.at]
            raise ReplayError(f"{missing.row}: {missing.target} is never called")
        if not isinstance(result, Tensor) or result.number != self.expected.result:
            raise ReplayError("the model does not give the network's result")

    def _paths(self, module: Any, path: str) -> None:
        for name, child in module.children.items():
            below = f"{path}.{name}" if path else name
            if isinstance(child, Layer):
                child.path = below
            else:
                self._paths(child, below)

    def _unused_layers(self) -> None:
        """Every layer made is one of the plan's, in the plan's order."""
        made = [layer.path for layer in self._ordered() if layer.target != "nn.Identity"]
        wanted = [event.native for event in self.expected.events if event.native]
        if sorted(made) != sorted(wanted):
            odd = sorted(set(made) ^ set(wanted))
            raise ReplayError(f"layers that are not the plan's: {', '.join(odd[:5])}")
        if made != wanted:
            first = next(a for a, b in zip(made, wanted, strict=True) if a != b)
            raise ReplayError(f"{first} is not made in the plan's order")

    def _ordered(self) -> list[Layer]:
        return self.made

    def _drawn(self, plan: Plan) -> None:
        """Every weight is first drawn as the plan says."""
        layers = {layer.path: layer for layer in self.made}
        for event in self.expected.events:
            for slot in event.step.slots:
                if slot.init is None or event.target.startswith("nn.BatchNorm"):
                    continue
                found = layers[event.native].drawn.get(slot.native)
                wanted = self._bind(slot.init.target, [], _args(slot.init))
                if found is None or found[0] != slot.init.target or found[1] != wanted:
                    raise ReplayError(f"{event.native}.{slot.native} is drawn as {found}")

    def event(self, path: str, target: str, args: dict[str, Any], inputs: list[Tensor]) -> Tensor:
        """One call on tensors: it must be the plan's next."""
        if self.at >= len(self.expected.events):
            raise ReplayError(f"{target} {path} is called, and the plan has no call left")
        wanted = self.expected.events[self.at]
        self.at += 1
        found = (path, target, tuple(tensor.number for tensor in inputs))
        if found != (wanted.native, wanted.target, wanted.inputs):
            raise ReplayError(
                f"{wanted.row}: {found} instead of {(wanted.native, wanted.target, wanted.inputs)}"
            )
        complete = self._bind(target, [], dict(wanted.args))
        if not _equal(args, complete):
            odd = {k: (args.get(k), complete.get(k)) for k in {*args, *complete}}
            differing = {k: v for k, v in odd.items() if not _equal(v[0], v[1])}
            raise ReplayError(f"{wanted.row}: {target} with {differing}")
        return Tensor(self.at, wanted.shape)

    def _bind(self, target: str, args: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
        """Complete arguments: by position, by name, by default."""
        known = self.targets.get(target, Target())
        bound = {
            **dict(known.defaults),
            **dict(zip(known.positional, args, strict=False)),
            **keywords,
        }
        for key in ("stride", "strides"):
            if bound.get(key, 0) is None:
                bound[key] = bound.get("kernel_size", bound.get("pool_size"))
        return bound

    def block(self, body: list[ast.stmt], scope: dict[str, Any]) -> None:
        for node in body:
            self.statement(node, scope)

    def statement(self, node: ast.stmt, scope: dict[str, Any]) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise ReplayError("the file runs for too long")
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self.value(value, scope)
                for target in targets:
                    self.assign(target, found, scope)
            case ast.For(target=target, iter=source, body=body):
                items = self.value(source, scope)
                for item in items.children.values() if isinstance(items, Module) else items:
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
                scope[node.name] = Function(node, scope)
            case _:
                raise ReplayError(f"line {node.lineno} is no statement that the printer writes")

    def assign(self, target: ast.expr, value: Any, scope: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=name):
                scope[name] = value
            case ast.Tuple(elts=parts):
                for part, item in zip(parts, value, strict=True):
                    self.assign(part, item, scope)
            case ast.Attribute(value=owner, attr=name):
                module = self.value(owner, scope)
                if isinstance(value, Layer | Module):
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
                return [self.value(part, scope) for part in parts]
            case ast.Subscript(value=owner, slice=index):
                return self.value(owner, scope)[self.value(index, scope)]
            case ast.JoinedStr(values=values):
                return "".join(str(self.value(part, scope)) for part in values)
            case ast.FormattedValue(value=value):
                return self.value(value, scope)
            case ast.GeneratorExp(elt=element, generators=[generator]):
                return list(self.generated(element, generator, scope))
        raise ReplayError(f"line {node.lineno} is no expression that the printer writes")

    def logic(self, either: bool, values: list[ast.expr], scope: dict[str, Any]) -> bool:
        test = any if either else all
        return test(bool(self.value(part, scope)) for part in values)

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
        return BUILTINS.get(name, Name(name))

    def attribute(self, owner: Any, name: str) -> Any:
        if isinstance(owner, Name):
            dotted = f"{owner.dotted}.{name}"
            return BUILTINS.get(dotted, Name(dotted))
        if isinstance(owner, Module):
            if name in owner.attributes:
                return owner.attributes[name]
            return owner.children[name] if name in owner.children else Bound(owner, name)
        if isinstance(owner, Tensor):
            if name == "shape" and owner.shape is not None:
                return (None, *owner.shape)
            return Bound(owner, name)
        if isinstance(owner, Layer):
            biased = owner.args.get("bias", True)
            return None if name == "bias" and not biased else Bound(owner, name)
        raise ReplayError(f"nothing is known of .{name}")

    def binary(self, node: ast.BinOp, scope: dict[str, Any]) -> Any:
        if isinstance(node.op, ast.BitOr):
            return (self.value(node.left, scope), self.value(node.right, scope))
        summed = _sum(node)
        if summed and all(isinstance(self.name(part, scope), Tensor) for part in summed):
            return self.event("", "+", {}, [self.name(part, scope) for part in summed])
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return OPERATORS[type(node.op)](left, right)

    def called(self, node: ast.Call, scope: dict[str, Any]) -> Any:
        function = self.value(node.func, scope)
        args: list[Any] = []
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                args += self.value(arg.value, scope)
            else:
                args.append(self.value(arg, scope))
        keywords = {str(k.arg): self.value(k.value, scope) for k in node.keywords}
        return self.call(function, args, keywords)

    def call(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        match function:
            case ast.ClassDef():
                return self.instance(function, args, keywords)
            case Function(node, closure):
                return self.run(node, closure, args, keywords)
            case Module():
                return self.forward(function, args)
            case Layer():
                return self.applied(function, args)
            case Bound(owner, name):
                return self.method(owner, name, args, keywords)
            case Name(dotted):
                return self.framework_call(dotted, args, keywords)
        if callable(function):
            return function(*args, **keywords)
        raise ReplayError(f"{function!r} is called")

    def instance(self, cls: ast.ClassDef, args: list[Any], keywords: dict[str, Any]) -> Module:
        found = Module(cls)
        for node in cls.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                self.run(node, {}, [found, *args], keywords)
        return found

    def run(
        self,
        node: ast.FunctionDef,
        closure: dict[str, Any],
        args: list[Any],
        keywords: dict[str, Any],
    ) -> Any:
        names = [arg.arg for arg in node.args.args]
        scope = dict(closure)
        defaults = node.args.defaults
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            scope[name] = self.value(default, closure)
        for extra, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if value is not None:
                scope[extra.arg] = self.value(value, closure)
        scope |= {**dict(zip(names, args, strict=False)), **keywords}
        unknown = set(keywords) - set(names) - {arg.arg for arg in node.args.kwonlyargs}
        if unknown or len(args) > len(names):
            raise ReplayError(f"{node.name} does not take {', '.join(unknown) or args}")
        try:
            self.block(node.body, scope)
        except _Return as returned:
            return returned.value
        return None

    def forward(self, module: Module, args: list[Any]) -> Any:
        for node in module.cls.body if module.cls else ():
            if isinstance(node, ast.FunctionDef) and node.name == "forward":
                return self.run(node, {}, [module, *args], {})
        (running,) = args
        for child in module.children.values():
            running = self.call(child, [running], {})
        return running

    def applied(self, layer: Layer, args: list[Any]) -> Any:
        if layer.target == "nn.Identity":
            return args[0]
        inputs = args[0] if isinstance(args[0], list) else args
        return self.event(layer.path, layer.target, layer.args, inputs)

    def method(self, owner: Any, name: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        if isinstance(owner, Tensor):
            bound = self._bind(f"Tensor.{name}", args, keywords)
            return self.event("", f"Tensor.{name}", bound, [owner])
        if name == "add_module":
            owner.children[args[0]] = args[1]
        elif name == "append":
            owner.children[str(len(owner.children))] = args[0]
        elif name == "modules":
            return self.made
        elif name == "get_submodule":
            for part in args[0].split("."):
                owner = owner.children[part]
            return owner
        elif name == "__init__":
            return None
        else:
            raise ReplayError(f"nothing is known of the method {name}")
        return None

    def framework_call(self, dotted: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        if dotted == "super":
            return Module(None)
        if dotted == "isinstance":
            return self.is_kind(args[0], args[1])
        if dotted.startswith("nn.init."):
            layer, attribute = args[0].owner, args[0].name
            layer.drawn[attribute] = (dotted, self._bind(dotted, args[1:], keywords))
            return None
        if dotted.startswith("initializers."):
            return (dotted, *self._bind(dotted, args, keywords).items())
        if dotted == "keras.Input":
            return Tensor(0, tuple(args[0]))
        if dotted == "keras.Model":
            return ("model", args[0], args[1])
        if dotted == "nn.ModuleList":
            return Module(None, {}, {str(k): child for k, child in enumerate(*args)})
        if dotted == "nn.Sequential":
            return Module(None, {}, {str(k): child for k, child in enumerate(args)})
        return self.layer_or_function(dotted, args, keywords)

    def layer_or_function(self, dotted: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        if dotted != "nn.Identity" and dotted not in self.framework.targets:
            raise ReplayError(f"{dotted} is not a target of the table")
        tensors = args[0] if args and isinstance(args[0], list) else args[:1]
        if tensors and all(isinstance(item, Tensor) for item in tensors):
            several = isinstance(args[0], list)
            given = tensors if several else [a for a in args if isinstance(a, Tensor)]
            rest = args[1:] if several else [a for a in args if not isinstance(a, Tensor)]
            return self.event("", dotted, self._bind(dotted, rest, keywords), given)
        path = keywords.pop("name", "")
        layer = Layer(dotted, self._bind(dotted, args, keywords), path)
        self.made.append(layer)
        return layer

    def is_kind(self, layer: Any, kinds: Any) -> bool:
        names = {kind.dotted for kind in (kinds if isinstance(kinds, tuple) else (kinds,))}
        return layer.target in names or self.bases.get(layer.target) in names


def _args(call: Call) -> dict[str, Any]:
    return {key: quantity.value for key, quantity in call.args}


def _sum(node: ast.expr) -> list[str]:
    """The names in a chain of `+`; empty if there is anything else in it."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _sum(node.left), _sum(node.right)
        return [*left, *right] if left and right else []
    return []


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node)


def _equal(first: Any, second: Any) -> bool:
    """Equality that tells 1 from True and 1 from 1.0."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_equal(v, second[k]) for k, v in first.items())
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(
            _equal(a, b) for a, b in zip(first, second, strict=True)
        )
    return bool(first == second and type(first) is type(second))
