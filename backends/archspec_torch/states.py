"""State dicts: of models, and of `.pt` and `.pth` files, which are read without executing anything."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from archspec.files import replacing
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import TensorFile
from archspec.weights.lazy_tensor import Index, LazyTensor, to_array
from archspec_torch.tensors import DTYPES, plain

USUAL_KEYS = (
    "state_dict",
    "state_dict_ema",
    "model",
    "model_state_dict",
    "module",
    "net",
    "weights",
)
NAMES = {kind: name for name, kind in DTYPES.items()}


def of_file(path: Path, key: str = "") -> TensorFile:
    """The tensors of a `.pt` or `.pth` file, in order of definition; raises WeightsError."""
    return _tensors(str(path), _chosen(str(path), _load(path), key))


def of_model(source: Any, key: str = "") -> TensorFile:
    """The tensors of a model or a state dict, in order of definition; raises WeightsError."""
    if isinstance(source, nn.Module):
        return _tensors(type(source).__name__, source.state_dict())
    return _tensors("the state dict", _chosen("the state dict", source, key))


def _tensors(source: str, state: Mapping[str, Any]) -> TensorFile:
    lines = [line for name, value in state.items() if (line := _problem(name, value))]
    if lines:
        raise WeightsError(lines, f"{source} is not a state dict")
    tensors = {name: _lazy(value) for name, value in state.items()}
    return TensorFile(source, tensors, "definition", versions=_versions(state))


def _versions(state: Mapping[str, Any]) -> dict[str, int]:
    """The versions of modules' formats beside a state dict, by their paths; what is none is left out.

    torchvision's MNASNet refuses a state dict without its own.
    """
    metadata = getattr(state, "_metadata", None)
    if not isinstance(metadata, Mapping):
        return {}
    versions = {
        path: facts.get("version") for path, facts in metadata.items() if isinstance(facts, Mapping)
    }
    return {
        path: version
        for path, version in versions.items()
        if isinstance(path, str) and type(version) is int
    }


def _problem(name: Any, value: Any) -> str:
    """What is wrong with an entry of a state dict, or nothing."""
    if not isinstance(name, str) or not isinstance(value, Tensor):
        return f"{name}: {type(value).__name__}, a tensor expected"
    if value.layout != torch.strided or value.is_quantized or value.is_meta:
        return f"{name}: a sparse, quantised or empty tensor"
    if value.numel() * value.element_size() > max(value.untyped_storage().nbytes(), 1):
        return f"{name}: {tuple(value.shape)} is more than it holds"
    return ""


def _lazy(value: Tensor) -> LazyTensor:
    tensor = value.detach()

    def fetch(index: Index) -> Any:
        return plain(tensor[index])

    own = plain(tensor.new_empty(0)).dtype
    return LazyTensor(
        tuple(tensor.shape), own, fetch, "bfloat16" if tensor.dtype == torch.bfloat16 else ""
    )


def _chosen(source: str, content: Any, key: str) -> Mapping[str, Any]:
    """The state dict in a file's content: itself, the one under a usual name, or the one that `key` names."""
    if isinstance(content, nn.Module) or not isinstance(content, Mapping):
        raise WeightsError(
            [f"{type(content).__name__}, a state dict expected"], f"{source} holds another thing"
        )
    inner = {name: content[name] for name in content if isinstance(content[name], Mapping)}
    if key:
        if key not in inner:
            raise WeightsError(
                [f"{key}: not there; it has {', '.join(map(str, inner)) or 'none'}"], source
            )
        return inner[key]
    usual = [name for name in USUAL_KEYS if name in inner]
    if any(isinstance(value, Tensor) for value in content.values()) or not usual:
        return content
    if len(usual) > 1:
        raise WeightsError(
            [f"choose with --key: {', '.join(usual)}"], f"{source} holds several state dicts"
        )
    return inner[usual[0]]


def _load(path: Path) -> Any:
    """What a file holds, by PyTorch's restricted unpickler; raises WeightsError."""
    zipped = zipfile.is_zipfile(path)
    if zipped:
        _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except Exception as error:  # a damaged pickle may raise anything
        raise WeightsError([_reason(str(error))], f"{path} is refused") from None


def _check_archive(path: Path) -> None:
    """Raises WeightsError for an archive that would unpack to more than it is: PyTorch stores, it does not compress."""
    try:
        with zipfile.ZipFile(path) as archive:
            packed = [
                e.filename for e in archive.infolist() if e.compress_type != zipfile.ZIP_STORED
            ]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise WeightsError([f"{error}"], f"{path} is refused") from None
    if packed:
        raise WeightsError(
            [f"{packed[0]} is compressed, which PyTorch does not do"], f"{path} is refused"
        )


def _reason(message: str) -> str:
    """One line of what PyTorch says; what a pickle wants to call is named."""
    named = re.search(r"GLOBAL ([\w.]+)", message) or re.search(
        r"Unsupported (?:class|global) ([\w.]+)", message
    )
    if named:
        return f"it wants {named[1]}, and archspec takes tensors alone; nothing of it was executed"
    lines = [line for line in message.splitlines() if line.strip()]
    return (lines[0] if lines else "it is damaged")[:300]


def write(
    path: Path, tensors: Mapping[str, Any], dtype: str | None, versions: Mapping[str, int]
) -> None:
    """Write a state dict into a `.pt` file, floats as `dtype` or as they are; raises WeightsError, OSError."""
    state: OrderedDict[str, Tensor] = OrderedDict()
    for name, value in tensors.items():
        tensor = torch.from_numpy(to_array(value))
        own = (
            DTYPES["bfloat16"] if getattr(value, "stored_type", "") == "bfloat16" else tensor.dtype
        )
        state[name] = tensor.to(DTYPES[dtype] if dtype and own in NAMES else own)
        if bool(torch.isfinite(tensor).all()) and not bool(torch.isfinite(state[name]).all()):
            raise WeightsError([f"{name}: {tensor.abs().max():.3g} does not fit {dtype}"])
    if versions:
        facts = OrderedDict((module, {"version": version}) for module, version in versions.items())
        vars(state)["_metadata"] = facts  # where `nn.Module.state_dict` puts them
    with replacing(path) as temporary:
        torch.save(state, temporary)
