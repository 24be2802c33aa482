"""What can be compared without a value: shapes, names and counts of tensors, ways that do not stand."""

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
from archspec.parity.ways import Failure, Opened, Tensors, owner

Shape = tuple[int, ...] | None


def predicted(graph: Graph, found: Reference, places: Places) -> Iterator[Finding]:
    """Nodes whose predicted shape is not the reference's, though those of their inputs are; and nodes that are
    predicted to take another shape than the node before them is predicted to give."""
    flow = origins(graph.root)
    given = {path: node.output.shape for path, node in places.nodes.items()}
    given |= {port.name: port.type.shape for port in graph.inputs}
    for path, node in places.nodes.items():
        if path not in found.values:
            return
        sources = tuple(found.values[source].shape[1:] for source in flow.inputs[path])
        known = found.values[path].shape[1:]
        taken = tuple(x.shape for x in node.input_types)
        fed = sources == taken
        if not fed and sources == tuple(given[source] for source in flow.inputs[path]):
            shown = (", ".join(map(times, shapes)) for shapes in (taken, sources))
            said = "it is predicted to take {}, and takes {}".format(*shown)
            cause = Suspicion("prediction", "a size is lost on the way to it")
            yield places.finding("shapes", "prediction", path, said, math.inf, cause)
        if fed and known != node.output.shape:
            said = f"{times(node.output.shape)} is predicted, {times(known)} comes out"
            cause = Suspicion("prediction", "the shape rule is wrong")
            yield places.finding("shapes", "prediction", path, said, math.inf, cause)


def stopped(found: Reference, places: Places) -> Iterator[Finding]:
    """Where the reference ends, if it does."""
    if found.stopped is not None:
        path, said = found.stopped
        yield places.finding("reference", "reference", path, f"it cannot be computed: {said}")


def failed(way: str, failure: Failure, places: Places) -> Finding:
    """A way without a model."""
    check, path = failure.check, failure.path
    if failure.layout is None:
        return places.finding(check, way, path, FAILED[check].format(failure.said))
    given, taken = failure.layout
    groups = places.nodes[path].attrs.get("groups") if path in places.nodes else None
    cause = misfit(given, taken, int(groups.whole) if groups is not None else 1)
    check = "counts" if math.prod(given or (0,)) != math.prod(taken or (0,)) else "layout"
    return places.finding(check, way, path, failure.said, None, cause)


FAILED = {
    "lower": "it cannot be lowered: {}",
    "replay": "its source is not the plan: {}",
    "print": "its source cannot be written: {}",
    "build": "it cannot be built: {}",
    "source": "its source does not run: {}",
}


def misfit(given: Shape, taken: Shape, groups: int) -> Suspicion | None:
    """Why a tensor of one shape came where a layer takes another."""
    if given is None or taken is None:
        return Suspicion("bias", "a tensor is there on one side alone")
    if sorted(given) == sorted(taken):
        return Suspicion("transposition", "the same axes in another order")
    if math.prod(taken) in (math.prod(given) * groups, math.prod(given) // groups):
        return Suspicion("groups", f"the {groups} groups are lost")
    return None


def counted(
    way: str, opened: Opened, plan: Plan, weights: Mapping[str, np.ndarray], places: Places
) -> Iterator[Finding]:
    """Tensors of a model that the plan does not have, or has in another shape, and the other way round."""
    expected: Tensors = {
        native: (to_native(weights[name], slot.layout).shape, slot.weight.trainable)
        for name, native, slot in plan.slots()
    }
    for native in [*expected, *(name for name in opened.tensors if name not in expected)]:
        wanted, held = expected.get(native), opened.tensors.get(native)
        if wanted != held:
            said = f"{native}: {_tensor(wanted)} is predicted, the model has {_tensor(held)}"
            cause = misfit(wanted[0] if wanted else None, held[0] if held else None, 1)
            yield places.finding("counts", way, owner(plan, native), said, None, cause)
    for name in opened.changed:
        said = f"{name} does not hold what was put into it"
        yield places.finding("weights", way, name.rpartition(".")[0], said)


def _tensor(found: tuple[tuple[int, ...], bool] | None) -> str:
    if found is None:
        return "nothing"
    shape, trained = found
    return f"{times(shape) or 'a number'}{'' if trained else ' (not trained)'}"
