"""ONNX files: initialisers, and the layers that use them, in order of use. Only the protobuf is read.

Tensors kept outside the file are read from files below its folder, nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.records import dataclass
from archspec.weights.check import WeightsError
from archspec.weights.files.safetensors_file import converted
from archspec.weights.files.tensor_file import (
    FileFormat,
    Layer,
    MissingPackage,
    TensorEntry,
    TensorFile,
)
from archspec.weights.lazy_tensor import (
    Index,
    LazyTensor,
    shape_of,
    start_of,
    to_array,
    type_name,
    widened,
)

LAYOUT = "onnx"
NORM = ("weight", "bias", "running_mean", "running_var")


@contextmanager
def _opened(path: Path, key: str) -> Iterator[TensorFile]:
    """The initialisers of a file and its layers; raises WeightsError, MissingFramework."""
    model = parsed(path)
    tensors = {t.name: tensor(path, t) for t in model.graph.initializer}
    tensors |= {name: tensor(path, proto, name) for name, proto in _constants(model)}
    if len(tensors) < len(model.graph.initializer):
        raise WeightsError(["two initialisers have one name"], f"{path} is refused")
    layers = tuple(_layers(model.graph, tensors))
    used = {entry.name for layer in layers for entry in layer.entries}
    kept = {name: value for name, value in tensors.items() if name in used or _is_weight(value)}
    yield TensorFile(str(path), kept, "use", layers=layers)


def _constants(model: Any) -> Iterator[tuple[str, Any]]:
    """(name, tensor) of every node that is a tensor itself."""
    for node in model.graph.node:
        if node.op_type == "Constant" and node.output:
            yield from ((node.output[0], a.t) for a in node.attribute if a.name == "value")


def parsed(path: Path) -> Any:
    """The protobuf of a file, tensors outside it not read; raises WeightsError, MissingFramework."""
    if util.find_spec("onnx") is None:
        raise MissingPackage("an ONNX file", "onnx", '"archspec-nn[onnx]"')
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model(path, load_external_data=False)
    except (DecodeError, ValueError, UnicodeDecodeError) as error:
        raise WeightsError([f"{error}"], f"{path} is not a whole ONNX file") from None
    if not model.graph.node or not model.opset_import:
        raise WeightsError(["it has no nodes, or no version"], f"{path} is not a whole ONNX file")
    return model


def _is_weight(value: Any) -> bool:
    """Whether a tensor that no layer uses would be a weight: shapes, axes and limits are not."""
    return len(value.shape) > 0 and np.dtype(value.dtype).kind == "f"


def tensor(path: Path, proto: Any, name: str = "") -> LazyTensor:
    """A tensor of a file, wherever its values are; raises WeightsError."""
    from onnx import TensorProto, helper

    shape, name = tuple(proto.dims), name or proto.name
    bfloat16 = proto.data_type == TensorProto.BFLOAT16
    try:
        dtype = np.dtype("uint16" if bfloat16 else helper.tensor_dtype_to_np_dtype(proto.data_type))
    except (KeyError, TypeError, ValueError):
        raise WeightsError(
            [f"{name}: its type {proto.data_type} is unknown"], f"{path} is refused"
        ) from None
    size = math.prod(shape) * dtype.itemsize
    if any(axis < 0 for axis in shape):
        raise WeightsError([f"{name}: {shape} is no shape"], f"{path} is refused")
    values = _outside if proto.data_location == TensorProto.EXTERNAL else _inside
    flat = values(path, proto, name, dtype, size)

    def fetch(index: Index) -> NDArray[Any]:
        part = shape_of(shape, index)
        first = start_of(shape, index)
        array = np.array(flat[first : first + math.prod(part)]).reshape(part)
        return widened(array) if bfloat16 else array

    if bfloat16:
        return LazyTensor(shape, np.dtype("float32"), fetch, "bfloat16")
    return LazyTensor(shape, dtype, fetch)


def _inside(path: Path, proto: Any, name: str, dtype: np.dtype[Any], size: int) -> NDArray[Any]:
    if proto.raw_data:
        length = len(proto.raw_data)
        if length != size:
            raise WeightsError(
                [f"{name}: {length:,} bytes, {size:,} expected"], f"{path} is refused"
            )
        return np.frombuffer(proto.raw_data, dtype.newbyteorder("<"))
    from onnx import numpy_helper

    fields = (
        proto.float_data,
        proto.int32_data,
        proto.int64_data,
        proto.double_data,
        proto.uint64_data,
    )
    if max(map(len, fields)) != math.prod(proto.dims):
        raise WeightsError(
            [f"{name}: other values than its shape has room for"], f"{path} is refused"
        )
    return np.asarray(numpy_helper.to_array(proto)).view(dtype).ravel()


def _outside(path: Path, proto: Any, name: str, dtype: np.dtype[Any], size: int) -> NDArray[Any]:
    """The values of a tensor in another file, which must be below the folder of this one."""
    stated = {entry.key: entry.value for entry in proto.external_data}
    folder = path.resolve().parent
    file = (folder / stated.get("location", "")).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise WeightsError(
            [
                f"{name}: its values are in {stated.get('location')}, which is no file below its folder"
            ],
            f"{path} is refused",
        )
    offset, length = stated.get("offset", "0"), stated.get("length", str(size))
    complete = (
        offset.isdecimal() and length == str(size) and int(offset) + size <= file.stat().st_size
    )
    if not complete:
        raise WeightsError(
            [f"{name}: {size:,} bytes are not there in {file.name}"], f"{path} is refused"
        )
    if not size:
        return np.empty(0, dtype)
    return np.memmap(file, dtype.newbyteorder("<"), "r", int(offset), (size // dtype.itemsize,))


@dataclass(frozen=True, slots=True)
class _Weight:
    """An initialiser, perhaps transposed on its way."""

    name: str
    shape: tuple[int, ...]
    transposed: bool = False


def _layers(graph: Any, tensors: Mapping[str, LazyTensor]) -> Iterator[Layer]:
    """The layers with weights, in the order of the nodes; names are those of PyTorch's layers."""
    weights = {name: _Weight(name, value.shape) for name, value in tensors.items()}
    biases = {name: node for node in graph.node if node.op_type == "Add" for name in node.input}
    for node in graph.node:
        if not node.output:
            continue
        inputs = [weights.get(name) for name in node.input]
        if node.op_type in ("Identity", "Transpose") and inputs and inputs[0]:
            weight = _passed_on(node, inputs[0])
            if weight:
                weights[node.output[0]] = weight
            continue
        roles = _roles(node, inputs)
        if node.op_type == "MatMul" and roles:
            add = biases.get(node.output[0])
            bias = next((weights[n] for n in add.input if n in weights), None) if add else None
            roles |= {"bias": bias} if bias and len(bias.shape) == 1 else {}
        entries = tuple(
            TensorEntry(role, w.name, w.shape[::-1] if w.transposed else w.shape, w.transposed)
            for role, w in roles.items()
        )
        if entries:
            yield Layer(node.name or node.output[0], entries, _label(entries))


