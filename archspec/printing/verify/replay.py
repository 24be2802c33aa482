"""A printed file held against the plan, without the framework.

Each call on a tensor must be the plan's next one: same layer, same path, same arguments, same inputs.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from archspec.graph.symbols import FrameworkName
from archspec.lowering.plan import Call, Plan, Target
from archspec.printing.framework import SIZED, Container, Framework
from archspec.printing.verify import outline
from archspec.printing.verify.builtins import exact
from archspec.printing.verify.expected import Expectation, expect, idle
from archspec.printing.verify.standins import FileModule, StandInLayer, StandInName, StandInTensor
from archspec.printing.verify.walk import ReplayError, Walk

__all__ = ["Framework", "ReplayError", "replay", "replay_use"]


def replay(
    text: str,
    plan: Plan,
    model: str,
    framework: Framework,
    arguments: Mapping[str, Any] | None = None,
) -> int:
    """The number of calls compared; raises ReplayError at the first that differs."""
    body = _parsed(text)
    outline.check(body, framework)
    walk = _Replay(body, expect(plan), framework)
    shapes = {port.name: port.type.shape for port in plan.scope.takes}
    values = dict(arguments or {})
    try:
        if framework.models == "class":
            walk.model_class(model, plan, list(shapes.values()), values)
        else:
            walk.model_function(model, shapes, values)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ReplayError(f"the file does not run: {error}") from error
    return len(walk.expected.events)


def replay_use(
    text: str, plan: Plan, definition: str, framework: Framework, arguments: Mapping[str, Any]
) -> int:
    """The same for one definition of a file, called with arguments; `plan` is of a network that is one use of it.

    A step that the plan leaves out since it changes nothing may be there: cells of padding, of which there are none.
    """
    walk = _Replay(_parsed(text), expect(plan), framework)
    try:
        walk.use(definition, plan, dict(arguments))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ReplayError(f"the file does not run: {error}") from error
    return len(walk.expected.events)


@lru_cache(maxsize=1)
def _parsed(text: str) -> list[ast.stmt]:
    """A file's statements: one text is replayed against several plans."""
    return ast.parse(text).body


