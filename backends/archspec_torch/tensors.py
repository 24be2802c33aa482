"""Values and weights of PyTorch models: NumPy in, NumPy out, canonical names and layouts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from archspec.files import run_file
from archspec.lowering.layouts import native_shape, to_canonical
from archspec.lowering.plan import Plan, Slot
from archspec.weights.check import WeightsError, check
from archspec.weights.stored import parts, whole

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
_COUNTER = "num_batches_tracked"


def batch(inputs: Any) -> Tensor:
    """A batch in the spec's layout as PyTorch's: channels first."""
    array = np.asarray(inputs)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def canonical(tensor: Tensor) -> Any:
    """A batch in PyTorch's layout as the spec's: channels last."""
    return np.moveaxis(tensor.detach().cpu().numpy(), 1, -1)


def fill(model: nn.Module, plan: Plan, weights: Mapping[str, Any], dtype: torch.dtype) -> None:
    """Give a model made without values its weights and counters, one tensor at a time."""
    check(plan, weights)
    state = {}
    for name, path, slot in plan.slots():
        state[path] = torch.empty(native_shape(slot), dtype=dtype)
        place(state[path], slot, weights[name])
    for name in model.state_dict():
        if name.endswith(_COUNTER):
            state[name] = torch.zeros((), dtype=torch.long)
    model.load_state_dict(state, strict=True, assign=True)
    for parameter in model.parameters():
        parameter.requires_grad_(True)


def load(model: nn.Module, plan: Plan, weights: Mapping[str, Any]) -> None:
    """Copy canonical weights into a model, part by part; what does not fit is found before anything is written."""
    check(plan, weights)
    state = model.state_dict()
    _same_model(state, {path: native_shape(slot) for _, path, slot in plan.slots()})
    for name, path, slot in plan.slots():
        place(state[path], slot, weights[name])


def place(tensor: Tensor, slot: Slot, value: Any) -> None:
    """Copy a canonical tensor into a native one; no more than a part of it is in memory twice."""
    if not tensor.is_contiguous():
        straight = torch.empty(tensor.shape, dtype=tensor.dtype)
        place(straight, slot, value)
        tensor.copy_(straight)
        return
    target = to_canonical(tensor, slot)
    for index in parts(slot.weight.shape):
        target[index].copy_(torch.from_numpy(whole(value, index)))


def load_native(model: nn.Module, arrays: Mapping[str, Any]) -> None:
    """Copy arrays into a model by its own names; the counters of batch norms stay as they are."""
    state = model.state_dict()
    _same_model(state, {name: tuple(array.shape) for name, array in arrays.items()})
    for name, array in arrays.items():
        state[name].copy_(torch.from_numpy(whole(array)))


def _same_model(state: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Whether a model has these tensors; raises WeightsError."""
    own = {name: tuple(t.shape) for name, t in state.items() if not name.endswith(_COUNTER)}
    lines = [f"{name}: the network has no such tensor" for name in own if name not in expected]
    for name, shape in expected.items():
        if own.get(name) != shape:
            lines.append(f"{name}: {own.get(name, 'missing')} in the model, {shape} expected")
    if lines:
        raise WeightsError(lines, "the model is not the one that the weights are for")


def dump(model: nn.Module, plan: Plan) -> dict[str, Any]:
    """Canonical name to array."""
    state = model.state_dict()
    return {
        name: np.array(to_canonical(plain(state[path]), slot), order="C")
        for name, path, slot in plan.slots()
    }


def plain(tensor: Tensor) -> Any:
    """A tensor as NumPy's; bfloat16, which NumPy lacks, as float32."""
    found = tensor.detach().cpu()
    return (found.float() if found.dtype == torch.bfloat16 else found).numpy()


def run(model: nn.Module, inputs: Any, *, training: bool = False) -> Any:
    """A forward pass; afterwards the model is in inference mode."""
    if training:
        model.train()
    with torch.no_grad():
        output = model(batch(inputs))
    if training:
        model.eval()
    return canonical(output)


def trace(model: nn.Module, plan: Plan, inputs: Any) -> dict[str, Any]:
    """The output of every node whose last step is a layer, by the node's path."""
    layers = dict(model.named_modules())
    found: dict[str, Any] = {}
    hooks = []
    for unit in plan.units():
        steps = [step for step in unit.steps if step.present]
        if not steps or steps[-1].style != "layer":
            continue
        layer = layers[unit.native_of(steps[-1])]
        hooks.append(layer.register_forward_hook(_recorder(found, unit.node.path)))
    try:
        run(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _recorder(found: dict[str, Any], path: str) -> Any:
    def record(layer: nn.Module, given: Any, output: Tensor) -> None:
        found[path] = canonical(output.clone())

    return record


def import_source(path: Path, name: str, dtype: str) -> nn.Module:
    """Import a generated file and make its model. The file runs: only where a person asked for it."""
    loaded = run_file(path)
    model: nn.Module = vars(loaded)[name]()
    return model.to(DTYPES[dtype]).eval()
