"""How Keras draws the first values of a weight."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.expr import Apply, Lit, Value
from archspec.graph.ops.base import Initial
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import FrameworkName
from archspec.lowering.lower import Unsupported
from archspec.lowering.plan import Target

TARGETS: Mapping[str, Target] = {
    "initializers.Constant": Target(("value",)),
    "initializers.RandomNormal": Target(("mean", "stddev")),
    "initializers.RandomUniform": Target(("minval", "maxval")),
    "initializers.TruncatedNormal": Target(("mean", "stddev")),
    "initializers.VarianceScaling": Target(("scale", "mode", "distribution")),
}


def initial(init: Initial) -> Quantity:
    """An initialiser as an argument: a word that Keras knows, or a call that is printed as it stands."""
    std = float(init.option("std", 0.05))  # type: ignore[arg-type]
    limit = float(init.option("limit", 0.05))  # type: ignore[arg-type]
    mode = str(init.option("mode", "fan_in"))
    match init.kind:
        case "zeros" | "ones" | "glorot_uniform" | "he_uniform" | "lecun_uniform" if (
            mode == "fan_in"
        ):
            return Quantity.of(init.kind)
        case "constant":
            return _drawn("Constant", value=float(init.option("value", 0.0)))  # type: ignore[arg-type]
        case "normal":
            return _drawn("RandomNormal", mean=0.0, stddev=std)
        case "truncated_normal":
            return _drawn("TruncatedNormal", mean=0.0, stddev=std)
        case "uniform":
            return _drawn("RandomUniform", minval=-limit, maxval=limit)
        case "glorot_normal":
            return _scaled(1.0, "fan_avg", "untruncated_normal")
        case "he_uniform":
            return _scaled(2.0, mode, "uniform")
        case "he_normal":
            return _scaled(2.0, mode, "untruncated_normal")
        case "lecun_normal":
            return _scaled(1.0, "fan_in", "untruncated_normal")
    raise Unsupported(f"Keras has no initialiser {init.kind}")


def _scaled(scale: float, mode: str, distribution: str) -> Quantity:
    return _drawn("VarianceScaling", scale=scale, mode=mode, distribution=distribution)


def _drawn(name: str, **options: Value) -> Quantity:
    target = FrameworkName(f"initializers.{name}")
    expr = Apply(target, tuple(Lit(value) for value in options.values()))
    return Quantity((target, *options.items()), expr)
