"""What can be compared without a value: shapes, names and counts of tensors, ways without a model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from archspec.graph.graph import Graph, origins
from archspec.graph.ops.base import times
from archspec.lowering.layouts import to_native
from archspec.lowering.plan import Plan
from archspec.parity.places import Places
from archspec.parity.reference import Reference
from archspec.parity.report import Finding
from archspec.parity.suspects import Suspicion
from archspec.parity.ways import Failure, HeldTensors, Tensors, owner

Shape = tuple[int, ...] | None


def predicted(graph: Graph, reference: Reference, places: Places) -> Iterator[Finding]:
    """Nodes whose predicted shape is not the reference's, though those of their inputs are; and nodes that are
    predicted to take another shape than the node before them is predicted to give."""
    flow = origins(graph.root)
    outputs = {path: node.output.shape for path, node in places.nodes.items()}
    outputs |= {port.name: port.type.shape for port in graph.inputs}
    for path, node in places.nodes.items():
        if path not in reference.values:
            return
        sources = tuple(reference.values[source].shape[1:] for source in flow.inputs[path])
        computed = reference.values[path].shape[1:]
        declared = tuple(x.shape for x in node.input_types)
        fed = sources == declared
        if not fed and sources == tuple(outputs[source] for source in flow.inputs[path]):
            shown = (", ".join(map(times, shapes)) for shapes in (declared, sources))
            message = "it is predicted to take {}, and takes {}".format(*shown)
            cause = Suspicion("prediction", "a size is lost on the way to it")
            yield places.finding("shapes", "prediction", path, message, math.inf, cause)
        if fed and computed != node.output.shape:
            message = f"{times(node.output.shape)} is predicted, {times(computed)} comes out"
            cause = Suspicion("prediction", "the shape rule is wrong")
            yield places.finding("shapes", "prediction", path, message, math.inf, cause)


def stopped(reference: Reference, places: Places) -> Iterator[Finding]:
    """Where the reference ends, if it does."""
    if reference.stopped is not None:
        path, message = reference.stopped
        yield places.finding("reference", "reference", path, f"it cannot be computed: {message}")


def failed(way: str, failure: Failure, places: Places) -> Finding:
    """A way without a model."""
    check, path = failure.check, failure.path
    if failure.layout is None:
        return places.finding(check, way, path, FAILED[check].format(failure.message))
    ours, theirs = failure.layout
    groups = places.nodes[path].attrs.get("groups") if path in places.nodes else None
    cause = misfit(ours, theirs, int(groups.whole) if groups is not None else 1)
    check = "counts" if math.prod(ours or (0,)) != math.prod(theirs or (0,)) else "layout"
    return places.finding(check, way, path, failure.message, None, cause)


FAILED = {
    "lower": "it cannot be lowered: {}",
    "replay": "its source is not the plan: {}",
    "print": "its source cannot be written: {}",
    "build": "it cannot be built: {}",
    "source": "its source does not run: {}",
}


def misfit(ours: Shape, theirs: Shape, groups: int) -> Suspicion | None:
    """A cause for a tensor whose shape is not the one that a layer takes."""
    if ours is None or theirs is None:
        return Suspicion("bias", "a tensor is there on one side alone")
    if sorted(ours) == sorted(theirs):
        return Suspicion("transposition", "the same axes in another order")
    if math.prod(theirs) in (math.prod(ours) * groups, math.prod(ours) // groups):
        return Suspicion("groups", f"the {groups} groups are lost")
    return None


def counted(
    way: str, inventory: HeldTensors, plan: Plan, weights: Mapping[str, np.ndarray], places: Places
) -> Iterator[Finding]:
    """Tensors of a model that the plan does not have, or has in another shape, and the other way round."""
    expected: Tensors = {
        native: (to_native(weights[name], slot.layout).shape, slot.weight.trainable)
        for name, native, slot in plan.slots()
    }
    for native in [*expected, *(name for name in inventory.tensors if name not in expected)]:
        wanted, own = expected.get(native), inventory.tensors.get(native)
        if wanted != own:
            message = f"{native}: {_tensor(wanted)} is predicted, the model has {_tensor(own)}"
            cause = misfit(wanted[0] if wanted else None, own[0] if own else None, 1)
            yield places.finding("counts", way, owner(plan, native), message, None, cause)
    for name in inventory.changed:
        message = f"{name} does not hold what was put into it"
        yield places.finding("weights", way, name.rpartition(".")[0], message)


def _tensor(tensor: tuple[tuple[int, ...], bool] | None) -> str:
    if tensor is None:
        return "nothing"
    shape, trained = tensor
    return f"{times(shape) or 'a number'}{'' if trained else ' (not trained)'}"
