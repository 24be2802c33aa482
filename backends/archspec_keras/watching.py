"""A forward pass, node by node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from archspec.graph.graph import Origins, origins
from archspec.lowering.backend import Observer, several
from archspec.lowering.plan import Plan, Step, Unit
from archspec_keras import engines
from archspec_keras.values import plain


def watch(model: keras.Model, plan: Plan, inputs: Any, observe: Observer) -> None:
    """Tell the output of every node whose last step is a layer."""
    ends = _ends(model, plan, origins(plan.scope))
    paths = [unit.node.path for unit in plan.units() if unit.node.path in ends and unit.steps]
    inner = keras.Model(model.inputs, [ends[path] for path in paths])
    with engines.running().inference():
        outputs = inner([np.asarray(array) for array in several(inputs)], training=False)
    listed = outputs if isinstance(outputs, list | tuple) else [outputs]  # one output is no list
    for path, value in zip(paths, listed, strict=True):
        observe(path, plain(value))


def alone(
    model: keras.Model, plan: Plan, inputs: Any, observe: Observer, values: Mapping[str, Any]
) -> None:
    """Tell the output of each node for these `values` of the nodes before it, by the model's own wiring.

    A node that reads other values than the plan says is skipped.
    """
    flow = origins(plan.scope)
    ends = _ends(model, plan, flow)
    names = [port.name for port in plan.scope.takes]
    arrays = {**values, **dict(zip(names, several(inputs), strict=True))}
    for unit in plan.units():
        path = unit.node.path
        if path not in ends or not any(step.present for step in unit.steps):
            continue
        sources = {id(ends[source]): source for source in _sources(path, flow, ends)}
        read = [np.asarray(arrays[source]) for source in sources.values()]
        try:
            part = keras.Model([ends[source] for source in sources.values()], ends[path])
        except ValueError:
            continue
        with engines.running().inference():
            observe(path, plain(part(read, training=False)))


def _ends(model: keras.Model, plan: Plan, flow: Origins) -> dict[str, Any]:
    """The symbolic output of each node, where there is one, and the model's inputs by their names."""
    layers = {layer.name: layer for layer in model.layers}
    names = [port.name for port in plan.scope.takes]
    ends: dict[str, Any] = dict(zip(names, model.inputs, strict=True))
    calls: Counter[str] = Counter()
    pieces = dict(_pieces(plan))
    for unit in plan.units():
        steps = [step for step in unit.steps if step.present]
        path = unit.node.path
        if not steps and flow.inputs[path][0] in ends:
            ends[path] = ends[flow.inputs[path][0]]
        elif steps and steps[-1].style == "layer" and unit.native_of(steps[-1]) in layers:
            native = unit.native_of(steps[-1])
            output = _output(layers[native], calls[native])
            calls[native] += 1
            if output is not None:
                ends[path] = output
        elif path in pieces and flow.inputs[path][0] in ends:
            cut = _cut(model, ends[flow.inputs[path][0]], steps[-1])
            if cut is not None:
                ends[path] = cut[pieces[path]]
    return ends


def _pieces(plan: Plan) -> Iterator[tuple[str, int]]:
    """The paths of the pieces that values are cut into, with their numbers."""
    for number, child in enumerate(plan.children):
        if isinstance(child, Plan):
            yield from _pieces(child)
        elif isinstance(child, Unit) and plan.scope.kind == "split":
            yield child.node.path, number


def _cut(model: keras.Model, source: Any, step: Step) -> list[Any] | None:
    """The pieces that one call cuts a value into along the axis of a step."""
    axis = dict(step.call.args)["axis"].value
    for layer in model.operations:
        node = layer._inbound_nodes[0] if layer._inbound_nodes else None
        if node is None or type(layer).__name__ != "Split" or layer.axis != axis:
            continue
        if node.input_tensors[0] is source:
            return list(node.output_tensors)
    return None


def _output(layer: Any, call: int) -> Any:
    """What a layer gives where it is called for the `call`-th time, from 0, by the model; None if it is not."""
    nodes = layer._inbound_nodes
    return nodes[call].output_tensors[0] if call < len(nodes) else None


def _sources(path: str, flow: Origins, ends: Mapping[str, Any]) -> Iterator[str]:
    """The nearest nodes before a path that have an output of their own."""
    for source in flow.inputs[path]:
        if source in ends:
            yield source
        else:
            yield from _sources(source, flow, ends)
