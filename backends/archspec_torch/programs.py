"""Containers of a built model: what they hold is run by a program, which tracers of PyTorch see through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx, nn

from archspec.records import dataclass


def total(first: Tensor, *others: Tensor) -> Tensor:
    """The operator `+` between values."""
    for other in others:
        first = first + other
    return first


def product(first: Tensor, *others: Tensor) -> Tensor:
    """The operator `*` between values."""
    for other in others:
        first = first * other
    return first


def asked(method: str, value: Tensor, **options: Any) -> Tensor:
    """A method of a value."""
    found: Tensor = getattr(value, method)(**options)
    return found


OPERATORS: dict[str, Callable[..., Any]] = {"+": total, "-": torch.sub, "*": product}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a container's program: a layer by its path below, or a function, on values by their number."""

    layer: str
    function: Callable[..., Any] | None
    options: tuple[tuple[str, Any], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    listed: bool = False


class Container(nn.Module):
    """A level of names: children in order, and the program that runs them."""

    def __init__(self) -> None:
        super().__init__()
        self._program: tuple[Instruction, ...] = ()
        self._inputs: tuple[int, ...] = ()
        self._outputs: tuple[int, ...] = ()

    def forward(self, *values: Tensor):  # type: ignore[no-untyped-def]
        """Inputs in order; one output alone, several as a tuple."""
        tensors = {number: values[place] for place, number in enumerate(self._inputs)}
        for line in self._program:
            inputs = [tensors[number] for number in line.inputs]
            called = self.get_submodule(line.layer) if line.layer else line.function
            if called is None:
                output = inputs[0]
            else:
                output = called(*([inputs] if line.listed else inputs), **dict(line.options))
            if len(line.outputs) == 1:
                tensors[line.outputs[0]] = output
            else:
                tensors.update(zip(line.outputs, output, strict=True))
        results = tuple(tensors[number] for number in self._outputs)
        return results[0] if len(results) == 1 else results

    def __prepare_scriptable__(self) -> nn.Module:
        """What `torch.jit.script` takes in its place, for it knows no programs: the same layers, called in a graph."""
        return fx.GraphModule(self, _Layers(len(self._inputs)).trace(self))


class Model(Container):
    """The outermost container of a network with one input; what it gives is a tensor, or a tuple of several."""

    def forward(self, x: Tensor):  # type: ignore[no-untyped-def, override]
        return super().forward(x)


class _Layers(fx.Tracer):
    """Traces the programs of containers, not the layers in them; a container takes `count` values."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return not isinstance(m, Container)

    def create_args_for_root(
        self, root_fn: Callable[..., Any], is_module: bool, concrete_args: Any = None
    ) -> tuple[Any, list[Any]]:
        """The values one by one: what is scripted cannot take any number of them."""
        names = [f"x{place}" for place in range(self.count)]
        return root_fn, [self.root, *(self.create_proxy("placeholder", n, (), {}) for n in names)]
