"""How a window slides: the arithmetic of padding and stride, shared by convolutions and pools."""

from __future__ import annotations

from typing import Any

from archspec.graph.expr import Apply, Items, Lit, Unary
from archspec.graph.ops.base import Attrs, ShapeError
from archspec.graph.ops.misfits import needs_image
from archspec.graph.quantity import Quantity, union
from archspec.graph.tensor import SPATIAL, TensorType
from archspec.source.mistakes import kernel_too_large


def halves(attr: Quantity) -> tuple[Quantity, Quantity]:
    """A pair's height and width."""
    if not isinstance(attr.value, tuple):
        return attr, attr
    exprs = attr.expr.items if isinstance(attr.expr, Items) else (attr.expr, attr.expr)
    if len(exprs) != 2 or not isinstance(attr.expr, Items):
        exprs = (Lit(attr.value[0]), Lit(attr.value[1]))
    return (
        Quantity(attr.value[0], exprs[0], attr.deps),
        Quantity(attr.value[1], exprs[1], attr.deps),
    )


def stretched(kernel: Quantity, dilation: Quantity) -> Quantity:
    """The extent of a dilated kernel."""
    return kernel if dilation.expr == Lit(1) else dilation * (kernel - 1) + 1


def symmetric(attrs: Attrs, axis: int) -> Quantity:
    """Cells on each side of an axis: kernel // 2, for dilated kernels d * (k - 1) // 2, which is the same for an odd
    kernel that is not dilated."""
    kernel = halves(attrs["kernel"])[axis]
    dilation = halves(attrs["dilation"])[axis] if "dilation" in attrs else Quantity.of(1)
    alike = dilation.value == 1 and (kernel.whole % 2 == 0 or isinstance(dilation.expr, Lit))
    return kernel // 2 if alike else dilation * (kernel - 1) // 2


def ceil_div(size: Quantity, step: Quantity) -> Quantity:
    """size / step, rounded up, as `-(-size // step)`."""
    if step.expr == Lit(1):
        return size
    value = -(-size.whole // step.whole)
    inner = Quantity(-size.whole, Unary("-", size.expr), size.deps) // step
    return Quantity(value, Unary("-", inner.expr), inner.deps)


def cells(attrs: Attrs, axis: int, size: int) -> tuple[int, int]:
    """The padding, before and after, that the rule in `attrs` gives on an axis of `size` cells.

    `same` is TensorFlow's: max(0, (ceil(L / s) - 1) * s + k - L) in all, the extra cell at the end. `symmetric` is
    k // 2 on each side, for dilated kernels d * (k - 1) // 2, as PyTorch code writes it.
    """
    rule = attrs["padding"].value
    if rule == "valid":
        return 0, 0
    if isinstance(rule, tuple):
        sides: Any = rule[axis]
        return int(sides[0]), int(sides[1])
    kernel, stride = halves(attrs["kernel"])[axis].whole, halves(attrs["stride"])[axis].whole
    dilation = halves(attrs["dilation"])[axis].whole if "dilation" in attrs else 1
    if rule == "symmetric":
        side = symmetric(attrs, axis).whole
        return side, side
    extent = dilation * (kernel - 1) + 1
    total = max(0, (-(-size // stride) - 1) * stride + extent - size)
    return total // 2, total - total // 2


def slide(attrs: Attrs, x: TensorType) -> TensorType:
    """The type after a window has slid over height and width; the channels are the caller's.

    Raises ShapeError where the window is larger than its padded input.
    """
    needs_image(x)
    for axis, name in enumerate(SPATIAL):
        x = x.with_axis(name, _slid(attrs, axis, name, x.axis(name)))
    return x


def _slid(attrs: Attrs, axis: int, name: str, size: Quantity) -> Quantity:
    kernel, stride = halves(attrs["kernel"])[axis], halves(attrs["stride"])[axis]
    dilation = halves(attrs["dilation"])[axis] if "dilation" in attrs else Quantity.of(1)
    rule = attrs["padding"].value
    if rule == "same":
        return ceil_div(size, stride)
    before, after = cells(attrs, axis, size.whole)
    extent = stretched(kernel, dilation)
    if extent.whole > size.whole + before + after:
        total = size.whole + before + after
        message = f"the kernel spans {extent.whole} cells of {name}, its input has {total}"
        if before + after:
            padded = f"{total} ({size.whole} + {before + after} cells of padding)"
            message = (
                f"the kernel spans {extent.whole} cells of {name}, its padded input has {padded}"
            )
        hint = "take a smaller kernel, pad the input, or drop a stride above"
        expected = f"at most {total} cells"
        raise ShapeError(message, expected, extent.whole, "kernel", hint, kernel_too_large)
    around = Quantity.of(before + after)
    if rule == "symmetric":
        constant = isinstance(kernel.expr, Lit) and isinstance(dilation.expr, Lit)
        around = around if constant else symmetric(attrs, axis) * 2
    room = size if around.expr == Lit(0) else size + around
    return (room - extent) // stride + 1


def trimmed(attrs: Attrs, axis: int) -> tuple[int, int]:
    """Cells that a transposed convolution cuts off before and after; negative ones it adds after.

    `same` is TensorFlow's: max(0, kernel - stride) in all, the extra cell at the end.
    """
    if attrs["padding"].value != "same":
        return cells(attrs, axis, 0)
    over = halves(attrs["kernel"])[axis].whole - halves(attrs["stride"])[axis].whole
    return (over // 2, over - over // 2) if over > 0 else (0, over)


def spread_out(attrs: Attrs, x: TensorType) -> TensorType:
    """The type after a transposed convolution; the channels are the caller's.

    Raises ShapeError where nothing is left of it.
    """
    needs_image(x)
    for axis, name in enumerate(SPATIAL):
        kernel, stride = halves(attrs["kernel"])[axis], halves(attrs["stride"])[axis]
        size = x.axis(name)
        if attrs["padding"].value == "same":
            x = x.with_axis(name, size * stride)
            continue
        full, cut = (size - 1) * stride + kernel, sum(trimmed(attrs, axis))
        if cut >= full.whole:
            message = f"a padding of {cut} cuts off all {full.whole} cells of {name}"
            raise ShapeError(message, f"at most {full.whole - 1} cells", cut, "padding")
        x = x.with_axis(name, full - cut if cut else full)
    return x


def whole(value: Quantity) -> Quantity:
    """A quantity whose value must print as an int: 32.0 is whole, and `/` makes floats."""
    if isinstance(value.value, float):
        return Quantity(int(value.value), Apply("int", (value.expr,)), union(value))
    return value
