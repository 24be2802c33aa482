"""Keras's HDF5 files, read and written with h5py alone: `.weights.h5`, `.keras` (a zip of one), and the older `.h5`.

A link, a virtual or an external dataset would read other files; a filter may make gigabytes of a kilobyte. Keras writes
none of these, and all are refused.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.weights.check import WeightsError
from archspec.weights.files.safetensors_file import converted
from archspec.weights.files.tensor_file import FileFormat, MissingPackage, TensorFile
from archspec.weights.lazy_tensor import Index, LazyTensor, to_array, widened

INNER = "model.weights.h5"
DEEPEST, MOST = 32, 200_000
OLD = "layer_names"  # the attribute that gives the order in files of older versions


@contextmanager
def _opened(path: Path, key: str) -> Iterator[TensorFile]:
    """The datasets of a file by their paths; raises WeightsError, MissingFramework."""
    if util.find_spec("h5py") is None:
        raise MissingPackage("a Keras file", "h5py", "h5py")
    import h5py

    with ExitStack() as stack:
        with _damaged(path):
            source = stack.enter_context(_inner(path)) if zipfile.is_zipfile(path) else path
            file = stack.enter_context(h5py.File(source, "r"))
            tensors = dict(_datasets(path, file, "", set()))
            names = _old_order(file)
            labels = {name: label for name in tensors if (label := _label(file, name))}
        if names:
            tensors = {name: tensors[name] for name in names if name in tensors} | tensors
        yield TensorFile(str(path), tensors, "definition" if names else "none", labels=labels)


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """Whatever h5py raises over a damaged file, as WeightsError."""
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:  # a damaged file may make h5py raise anything
        raise WeightsError([f"{error}".strip("'\"")], f"{path} is not a whole HDF5 file") from None


@contextmanager
def _inner(path: Path) -> Iterator[Any]:
    """The weights inside a `.keras` file, where they stand."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(INNER)
        if entry.compress_type != zipfile.ZIP_STORED:
            raise WeightsError(
                [f"{INNER} is compressed, which Keras does not do"], f"{path} is refused"
            )
        with archive.open(entry) as file:
            yield file


def _datasets(
    where: Path, group: Any, above: str, seen: set[Any]
) -> Iterator[tuple[str, LazyTensor]]:
    """(path, tensor) of every dataset; raises WeightsError for what Keras does not write."""
    import h5py

    for name in group:
        path = f"{above}{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            kind = "an external" if isinstance(link, h5py.ExternalLink) else "a soft"
            raise _refused(where, path, f"{kind} link to {getattr(link, 'path', 'nothing')}")
        item = group[name]
        address = h5py.h5o.get_info(item.id).addr
        if address in seen or len(seen) > MOST or path.count("/") > DEEPEST:
            raise _refused(where, path, "a second name of one object, or too many of them")
        seen.add(address)
        if isinstance(item, h5py.Group):
            yield from _datasets(where, item, f"{path}/", seen)
        elif isinstance(item, h5py.Dataset):
            yield path, _tensor(where, path, item)
        else:
            raise _refused(where, path, "neither a group nor a dataset")


def _refused(where: Path, path: str, why: str) -> WeightsError:
    return WeightsError([f"{path}: {why}"], f"{where} is refused")


def _tensor(where: Path, path: str, item: Any) -> LazyTensor:
    bfloat16 = item.dtype.kind == "V" and item.attrs.get("dtype") == "bfloat16"
    if item.is_virtual or item.external:
        raise _refused(where, path, "its values are in other files")
    if item.compression or item.shuffle or item.fletcher32 or item.scaleoffset:
        raise _refused(where, path, "it is compressed or filtered, which Keras does not do")
    if item.shape is None or (item.dtype.kind not in "fiub" and not bfloat16):
        raise _refused(where, path, f"{item.dtype} is no type of numbers")
    if item.id.get_storage_size() < item.nbytes:
        size = item.id.get_storage_size()
        raise _refused(where, path, f"it claims {item.nbytes:,} bytes and holds {size:,}")

    def fetch(index: Index) -> NDArray[Any]:
        with _damaged(where):
            array = np.asarray(item[index])
        return widened(array.view(np.uint16)) if bfloat16 else array

    if bfloat16:
        return LazyTensor(item.shape, np.dtype("float32"), fetch, "bfloat16")
    return LazyTensor(item.shape, item.dtype, fetch)


def _old_order(file: Any) -> list[str]:
    """The paths in the order that older files state."""
    group = file.get("model_weights", file)
    if OLD not in group.attrs:
        return []
    above = f"{group.name}/".lstrip("/")
    return [
        f"{above}{_text(layer)}/{_text(name)}"
        for layer in group.attrs[OLD]
        for name in group[_text(layer)].attrs["weight_names"]
    ]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _label(file: Any, name: str) -> str:
    """What Keras says that the layer of a dataset is called."""
    label = file[name].parent.attrs.get("name", "")
    return label if isinstance(label, str) else ""


def _rewrite(path: Path, template: Path, tensors: Mapping[str, Any]) -> None:
    """Write a copy of a file with other values of its datasets."""
    import h5py

    shutil.copyfile(template, path)
    with _hdf5_of(path, template) as inner, h5py.File(inner, "r+") as file:
        for name, value in tensors.items():
            dataset = file[name]
            opaque = dataset.dtype.kind == "V"  # how Keras keeps bfloat16
            array = converted(name, to_array(value), "bfloat16" if opaque else dataset.dtype.name)
            dataset[()] = array.view(dataset.dtype) if opaque else array


@contextmanager
def _hdf5_of(path: Path, template: Path) -> Iterator[Path]:
    """The HDF5 file itself; of a `.keras` archive its inner file, which is put back afterwards."""
    if not zipfile.is_zipfile(template):
        yield path
        return
    inner = path.with_name(f"{path.name}.h5")
    try:
        with zipfile.ZipFile(template) as archive:
            with archive.open(INNER) as source, inner.open("wb") as file:
                shutil.copyfileobj(source, file)
            yield inner
            with zipfile.ZipFile(path, "w") as copy:
                for entry in archive.infolist():
                    if entry.filename == INNER:
                        copy.write(inner, INNER)
                    else:
                        copy.writestr(entry, archive.read(entry))
    finally:
        inner.unlink(missing_ok=True)


FORMAT = FileFormat((".h5", ".hdf5", ".keras"), _opened, rewrite=_rewrite)
