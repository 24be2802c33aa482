"""What stands in a file as text: the arguments of calls and the types of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.graph.expr import Expr, Lit, Value
from archspec.graph.spelling import Names, show
from archspec.graph.symbols import FrameworkName
from archspec.lowering.plan import Target
from archspec.printing.nodes import Arg, Args


def arguments(target: Target, args: Sequence[tuple[str, Expr]], names: Names) -> Args:
    """A call's arguments as they are written: what equals a default is left out."""
    defaults = dict(target.defaults)
    by_name = dict(args)
    kept = [(key, expr) for key, expr in args if not _is_default(key, expr, defaults, by_name)]
    shown: list[Arg] = []
    by_position = True
    for number, (key, expr) in enumerate(kept):
        positional = target.positional[number] if number < len(target.positional) else None
        by_position = by_position and key == positional
        shown.append(Arg(show(expr, names), "" if by_position else key))
    return tuple(shown)


def _is_default(
    key: str, expr: Expr, defaults: Mapping[str, object], by_name: Mapping[str, Expr]
) -> bool:
    if key not in defaults:
        return False
    if defaults[key] is None and key in ("stride", "strides"):
        return expr == by_name.get("kernel_size", by_name.get("pool_size"))
    if not isinstance(expr, Lit):
        return False
    return expr.value == defaults[key] and type(expr.value) is type(defaults[key])


def annotation(values: Sequence[Value], *, any_length: bool = False, layer: str = "type") -> str:
    """The type of a parameter that takes these values, lists also of another length; `layer` that of classes."""
    kinds = {
        layer if isinstance(v, FrameworkName) else _type(v, any_length)
        for v in values
        if v is not None
    }
    types = sorted(kinds, key=_rank)
    return " | ".join([*types, "None"] if None in values else types)


def _type(value: Value, any_length: bool) -> str:
    if isinstance(value, tuple):
        kinds = [_type(item, any_length) for item in value]
        longer = len(set(kinds)) == 1 and any_length
        return f"tuple[{kinds[0]}, ...]" if longer else f"tuple[{', '.join(kinds)}]"
    return type(value).__name__


def _rank(name: str) -> tuple[bool, str]:
    return name.startswith("tuple"), name
