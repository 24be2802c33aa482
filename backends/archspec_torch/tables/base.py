"""What the rows of several families share. Nothing in this folder imports torch.

Values are channels first: (N, C, H, W), or (N, C) once height and width are gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Lit
from archspec.graph.ops.base import Weight
from archspec.graph.quantity import Quantity
from archspec.lowering.plan import Layout, Slot, Step, Target, call
from archspec_torch.tables.initial import initial

TARGETS: Mapping[str, Target] = {
    "F.pad": Target(("pad",), (("value", 0.0),)),
    "Tensor.permute": Target(("dims",), ()),
}
AXES = {"channels": 1, "height": 2, "width": 3}


def slots(weights: tuple[Weight, ...], kernel: Layout, *, turned: bool = False) -> tuple[Slot, ...]:
    """Kernel and bias under PyTorch's names; `turned` as in `initial`."""
    layouts = {"kernel": ("weight", kernel), "bias": ("bias", Layout())}
    return tuple(
        Slot(w, *layouts[w.role], initial(w, turned=turned and w.role == "kernel")) for w in weights
    )


def real(quantity: Quantity) -> Quantity:
    """A number that is a float even where the spec writes a whole one: `torch.jit.script` takes no other there."""
    value = quantity.value
    whole = isinstance(value, int) and isinstance(quantity.expr, Lit)
    return Quantity.of(float(value)) if whole else quantity  # type: ignore[arg-type]


def permute(name: str, dims: tuple[int, ...]) -> Step:
    """A step that turns the axes of a value."""
    return Step(name, call("Tensor.permute", dims=Quantity.of(dims)), "method")
