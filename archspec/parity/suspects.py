"""Known causes: what a node would give if one of the things in which frameworks differ had gone wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from archspec.graph.ops import operations
from archspec.graph.ops.arrays import Array, Case, pair, sides, window
from archspec.graph.ops.base import Operation
from archspec.parity.reference import difference
from archspec.parity.special import SPECIAL, Attempt
from archspec.records import dataclass

Compute = Callable[[Case], Array]
ValuesOfShape = Callable[[tuple[int, ...]], Iterable[tuple[str, Array]]]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A cause that explains an output: its key, and a sentence."""

    key: str
    cause: str


def suspect(
    op: Operation, case: Case, output: Array, others: ValuesOfShape, limit: float
) -> Suspicion | None:
    """The first known cause whose output is the one found, to a tenth of the limit; None if there is none.

    `others` gives the network's values of a shape, to try in place of an input.
    """
    for key, cause, attempt in attempts(op, case, output, others):
        try:
            with np.errstate(all="ignore"):
                tried = np.asarray(attempt())
        except Exception:  # it does not fit this node; what computes may be a plug-in's
            continue
        if alike(tried, output, limit / 10):
            return Suspicion(key, cause)
    return None


def alike(tried: Array, output: Array, limit: float) -> bool:
    """Whether two outputs are equal, where they are numbers, and are numbers at the same places, some at least."""
    if tried.shape != output.shape:
        return False
    finite = np.isfinite(tried)
    if not finite.any() or not np.array_equal(finite, np.isfinite(output)):
        return False
    return difference(output[finite], tried[finite]) <= limit


def attempts(op: Operation, case: Case, output: Array, others: ValuesOfShape) -> Iterator[Attempt]:
    """Every known cause that may concern an operation, the likely ones first."""
    if op.role == "activation" or op.name == "identity":
        yield from _activations(op.name, case)
    if op.name in SPECIAL:
        yield from SPECIAL[op.name](case)
    if not op.computes:
        return
    for key, cause, changed in itertools.chain(
        _attributes(case, output), _weights(case), _inputs(case, others)
    ):
        yield key, cause, lambda changed=changed: op.compute(changed)  # type: ignore[misc]
    yield "skipped", "it gives back its input", lambda: case.x


def _activations(name: str, case: Case) -> Iterator[Attempt]:
    for other, function in {**_alternatives(), **SLOPED}.items():
        if other != name:
            yield (
                "activation",
                f"it computes {other}, not {name}",
                lambda f=function: f(case),  # type: ignore[misc]
            )


@cache
def _alternatives() -> Mapping[str, Compute]:
    """Activations without attributes, which may stand in another's place."""
    plain = (op for op in operations().values() if op.role == "activation" and not op.attributes)
    return {op.name: op.compute for op in (*plain, operations()["identity"])}


# what an activation with a number of its own becomes where a framework's number is taken
SLOPED: Mapping[str, Compute] = {
    "leaky relu of slope 0.01": lambda case: np.where(case.x > 0, case.x, 0.01 * case.x),
    "leaky relu of slope 0.2": lambda case: np.where(case.x > 0, case.x, 0.2 * case.x),
    "leaky relu of slope 0.3": lambda case: np.where(case.x > 0, case.x, 0.3 * case.x),
    "hard sigmoid of slope 0.2": lambda case: np.clip(0.2 * case.x + 0.5, 0.0, 1.0),
    "elu": lambda case: np.where(case.x > 0, case.x, np.expm1(case.x)),
}


Change = tuple[str, str, Case]


def _with(case: Case, **attrs: Any) -> Case:
    return replace(case, attrs={**case.attrs, **attrs})


def _attributes(case: Case, output: Array) -> Iterator[Change]:
    attrs = case.attrs
    if "padding" in attrs:
        yield from _paddings(case, output)
    if "stride" in attrs:
        own, kernel = pair(attrs["stride"]), pair(attrs["kernel"])
        for stride in dict.fromkeys([(1, 1), (2, 2), kernel, own[::-1]]):
            if stride != own:
                yield "stride", f"its stride is {_written(stride)}", _with(case, stride=stride)
    if "dilation" in attrs and pair(attrs["dilation"]) != (1, 1):
        yield "dilation", "its dilation is lost", _with(case, dilation=1)
    if "count_pad" in attrs:
        counted = not attrs["count_pad"]
        cause = "it counts padded cells" if counted else "it leaves padded cells out"
        yield "count_pad", cause, _with(case, count_pad=counted)
    for epsilon in EPSILONS if "epsilon" in attrs else ():
        yield "epsilon", f"its epsilon is {epsilon:g}", _with(case, epsilon=epsilon)


EPSILONS = (1e-5, 1e-3, 1e-6, 1e-7, 1e-8, 1e-4, 1e-2, 1.001e-5, 0.0)


