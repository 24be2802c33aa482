"""A forward pass, step by step: layers are watched by hooks, functions in the order of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from archspec.lowering.backend import Observer
from archspec.lowering.plan import Plan, Step, Unit
from archspec_torch.tensors import batch, batches, canonical


def watch(
    model: nn.Module,
    plan: Plan,
    inputs: Any,
    observe: Observer,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Tell each node's output; with `values`, its value takes the output's place for whoever reads it next."""
    watcher = _Watcher(plan, observe, values)
    hooks = watcher.hook(model)
    try:
        with torch.no_grad(), watcher:
            model(*batches(inputs))
    finally:
        for hook in hooks:
            hook.remove()


class _Watcher(TorchFunctionMode):
    """Sees every function that is called between layers; functions inside a layer (`depth`) are ignored."""

    def __init__(self, plan: Plan, observe: Observer, values: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.units, self.observe, self.values = list(plan.units()), observe, values
        self.expected = [call for unit in self.units for call in _functions(unit)]
        self.depth = self.next = 0

    def hook(self, model: nn.Module) -> list[Any]:
        """Hooks on every layer of the plan that the model has; one that rows share is called once for each of them."""
        layers, hooks = dict(model.named_modules()), []
        paths: dict[str, list[str]] = {}
        for unit in self.units:
            steps = [step for step in unit.steps if step.present]
            for step in steps:
                if step.style == "layer" and unit.native_of(step) in layers:
                    path = unit.node.path if step is steps[-1] else ""
                    paths.setdefault(unit.native_of(step), []).append(path)
        for native, called in paths.items():
            hooks.append(layers[native].register_forward_pre_hook(self.enter))
            hooks.append(layers[native].register_forward_hook(self.leave(called)))
        return hooks

    def enter(self, layer: nn.Module, args: Any) -> None:
        self.depth += 1

    def leave(self, paths: Sequence[str]) -> Callable[[nn.Module, Any, Tensor], Tensor]:
        calls = count()

        def left(layer: nn.Module, args: Any, output: Tensor) -> Tensor:
            number = next(calls)
            if number < len(paths):
                output = self.observed(paths[number], output)
            self.depth -= 1
            return output

        return left

    def observed(self, path: str, output: Tensor) -> Tensor:
        """What the node of a path gives to others; a step that does not end its node has no path."""
        if not path:
            return output
        self.observe(path, canonical(output))
        return output if self.values is None else batch(self.values[path]).to(output.dtype)

    def piece(self, output: Tensor) -> Tensor:
        """One of the pieces that a value is cut into: the next function of the plan."""
        _, path = self.expected[self.next]
        self.next += 1
        return self.observed(path, output)

    def __torch_function__(
        self, function: Any, types: Iterable[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        output = function(*args, **(kwargs or {}))
        if self.depth or self.next == len(self.expected):
            return output
        name, path = self.expected[self.next]
        if function.__name__ == "chunk" and name == "narrow":
            return tuple(map(self.piece, output))
        if function.__name__.strip("_") != name:
            return output
        self.next += 1
        return self.observed(path, output)


def _functions(unit: Unit) -> list[tuple[str, str]]:
    """(name, path of the node that it ends) of each function that a unit calls between layers."""
    steps = [step for step in unit.steps if step.present]
    calls = []
    for step in steps:
        if step.style != "layer":
            times = len(unit.node.inputs) - 1 if step.style == "operator" else 1
            end = unit.node.path if step is steps[-1] else ""
            calls += [(_name(step), "")] * (times - 1) + [(_name(step), end)]
    return calls


OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul"}


def _name(step: Step) -> str:
    """A target's own name in PyTorch: an operator's method, the last part of a dotted one."""
    return OPERATORS.get(step.call.target) or step.call.target.rpartition(".")[2]
