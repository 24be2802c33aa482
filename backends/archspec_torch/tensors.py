"""Values and weights of PyTorch models: NumPy in, NumPy out, canonical names and layouts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from archspec.files import run_file
from archspec.lowering.backend import Gradients, alone, several
from archspec.lowering.layouts import native_shape, to_canonical
from archspec.lowering.plan import Plan, Slot
from archspec.weights.check import check, check_layouts
from archspec.weights.lazy_tensor import parts, to_array

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
_COUNTER = "num_batches_tracked"


def batches(inputs: Any) -> list[Tensor]:
    """What a model takes."""
    return [batch(array) for array in several(inputs)]


def batch(inputs: Any) -> Tensor:
    """A batch in the spec's layout as PyTorch's: channels first, in memory of its own."""
    return torch.from_numpy(np.array(np.moveaxis(np.asarray(inputs), -1, 1), order="C"))


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
    check_layouts(_shapes(state), _shapes(model.state_dict()))
    for name in model.state_dict():
        if name.endswith(_COUNTER):
            state[name] = torch.zeros((), dtype=torch.long)
    model.load_state_dict(state, strict=True, assign=True)
    for parameter in model.parameters():
        parameter.requires_grad_(True)


def _shapes(state: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """By name, but for the counters of batch norms."""
    return {n: tuple(t.shape) for n, t in state.items() if not n.endswith(_COUNTER)}


def load(model: nn.Module, plan: Plan, weights: Mapping[str, Any]) -> None:
    """Copy canonical weights into a model, part by part; what does not fit is found before anything is written."""
    check(plan, weights)
    state = model.state_dict()
    check_layouts({path: native_shape(slot) for _, path, slot in plan.slots()}, _shapes(state))
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
        target[index].copy_(torch.from_numpy(to_array(value, index)))


def load_native(model: nn.Module, arrays: Mapping[str, Any]) -> None:
    """Copy arrays into a model by its own names; the counters of batch norms stay as they are."""
    state = model.state_dict()
    check_layouts(_shapes(arrays), _shapes(state))
    for name, array in arrays.items():
        state[name].copy_(torch.from_numpy(to_array(array)))


def dump(model: nn.Module, plan: Plan) -> dict[str, Any]:
    """Canonical name to array."""
    state = model.state_dict()
    return {
        name: np.array(to_canonical(plain(state[path]), slot), order="C")
        for name, path, slot in plan.slots()
    }


def plain(tensor: Tensor) -> Any:
    """A tensor as NumPy's; bfloat16, which NumPy lacks, as float32."""
    array = tensor.detach().cpu()
    return (array.float() if array.dtype == torch.bfloat16 else array).numpy()


def run(model: nn.Module, inputs: Any, *, training: bool = False) -> Any:
    """A forward pass; afterwards the model is in inference mode."""
    if training:
        model.train()
    with torch.no_grad():
        output = model(*batches(inputs))
    if training:
        model.eval()
    return alone([canonical(tensor) for tensor in several(output)])


def inventory(model: nn.Module) -> dict[str, tuple[tuple[int, ...], bool]]:
    """(shape, whether it is trained) of everything in the state dict but counters."""
    trained = dict(model.named_parameters())
    return {name: (shape, name in trained) for name, shape in _shapes(model.state_dict()).items()}


def gradients(model: nn.Module, plan: Plan, inputs: Any, cotangent: Any) -> Gradients:
    """A pass forward and back in training mode; afterwards the model is in inference mode."""
    batch_inputs = [x.requires_grad_() for x in batches(inputs)]
    slots = [(name, path, slot) for name, path, slot in plan.slots() if slot.weight.trainable]
    own = dict(model.named_parameters())
    model.train()
    outputs = several(model(*batch_inputs))
    sources = [*batch_inputs, *(own[path] for _, path, _ in slots)]
    gradients = torch.autograd.grad(outputs, sources, batches(cotangent))
    model.eval()
    count = len(batch_inputs)
    weights = {
        name: np.array(to_canonical(gradient.numpy(), slot))
        for (name, _, slot), gradient in zip(slots, gradients[count:], strict=True)
    }
    input_gradients = alone([canonical(x) for x in gradients[:count]])
    return Gradients(alone([canonical(y) for y in outputs]), weights, input_gradients)


def import_source(path: Path, name: str, dtype: str) -> nn.Module:
    """Import a generated file and make its model. The file runs: only where a person asked for it."""
    loaded = run_file(path)
    model: nn.Module = vars(loaded)[name]()
    return model.to(DTYPES[dtype]).eval()
