"""safetensors: the header checked by its library, tensors read part by part and written one at a time.

The library's own writer wants all tensors in memory at once, and writes one that is not contiguous in the wrong order;
its NumPy reader knows no bfloat16.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from archspec.files import replacing
from archspec.weights.check import WeightsError
from archspec.weights.files.tensor_file import FileFormat, TensorFile
from archspec.weights.lazy_tensor import (
    Index,
    LazyTensor,
    narrowed,
    parts,
    shape_of,
    start_of,
    type_name,
    widened,
)

TYPES: Mapping[str, str] = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
}
CODES: Mapping[str, str] = {name: code for code, name in TYPES.items()} | {"bfloat16": "BF16"}
FLOATS = ("float64", "float32", "float16", "bfloat16")


def read(path: Path) -> tuple[dict[str, LazyTensor], dict[str, str]]:
    """The tensors of a file and its metadata; raises WeightsError where the header is damaged, OSError."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy"):
            pass
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            table = json.loads(file.read(size))
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise WeightsError([f"{error}"], f"{path} is not a whole safetensors file") from None
    metadata = table.pop("__metadata__", None) or {}
    entries = sorted(table.items(), key=lambda entry: entry[1]["data_offsets"])
    return {name: _tensor(path, entry, 8 + size) for name, entry in entries}, metadata


@contextmanager
def _opened(path: Path, key: str) -> Iterator[TensorFile]:
    tensors, metadata = read(path)
    yield TensorFile(str(path), tensors, metadata=metadata)


def _tensor(path: Path, entry: Mapping[str, Any], start: int) -> LazyTensor:
    shape, code = tuple(entry["shape"]), entry["dtype"]
    first = start + entry["data_offsets"][0]
    dtype = np.dtype("uint16" if code == "BF16" else TYPES.get(code, "uint8")).newbyteorder("<")

    def fetch(index: Index) -> NDArray[Any]:
        part = shape_of(shape, index)
        count, offset = math.prod(part), first + start_of(shape, index) * dtype.itemsize
        flat = np.fromfile(path, dtype, count, offset=offset)
        if flat.size < count:
            raise WeightsError([f"{path} ends early: it was cut while it was read"])
        return (widened(flat) if code == "BF16" else flat).reshape(part)

    if code == "BF16":
        return LazyTensor(shape, np.dtype("float32"), fetch, "bfloat16")
    return LazyTensor(shape, dtype, fetch, TYPES.get(code, code.lower()))


def write(
    path: Path,
    tensors: Mapping[str, Any],
    metadata: Mapping[str, str],
    dtype: str | None = None,
    versions: Mapping[str, int] | None = None,
) -> None:
    """Write tensors, whole or not at all, floats as `dtype` or as they are; `versions` have no place in such a file.

    Raises WeightsError, OSError.
    """
    dtypes = {name: dtype_of(value, dtype) for name, value in tensors.items()}
    unknown = [
        f"{name}: {dtypes[name]} has no place in a file"
        for name in tensors
        if dtypes[name] not in CODES
    ]
    if unknown:
        raise WeightsError(unknown)
    order = sorted(tensors, key=lambda name: -_width(dtypes[name]))
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(_header({name: (dtypes[name], tensors[name].shape) for name in order}, metadata))
        for name in order:
            _put(file, name, tensors[name], dtypes[name])


def dtype_of(value: Any, dtype: str | None) -> str:
    """The type that a tensor gets: floats `dtype`, others their own."""
    own = type_name(value)
    return dtype if dtype and own in FLOATS else own


def _width(dtype: str) -> int:
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _header(entries: Mapping[str, tuple[str, Any]], metadata: Mapping[str, str]) -> bytes:
    table: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, (dtype, shape) in entries.items():
        first, end = end, end + math.prod(shape) * _width(dtype)
        table[name] = {"dtype": CODES[dtype], "shape": list(shape), "data_offsets": [first, end]}
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _put(file: BinaryIO, name: str, value: Any, dtype: str) -> None:
    for index in parts(tuple(value.shape)):
        file.write(converted(name, value[index], dtype).tobytes())


def converted(name: str, values: Any, dtype: str) -> NDArray[Any]:
    """Values of another type, as they stand in a file; raises WeightsError where a number does not fit."""
    array = np.asarray(values)
    if dtype == "bfloat16":
        return narrowed(array).astype("<u2")
    with np.errstate(over="ignore"):
        stored = array.astype(np.dtype(dtype).newbyteorder("<"), copy=False)
    if dtype == "float16" and np.isfinite(array).all() and not np.isfinite(stored).all():
        raise WeightsError([f"{name}: {np.abs(array).max():.3g} does not fit float16"])
    return stored


FORMAT = FileFormat((".safetensors",), _opened, write)