def _passed_on(node: Any, weight: _Weight) -> _Weight | None:
    """A weight behind an Identity, or a Transpose of two axes."""
    if node.op_type == "Identity":
        return weight
    if len(weight.shape) != 2 or [list(a.ints) for a in node.attribute] not in ([], [[1, 0]]):
        return None
    return replace(weight, transposed=not weight.transposed)


def _roles(node: Any, inputs: list[_Weight | None]) -> dict[str, _Weight]:
    """The weights of a node by PyTorch's names; matrices as (out, in)."""
    numbers = {a.name: a.i for a in node.attribute} | {a.name: a.f for a in node.attribute if a.f}
    after = inputs[1:]
    if node.op_type == "BatchNormalization" and len(after) == 4:
        return {role: w for role, w in zip(NORM, after, strict=True) if w}
    if node.op_type == "Conv" and after and after[0]:
        return {role: w for role, w in zip(("weight", "bias"), after, strict=False) if w}
    if node.op_type == "MatMul" and after and after[0] and len(after[0].shape) == 2:
        return {"weight": replace(after[0], transposed=not after[0].transposed)}
    if node.op_type != "Gemm" or not after or not after[0]:
        return {}
    if any(numbers.get(scale, 1.0) != 1.0 for scale in ("alpha", "beta")) or numbers.get("transA"):
        return {}
    transposed = after[0].transposed if numbers.get("transB") else not after[0].transposed
    weight = {"weight": replace(after[0], transposed=transposed)}
    return weight | ({"bias": after[1]} if len(after) > 1 and after[1] else {})


def _label(entries: tuple[TensorEntry, ...]) -> str:
    return entries[0].name.rpartition(".")[0]


def _rewrite(path: Path, template: Path, tensors: Mapping[str, Any]) -> None:
    """Write a copy of a file with other values of its tensors, all of them inside it."""
    model = parsed(template)
    protos = {t.name: t for t in model.graph.initializer} | dict(_constants(model))
    for name, proto in protos.items():
        value = tensors[name] if name in tensors else tensor(template, proto, name)
        array = converted(name, to_array(value), type_name(value))
        for field in (
            "float_data",
            "int32_data",
            "int64_data",
            "double_data",
            "uint64_data",
            "external_data",
        ):
            proto.ClearField(field)
        proto.ClearField("data_location")
        proto.raw_data = array.tobytes()
    path.write_bytes(model.SerializeToString())


FORMAT = FileFormat((".onnx",), _opened, rewrite=_rewrite)
