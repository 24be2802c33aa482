"""ONNX files: initialisers, and the layers that use them, in order of use. Only the protobuf is read.

Tensors kept outside the file are read from files below its folder, nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.records import dataclass
from archspec.weights.check import WeightsError
from archspec.weights.files.safetensors_file import converted
from archspec.weights.files.tensor_file import Layer, Leaf, MissingPackage, Shelf
from archspec.weights.stored import Index, Stored, said, shape_of, start_of, whole, widened

NORM = ("weight", "bias", "running_mean", "running_var")


def read(path: Path) -> Shelf:
    """The initialisers of a file and its layers; raises WeightsError, MissingFramework."""
    model = parsed(path)
    tensors = {t.name: stored(path, t) for t in model.graph.initializer}
    tensors |= {name: stored(path, proto, name) for name, proto in _constants(model)}
    if len(tensors) < len(model.graph.initializer):
        raise WeightsError(["two initialisers have one name"], f"{path} is refused")
    layers = tuple(_layers(model.graph, tensors))
    used = {leaf.name for layer in layers for leaf in layer.leaves}
    kept = {name: value for name, value in tensors.items() if name in used or _counts(value)}
    return Shelf(str(path), kept, "use", layers=layers)


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


def _counts(value: Any) -> bool:
    """Whether a tensor that no layer uses would be a weight: shapes, axes and limits are not."""
    return len(value.shape) > 0 and np.dtype(value.dtype).kind == "f"


def stored(path: Path, proto: Any, name: str = "") -> Stored:
    """A tensor of a file, wherever its values are; raises WeightsError."""
    from onnx import TensorProto, helper

    shape, name = tuple(proto.dims), name or proto.name
    bfloat16 = proto.data_type == TensorProto.BFLOAT16
    try:
        kind = np.dtype("uint16" if bfloat16 else helper.tensor_dtype_to_np_dtype(proto.data_type))
    except (KeyError, TypeError, ValueError):
        raise WeightsError(
            [f"{name}: its type {proto.data_type} is unknown"], f"{path} is refused"
        ) from None
    wanted = math.prod(shape) * kind.itemsize
    if any(size < 0 for size in shape):
        raise WeightsError([f"{name}: {shape} is no shape"], f"{path} is refused")
    outside = proto.data_location == TensorProto.EXTERNAL
    flat = (
        _outside(path, proto, name, kind, wanted)
        if outside
        else _inside(path, proto, name, kind, wanted)
    )

    def fetch(index: Index) -> NDArray[Any]:
        part = shape_of(shape, index)
        first = start_of(shape, index)
        found = np.array(flat[first : first + math.prod(part)]).reshape(part)
        return widened(found) if bfloat16 else found

    if bfloat16:
        return Stored(shape, np.dtype("float32"), fetch, "bfloat16")
    return Stored(shape, kind, fetch)


def _inside(path: Path, proto: Any, name: str, kind: np.dtype[Any], wanted: int) -> NDArray[Any]:
    if proto.raw_data:
        held = len(proto.raw_data)
        if held != wanted:
            raise WeightsError(
                [f"{name}: {held:,} bytes, {wanted:,} expected"], f"{path} is refused"
            )
        return np.frombuffer(proto.raw_data, kind.newbyteorder("<"))
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
    return np.asarray(numpy_helper.to_array(proto)).view(kind).ravel()


def _outside(path: Path, proto: Any, name: str, kind: np.dtype[Any], wanted: int) -> NDArray[Any]:
    """The values of a tensor in another file, which must be below the folder of this one."""
    told = {entry.key: entry.value for entry in proto.external_data}
    folder = path.resolve().parent
    file = (folder / told.get("location", "")).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise WeightsError(
            [
                f"{name}: its values are in {told.get('location')}, which is no file below its folder"
            ],
            f"{path} is refused",
        )
    offset, held = told.get("offset", "0"), told.get("length", str(wanted))
    whole = (
        offset.isdecimal() and held == str(wanted) and int(offset) + wanted <= file.stat().st_size
    )
    if not whole:
        raise WeightsError(
            [f"{name}: {wanted:,} bytes are not there in {file.name}"], f"{path} is refused"
        )
    if not wanted:
        return np.empty(0, kind)
    return np.memmap(file, kind.newbyteorder("<"), "r", int(offset), (wanted // kind.itemsize,))


@dataclass(frozen=True, slots=True)
class _Weight:
    """An initialiser, perhaps transposed on its way."""

    name: str
    shape: tuple[int, ...]
    turned: bool = False


def _layers(graph: Any, tensors: Mapping[str, Stored]) -> Iterator[Layer]:
    """The layers with weights, in the order of the nodes; names are those of PyTorch's layers."""
    known = {name: _Weight(name, value.shape) for name, value in tensors.items()}
    biases = {name: node for node in graph.node if node.op_type == "Add" for name in node.input}
    for node in graph.node:
        if not node.output:
            continue
        given = [known.get(name) for name in node.input]
        if node.op_type in ("Identity", "Transpose") and given and given[0]:
            moved = _moved(node, given[0])
            if moved:
                known[node.output[0]] = moved
            continue
        roles = _roles(node, given)
        if node.op_type == "MatMul" and roles:
            add = biases.get(node.output[0])
            bias = next((known[n] for n in add.input if n in known), None) if add else None
            roles |= {"bias": bias} if bias and len(bias.shape) == 1 else {}
        leaves = tuple(
            Leaf(role, w.name, w.shape[::-1] if w.turned else w.shape, w.turned)
            for role, w in roles.items()
        )
        if leaves:
            yield Layer(node.name or node.output[0], leaves, _label(leaves))


