"""Sizes that follow another value: `size: [skip.height, skip.width]` is that of `skip`, whatever the image's is."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Binary, Expr, Items, Lit, Sym
from archspec.graph.ops.base import Follows, Operation
from archspec.graph.quantity import IMAGE, union
from archspec.graph.symbols import SizeOf
from archspec.graph.tensor import SPATIAL
from archspec.language.elaborate.formulas.attributes import Attrs
from archspec.language.elaborate.rows.context import Site
from archspec.language.elaborate.rows.scopes import FlowValue, RowScope
from archspec.language.syntax.document import Cell
from archspec.language.syntax.terms import Formula, Listed


def followed(
    op: Operation,
    attrs: Attrs,
    values: Mapping[str, Cell],
    site: Site,
    inputs: tuple[FlowValue, ...],
) -> tuple[FlowValue, ...]:
    """The value whose height and width a row's attributes are, or differ from those of its own input by; else none."""
    scope = site.names.tensors
    if not isinstance(scope, RowScope) or len(inputs) != 1:
        return ()
    own = scope.nearest(inputs[0])
    for rule in op.follows:
        label = _label(rule, values, scope, own)
        value = scope.value(label) if label else _image(rule, attrs, scope)
        if value is None or value.parts:
            continue
        value = scope.nearest(value)
        if value.ref != own.ref:
            return (value,)
    return ()


def _image(rule: Follows, attrs: Attrs, scope: RowScope) -> FlowValue | None:
    """The network's input, where attributes are the same variables as its height and width."""
    image = tuple(scope.chain())[-1].input
    if rule.difference or image.type is None or len(rule.keys) != 1 or rule.keys[0] not in attrs:
        return None
    axes, size = dict(image.type.axes), attrs[rule.keys[0]]
    if not axes.keys() >= {*SPATIAL} or not isinstance(size.expr, Items):
        return None
    sizes = [axes[name] for name in SPATIAL]
    same = size.expr.items == tuple(one.expr for one in sizes)
    named = all(one.deps - {IMAGE} for one in sizes)
    same = same and size.value == tuple(one.value for one in sizes)
    return image if same and named and size.deps | {IMAGE} == union(*sizes) else None


def _label(
    rule: Follows, values: Mapping[str, Cell], scope: RowScope, own: FlowValue
) -> str | None:
    """The one label whose height and width the cells of a rule are."""
    cells = [values[key] for key in rule.keys if key in values]
    exprs = [expr for cell in cells for expr in _exprs(cell)]
    if len(exprs) != len(SPATIAL) or rule.without & values.keys():
        return None
    if rule.difference:
        exprs = [_other(expr, scope, own, rule.difference) for expr in exprs]
    labels = {
        expr.symbol.label if isinstance(expr, Sym) and isinstance(expr.symbol, SizeOf) else None
        for expr in exprs
    }
    axes = tuple(
        expr.symbol.axis
        for expr in exprs
        if isinstance(expr, Sym) and isinstance(expr.symbol, SizeOf)
    )
    return labels.pop() if len(labels) == 1 and axes == SPATIAL else None


def _exprs(cell: Cell) -> tuple[Expr, ...]:
    """The expressions of a cell: of each item of a list."""
    if isinstance(cell, Listed):
        return tuple(expr for item in cell.items for expr in _exprs(item))
    if not isinstance(cell, Formula):
        return ()
    return cell.expr.items if isinstance(cell.expr, Items) else (cell.expr,)


def _other(expr: Expr, scope: RowScope, own: FlowValue, sign: int) -> Expr:
    """The size that the row's own input is taken from on the same axis; with sign -1, that is taken from it."""
    if not isinstance(expr, Binary) or expr.op != "-":
        return Lit(0)
    left, right = (expr.left, expr.right)[::sign]
    if not isinstance(left, Sym) or not isinstance(right, Sym):
        return Lit(0)
    if not isinstance(left.symbol, SizeOf) or not isinstance(right.symbol, SizeOf):
        return Lit(0)
    value = scope.value(right.symbol.label)
    same = value is not None and scope.nearest(value).ref == own.ref
    same = same and left.symbol.axis == right.symbol.axis
    return left if same else Lit(0)