def _written(numbers: tuple[int, int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[1] else f"{numbers[0]} x {numbers[1]}"


def _paddings(case: Case, output: Array) -> Iterator[Change]:
    """Other rules, then the same cells at other sides, then whatever gives an output of this shape."""
    (top, bottom), (left, right) = own = sides(case)
    for rule in ("same", "symmetric", "valid"):
        if sides(_with(case, padding=rule)) != own:
            yield "padding", f"it pads as `{rule}` does", _with(case, padding=rule)
    turned = {
        "before and after are exchanged": ((bottom, top), (right, left)),
        "height and width are exchanged": ((left, right), (top, bottom)),
    }
    for cause, cells in turned.items():
        if cells != own:
            yield "padding", f"{cause} in its padding", _with(case, padding=cells)
    for cells in _shifts(case, output):
        if cells != own:
            (top, bottom), (left, right) = cells
            cause = f"it pads height by {top} and {bottom} cells, width by {left} and {right}"
            yield "padding", cause, _with(case, padding=cells)


def _shifts(case: Case, output: Array) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Every padding of less than a kernel before, and what must then stand after."""
    kernels, strides, dilations = window(case)
    reach = [d * (k - 1) + 1 for k, d in zip(kernels, dilations, strict=True)]
    for before in itertools.product(range(reach[0]), range(reach[1])):
        after = [
            (output.shape[a + 1] - 1) * strides[a] + reach[a] - case.x.shape[a + 1] - before[a]
            for a in (0, 1)
        ]
        if min(after) > -max(strides):
            yield (before[0], max(0, after[0])), (before[1], max(0, after[1]))


def _weights(case: Case) -> Iterator[Change]:
    weights = case.weights

    def changed(**other: Array) -> Case:
        return replace(case, weights={**weights, **other})

    if "bias" in weights:
        yield "bias", "its bias is lost", changed(bias=np.zeros_like(weights["bias"]))
    if "kernel" in weights:
        for key, cause, kernel in _kernels(weights["kernel"], case.attrs):
            yield key, cause, changed(kernel=kernel)
    if "variance" in weights:
        mean, variance = weights["mean"], weights["variance"]
        cause = "mean and variance are exchanged"
        yield "statistics", cause, changed(mean=variance, variance=mean)
        yield (
            "statistics",
            "it normalises by the batch, as in training",
            replace(case, training=True),
        )
        beta = weights["beta"]
        if "gamma" in weights:
            gamma = weights["gamma"]
            yield "scale", "gamma and beta are exchanged", changed(gamma=beta, beta=gamma)
            yield "scale", "gamma is lost", changed(gamma=np.ones_like(gamma))
        yield "scale", "beta is lost", changed(beta=np.zeros_like(beta))


def _kernels(kernel: Array, attrs: Mapping[str, Any]) -> Iterator[tuple[str, str, Array]]:
    """The same numbers in other places."""
    if kernel.ndim == 2:
        if kernel.shape[0] == kernel.shape[1]:
            yield "transposition", "inputs and outputs of its kernel are exchanged", kernel.T
        yield "transposition", "its kernel is reshaped, not transposed", _reshaped(kernel, (1, 0))
        return
    height, width, inputs, outputs = kernel.shape
    if "multiplier" in attrs and outputs > 1:
        slower = kernel.swapaxes(2, 3).reshape(kernel.shape)
        yield "multiplier", "the multiplier runs slower than the channels", slower
        faster = kernel.reshape(height, width, outputs, inputs).swapaxes(2, 3)
        yield "multiplier", "the channels run slower than the multiplier", faster
    if height == width:
        cause = "height and width of its kernel are exchanged"
        yield "transposition", cause, kernel.swapaxes(0, 1)
    if inputs == outputs:
        cause = "inputs and outputs of its kernel are exchanged"
        yield "transposition", cause, kernel.swapaxes(2, 3)
        yield "transposition", "its kernel is read backwards", kernel.T
    yield "transposition", "its kernel is reshaped, not transposed", _reshaped(kernel, (3, 2, 0, 1))
    yield "transposition", "its kernel is turned by 180 degrees", kernel[::-1, ::-1]


def _reshaped(kernel: Array, order: tuple[int, ...]) -> Array:
    """A kernel whose memory was taken for that of another layout."""
    reshaped = np.ascontiguousarray(kernel).reshape([kernel.shape[axis] for axis in order])
    return reshaped.transpose(np.argsort(order))


def _inputs(case: Case, others: ValuesOfShape) -> Iterator[Change]:
    values = case.inputs
    if len(values) > 1:
        orders = [values[::-1]]
        if len(values) <= 4:
            orders += [p for p in itertools.permutations(values) if p is not values]
        for order in orders:
            yield "order", "its inputs stand in another order", replace(case, inputs=order)
        for k in range(len(values)):
            rest = values[:k] + values[k + 1 :]
            yield "wiring", f"its input {k + 1} is missing", replace(case, inputs=rest)
    for k, value in enumerate(values):
        for path, other in others(value.shape):
            cause = f"its input {k + 1} is {path or 'the input of the network'}"
            changed = (*values[:k], other, *values[k + 1 :])
            yield "wiring", cause, replace(case, inputs=changed)