def _moved(node: Any, weight: _Weight) -> _Weight | None:
    """A weight behind an Identity, or a Transpose of two axes."""
    if node.op_type == "Identity":
        return weight
    if len(weight.shape) != 2 or [list(a.ints) for a in node.attribute] not in ([], [[1, 0]]):
        return None
    return replace(weight, turned=not weight.turned)


def _roles(node: Any, given: list[_Weight | None]) -> dict[str, _Weight]:
    """The weights of a node by PyTorch's names; matrices as (out, in)."""
    numbers = {a.name: a.i for a in node.attribute} | {a.name: a.f for a in node.attribute if a.f}
    after = given[1:]
    if node.op_type == "BatchNormalization" and len(after) == 4:
        return {role: w for role, w in zip(NORM, after, strict=True) if w}
    if node.op_type == "Conv" and after and after[0]:
        return {role: w for role, w in zip(("weight", "bias"), after, strict=False) if w}
    if node.op_type == "MatMul" and after and after[0] and len(after[0].shape) == 2:
        return {"weight": replace(after[0], turned=not after[0].turned)}
    if node.op_type != "Gemm" or not after or not after[0]:
        return {}
    if any(numbers.get(scale, 1.0) != 1.0 for scale in ("alpha", "beta")) or numbers.get("transA"):
        return {}
    turned = after[0].turned if numbers.get("transB") else not after[0].turned
    found = {"weight": replace(after[0], turned=turned)}
    return found | ({"bias": after[1]} if len(after) > 1 and after[1] else {})


def _label(leaves: tuple[Leaf, ...]) -> str:
    return leaves[0].name.rpartition(".")[0]


def rewritten(path: Path, tensors: Mapping[str, Any]) -> bytes:
    """A file's bytes with other values of its tensors, all of them inside it."""
    model = parsed(path)
    protos = {t.name: t for t in model.graph.initializer} | dict(_constants(model))
    for name, proto in protos.items():
        value = tensors[name] if name in tensors else stored(path, proto, name)
        array = converted(name, whole(value), said(value))
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
    return bytes(model.SerializeToString())