class _Replay(Walk):
    def __init__(self, body: list[ast.stmt], expected: Expectation, framework: Framework) -> None:
        super().__init__(body, framework)
        self.expected = expected
        slots = (slot.native for event in expected.events for slot in event.step.slots)
        self.weights = frozenset({"weight", *slots})
        self.at = 0
        self.entered: dict[str, StandInTensor] = {}
        self.idle: dict[tuple[str, str], dict[str, Any]] = {}

    def model_class(
        self, model: str, plan: Plan, shapes: list[tuple[int, ...]], arguments: dict[str, Any]
    ) -> None:
        root = self.call(self.globals[model], [], arguments)
        self._paths(root, "")
        self._unused_layers()
        self._drawn(plan)
        result = self.call(root, [StandInTensor(-k, shape) for k, shape in enumerate(shapes)], {})
        self._finish(result)

    def model_function(
        self, model: str, shapes: Mapping[str, tuple[int, ...]], arguments: dict[str, Any]
    ) -> None:
        result = self.call(self.globals[model], [], arguments)
        if not isinstance(result, tuple) or result[0] != "model":
            raise ReplayError(f"{model} makes no model")
        wanted = {name: StandInTensor(-k, shape) for k, (name, shape) in enumerate(shapes.items())}
        inputs = result[1] if isinstance(result[1], list) else [result[1]]
        if inputs != list(wanted.values()) or (len(shapes) > 1 and self.entered != wanted):
            raise ReplayError("the model's inputs are not the network's")
        self._finish(result[2])
        self._unused_layers()

    def use(self, definition: str, plan: Plan, arguments: dict[str, Any]) -> None:
        """A definition called on the network's inputs, its layers under the name of the only row."""
        (label,) = plan.names
        self.idle = idle(plan)
        called = self.globals[definition]
        for name, value in arguments.items():
            if isinstance(value, FrameworkName):
                arguments[name] = self.globals.get(value, StandInName(value))
        inputs = [StandInTensor(-k, port.type.shape) for k, port in enumerate(plan.scope.takes)]
        if isinstance(called, ast.ClassDef):
            module = self.call(called, [], arguments)
            self._paths(module, label)
            result = self.call(module, inputs, {})
        else:
            result = self.call(called, inputs, {**arguments, "name": label})
        self._unused_layers()
        self._finish(result)

    def _finish(self, result: Any) -> None:
        if self.at != len(self.expected.events):
            missing = self.expected.events[self.at]
            raise ReplayError(f"{missing.target} is never called", missing.row)
        wanted = self.expected.results
        if isinstance(result, dict) and list(result) == list(wanted):
            result = tuple(result.values())
        outputs = result if isinstance(result, tuple) else (result,)
        numbers = [value.number for value in outputs if isinstance(value, StandInTensor)]
        if len(numbers) != len(outputs) or numbers != list(wanted.values()):
            raise ReplayError("the model does not give the network's result")

    def _paths(self, module: Any, path: str) -> None:
        for name, child in module.children.items():
            below = f"{path}.{name}" if path else name
            if isinstance(child, StandInLayer):
                child.path = below
            else:
                self._paths(child, below)

    def _unused_layers(self) -> None:
        """Every layer made is one of the plan's; those with weights are made in the plan's order."""
        made = (layer for layer in self.layers if layer.target != self.framework.identity)
        paths = [layer.path for layer in made if (layer.path, layer.target) not in self.idle]
        events = [event for event in self.expected.events if event.native]
        wanted = list(dict.fromkeys(event.native for event in events))
        if sorted(paths) != sorted(wanted):
            odd = sorted(set(paths) ^ set(wanted))
            raise ReplayError(f"layers that are not the plan's: {', '.join(odd[:5])}")
        weighted = {event.native for event in events if event.step.slots}
        pairs = zip(*([p for p in one if p in weighted] for one in (paths, wanted)), strict=True)
        first = next((a for a, b in pairs if a != b), None)
        if first is not None:
            raise ReplayError(f"{first} is not made in the plan's order")

    def _drawn(self, plan: Plan) -> None:
        """Every weight is first drawn as the plan says."""
        layers = {layer.path: layer for layer in self.layers}
        for event in self.expected.events:
            for slot in event.step.slots:
                preset = self.framework.preset.get(event.target, {}).get(slot.native)
                draw = layers[event.native].drawn.get(slot.native)
                if slot.init is None or (draw is None and preset == slot.init.target):
                    continue
                wanted = self.bind(slot.init.target, [], _args(slot.init))
                if draw is None or draw[0] != slot.init.target or draw[1] != wanted:
                    raise ReplayError(f"{event.native}.{slot.native} is drawn as {draw}")

    def event(
        self, path: str, target: str, args: dict[str, Any], inputs: list[StandInTensor]
    ) -> StandInTensor:
        """One call on tensors: it must be the plan's next."""
        if (path, target) in self.idle:
            if not _equal(args, self.bind(target, [], self.idle[path, target])):
                raise ReplayError(f"{target} with {args} changes what it is given", path)
            return inputs[0]
        if self.at >= len(self.expected.events):
            raise ReplayError(f"{target} {path} is called, and the plan has no call left")
        wanted = self.expected.events[self.at]
        self.at += 1
        actual = (path, target, tuple(tensor.number for tensor in inputs))
        if target in ("+", "*") and actual[2] == wanted.inputs[::-1] and len(inputs) == 2:
            actual = (path, target, wanted.inputs)  # the same sum and product, bit for bit
        if actual != (wanted.native, wanted.target, wanted.inputs):
            due = (wanted.native, wanted.target, wanted.inputs)
            raise ReplayError(f"{actual} instead of {due}", wanted.row)
        complete = self.bind(target, [], dict(wanted.args))
        if not _equal(args, complete):
            odd = {k: (args.get(k), complete.get(k)) for k in {*args, *complete}}
            differing = {k: v for k, v in odd.items() if not _equal(v[0], v[1])}
            raise ReplayError(f"{target} with {differing}", wanted.row)
        return StandInTensor(self.at, wanted.shape)

    def bind(self, target: str, args: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
        """Complete arguments: by position, by name, by default."""
        signature = self.framework.targets.get(target, Target())
        twice = {*signature.positional[: len(args)]} & keywords.keys()
        if len(args) > len(signature.positional) or twice:
            raise ReplayError(f"{target} takes other arguments than {len(args)} by position")
        bound = {
            **dict(signature.defaults),
            **dict(zip(signature.positional, args, strict=False)),
            **keywords,
        }
        for key in ("stride", "strides"):
            if bound.get(key, 0) is None:
                bound[key] = bound.get("kernel_size", bound.get("pool_size"))
        return bound

    def applied(self, layer: StandInLayer, args: list[Any]) -> Any:
        if layer.target == self.framework.identity:
            if len(args) != 1:
                raise ReplayError(f"{layer.target} takes one value, not {len(args)}", layer.path)
            return args[0]
        if isinstance(args[0], list) and len(args) != 1:
            raise ReplayError(f"{layer.target} takes one list of values", layer.path)
        inputs = args[0] if isinstance(args[0], list) else args
        return self.event(layer.path, layer.target, layer.args, inputs)

    def framework_call(self, dotted: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        framework = self.framework
        if dotted == "super":
            exact(dotted, args, keywords, 0)
            return FileModule(None)
        if dotted == "isinstance":
            exact(dotted, args, keywords, 2)
            return self.is_kind(args[0], args[1])
        if dotted in framework.draws:
            layer, attribute = args[0].owner, args[0].name
            layer.drawn[attribute] = (dotted, self.bind(dotted, args[1:], keywords))
            return None
        if dotted == SIZED:
            return self._of_size(args)
        if dotted in framework.initials:
            return Initial((FrameworkName(dotted), *self.bind(dotted, args, keywords).items()))
        if dotted == framework.input:
            tensor = StandInTensor(-len(self.entered), tuple(args[0]))
            return self.entered.setdefault(keywords.get("name", ""), tensor)
        if dotted == framework.model:
            exact(dotted, args, {}, 2)
            return ("model", args[0], args[1])
        if dotted == "OrderedDict":
            return dict(*args, **keywords)
        if dotted in framework.containers:
            return FileModule(None, {}, _contained(framework.containers[dotted], args))
        if dotted == "ops.split":
            exact(dotted, args, keywords, 2, "axis")
            return self.pieces(args[0], args[1], keywords["axis"])
        return self.layer_or_function(dotted, args, keywords)

    def _of_size(self, args: list[Any]) -> StandInTensor:
        """An image that enters the network, which must have the size that the file names."""
        if len(args) != 3 or not isinstance(args[0], StandInTensor) or args[0].number > 0:
            raise ReplayError("the size of something else than an image is tested")
        shape = args[0].shape or ()
        if shape[:2] != tuple(args[1:]) or len(shape) != 3:
            raise ReplayError(f"an image of {shape} is not one of {args[1:]}")
        return args[0]

    def pieces(self, tensor: StandInTensor, count: int, axis: int) -> tuple[StandInTensor, ...]:
        """A value cut into equal pieces: each is one of the plan's calls."""
        found: list[StandInTensor] = []
        for number in range(count):
            wanted = self.expected.events[self.at] if self.at < len(self.expected.events) else None
            names = [*wanted.args] if wanted else []
            size: Any = 0
            if wanted and names in (["dim", "start", "length"], ["start", "size", "axis"]):
                size = wanted.args[names[2] if names[0] == "dim" else "size"]
                args = dict(wanted.args)
                args["start"] = number * size
                args[names[0] if names[0] == "dim" else "axis"] = axis
                found.append(self.event("", wanted.target, args, [tensor]))
            else:
                raise ReplayError("a value is cut where the plan cuts none")
        return tuple(found)

    def layer_or_function(self, dotted: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        if dotted not in self.framework.targets and dotted != self.framework.identity:
            raise ReplayError(f"{dotted} is not a target of the table")
        tensors = args[0] if args and isinstance(args[0], list) else args[:1]
        if tensors and all(isinstance(item, StandInTensor) for item in tensors):
            several = isinstance(args[0], list)
            inputs = tensors if several else [a for a in args if isinstance(a, StandInTensor)]
            rest = args[1:] if several else [a for a in args if not isinstance(a, StandInTensor)]
            return self.event("", dotted, self.bind(dotted, rest, keywords), inputs)
        path = keywords.pop("name", "")
        layer = StandInLayer(dotted, self.bind(dotted, args, keywords), path)
        self.layers.append(layer)
        return layer

    def is_kind(self, layer: Any, kinds: Any) -> bool:
        names = {kind.dotted for kind in (kinds if isinstance(kinds, tuple) else (kinds,))}
        name = layer.target
        while name not in names and name in self.bases:
            name = self.bases[name]
        return name in names


def _contained(kind: Container, args: list[Any]) -> dict[str, Any]:
    """The layers that a container is made of, by name or number."""
    if kind == "mapping" or (kind == "chain" and len(args) == 1 and isinstance(args[0], dict)):
        return dict(args[0])
    layers = args if kind == "chain" else [layer for group in args for layer in group]
    return {str(number): layer for number, layer in enumerate(layers)}


def _args(call: Call) -> dict[str, Any]:
    return {key: quantity.value for key, quantity in call.args}


class Initial(tuple[Any, ...]):
    """An initialiser as the plan has it, made by a call."""


def _called(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], FrameworkName)


def _equal(first: Any, second: Any) -> bool:
    """Equality that tells 1 from True and 1 from 1.0, and an initialiser from the words of its name."""
    if _called(second) and not isinstance(first, Initial):
        return False
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_equal(v, second[k]) for k, v in first.items())
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(
            _equal(a, b) for a, b in zip(first, second, strict=True)
        )
    return bool(first == second and type(first) is type(second))
