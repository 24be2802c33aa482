"""How PyTorch draws the first values of a weight."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.graph.ops.base import Initial, Weight, scaling
from archspec.lowering.lower import Unsupported
from archspec.lowering.plan import Call, Target, call

TARGETS: Mapping[str, Target] = {
    "nn.init.zeros_": Target(),
    "nn.init.ones_": Target(),
    "nn.init.constant_": Target(("val",)),
    "nn.init.normal_": Target((), (("std", 1.0),)),
    "nn.init.trunc_normal_": Target((), (("std", 1.0), ("a", -2.0), ("b", 2.0))),
    "nn.init.uniform_": Target(("a", "b")),
    "nn.init.xavier_uniform_": Target(),
    "nn.init.xavier_normal_": Target(),
    "nn.init.kaiming_uniform_": Target((), (("mode", "fan_in"), ("nonlinearity", "leaky_relu"))),
    "nn.init.kaiming_normal_": Target((), (("mode", "fan_in"), ("nonlinearity", "leaky_relu"))),
    "variance_scaling_": Target(("multiplier", "scale", "mode", "distribution")),
}
NORMS = ("nn.BatchNorm1d", "nn.BatchNorm2d", "BatchNormUnscaled", "nn.LayerNorm", "nn.GroupNorm")
PRESET: Mapping[str, str] = {  # how the weights of a norm are drawn that nobody draws
    "weight": "nn.init.ones_",
    "bias": "nn.init.zeros_",
    "running_mean": "nn.init.zeros_",
    "running_var": "nn.init.ones_",
}
_FANLESS = {"zeros", "ones", "constant", "normal", "truncated_normal", "uniform"}


def initial(weight: Weight, *, turned: bool = False) -> Call:
    """The call of `torch.nn.init` for an initialiser.

    `turned`: PyTorch counts the fans of a depthwise kernel the other way round than Keras, whose count is ours; where
    it has a multiplier no count of PyTorch's is ours.
    """
    init = weight.init
    if turned and weight.shape[-1] > 1 and init.kind not in _FANLESS:
        scale, mode, distribution = scaling(init)
        return call(
            "variance_scaling_",
            multiplier=weight.shape[-1],
            scale=scale,
            mode=mode,
            distribution=distribution,
        )
    mode = str(init.option("mode", "fan_in"))
    if turned:
        mode = {"fan_in": "fan_out", "fan_out": "fan_in"}.get(mode, mode)
    match init.kind:
        case "zeros" | "ones":
            return Call(f"nn.init.{init.kind}_")
        case "constant":
            return call("nn.init.constant_", val=_float(init, "value", 0.0))
        case "normal":
            return call("nn.init.normal_", std=_float(init, "std", 0.05))
        case "truncated_normal":
            std = _float(init, "std", 0.05)
            return call("nn.init.trunc_normal_", std=std, a=-2 * std, b=2 * std)
        case "uniform":
            limit = _float(init, "limit", 0.05)
            return call("nn.init.uniform_", a=-limit, b=limit)
        case "glorot_uniform":
            return Call("nn.init.xavier_uniform_")
        case "glorot_normal":
            return Call("nn.init.xavier_normal_")
        case "he_uniform":
            return call("nn.init.kaiming_uniform_", mode=mode)
        case "he_normal":
            return call("nn.init.kaiming_normal_", mode=mode)
        case "lecun_normal":
            return call("nn.init.kaiming_normal_", mode=mode, nonlinearity="linear")
        case "lecun_uniform":
            return call("nn.init.kaiming_uniform_", mode=mode, nonlinearity="linear")
    raise Unsupported(f"PyTorch has no initialiser {init.kind}")


def _float(init: Initial, name: str, default: float) -> float:
    return float(init.option(name, default))  # type: ignore[arg-type]
