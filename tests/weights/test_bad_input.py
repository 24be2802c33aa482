"""Files that are damaged, hostile or another network's: refused in words, nothing executed, nothing changed."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec.api import Network
from archspec.cli.main import main
from archspec.lowering.backend import ready
from archspec.lowering.layouts import native
from archspec.weights.check import WeightsError
from archspec.weights.checkpoints import opened
from archspec.weights.files import canonical_file, safetensors_file

SPEC = """
archspec: 1
name: small
input: [8, 8, 3]
rows:
  - {type: conv, name: stem, kernel: 3, filters: 4, norm: batch_norm, bias: false}
  - {type: depthwise, name: middle, kernel: 3, padding: same}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: classifier, units: 5}
"""
FLIPS = 1_000
MARKER = "executed"


@pytest.fixture(scope="module")
def small() -> Network:
    return archspec.load(SPEC)


@pytest.fixture
def canonical(small: Network, tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    canonical_file.write(path, small.graph, small.random_weights(1))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(*arguments: object, says: str = "") -> str:
    """A command that leaves with 1 and no traceback; what it says."""
    found = run(*arguments)
    assert found.exit_code == 1, found.output
    assert found.exception is None or isinstance(found.exception, SystemExit)
    assert says in found.output, found.output
    assert "Traceback" not in found.output
    return found.output


# safetensors ------------------------------------------------------------------------------------


def header_of(path: Path) -> tuple[int, bytes]:
    data = path.read_bytes()
    return 8 + struct.unpack("<Q", data[:8])[0], data


@pytest.fixture(scope="module")
def models(small: Network) -> dict[str, Any]:
    return {name: small.build(name) for name in ("torch", "keras")}


def unchanged(small: Network, models: dict[str, Any], path: Path) -> None:
    """A file does not load, and the models that it was to be loaded into have the bits that they had."""
    for name, model in models.items():
        chosen = ready(name)
        plan = chosen.lower(small.graph)
        before = chosen.dump(model, plan)
        with pytest.raises(WeightsError):
            chosen.load(model, plan, canonical_file.stored(path))
        after = chosen.dump(model, plan)
        assert all(before[n].tobytes() == after[n].tobytes() for n in before)


def test_every_truncation_of_the_header(small: Network, canonical: Path) -> None:
    end, data = header_of(canonical)
    for cut in range(end + 1):
        canonical.write_bytes(data[:cut])
        with pytest.raises(WeightsError, match="whole safetensors file"):
            canonical_file.fitting(canonical, small.graph)


def test_truncations_of_the_values(small: Network, canonical: Path) -> None:
    end, data = header_of(canonical)
    for cut in range(end, len(data), 7):
        canonical.write_bytes(data[:cut])
        with pytest.raises(WeightsError, match="whole safetensors file"):
            canonical_file.fitting(canonical, small.graph)


def test_a_thousand_flipped_bits_of_the_header(small: Network, canonical: Path) -> None:
    end, data = header_of(canonical)
    places = random.Random(0).sample(range(8 * end), FLIPS)
    for place in places:
        broken = bytearray(data)
        broken[place // 8] ^= 1 << place % 8
        canonical.write_bytes(broken)
        with pytest.raises(WeightsError):
            canonical_file.fitting(canonical, small.graph)


def test_damage_changes_no_model(small: Network, models: dict[str, Any], canonical: Path) -> None:
    end, data = header_of(canonical)
    chance = random.Random(1)
    for _ in range(25):
        broken = bytearray(data)
        broken[chance.randrange(end)] ^= 1 << chance.randrange(8)
        canonical.write_bytes(broken)
        unchanged(small, models, canonical)
    canonical.write_bytes(data[: end - 3])
    unchanged(small, models, canonical)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2**64 - 1))
def test_any_bytes_at_all(
    small: Network, tmp_path_factory: pytest.TempPathFactory, tail: bytes, size: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    for data in (tail, struct.pack("<Q", size) + tail, struct.pack("<Q", len(tail)) + tail):
        path.write_bytes(data)
        with pytest.raises(WeightsError):
            canonical_file.fitting(path, small.graph)


def headed(path: Path, table: Any, values: bytes = b"") -> Path:
    text = json.dumps(table).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + values)
    return path


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 2**62]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]},
        {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]},
        {"shape": [2], "data_offsets": [0, 8]},
        [],
    ],
)
def test_absurd_headers(tmp_path: Path, entry: Any) -> None:
    path = headed(tmp_path / "w.safetensors", {"a": entry}, b"\0" * 8)
    refused("weights", "inspect", path, says="not a whole safetensors file")


TENSORS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "missing": (
        lambda w: w.pop("stem.norm.beta"),
        "stem.norm.beta: missing, (4,) expected by row stem.norm (<text>:6)",
    ),
    "extra": (lambda w: w.update(more=np.zeros(3, np.float32)), "more: unknown, no row has it"),
    "shape": (
        lambda w: w.update({"classifier.bias": np.zeros(6, np.float32)}),
        "classifier.bias: (6,), (5,) expected by row classifier (<text>:9)",
    ),
    "integers": (
        lambda w: w.update({"classifier.bias": np.zeros(5, np.int32)}),
        "classifier.bias: int32, a float type expected by row classifier (<text>:9)",
    ),
    "complex": (
        lambda w: w.update({"classifier.bias": np.zeros(5, np.complex64)}),
        "classifier.bias: complex64, a float type expected by row classifier (<text>:9)",
    ),
    "nan": (
        lambda w: w["classifier.kernel"].__setitem__((2, 3), np.nan),
        "classifier.kernel: NaN or infinite in 1 of 20 places, first at [2, 3], in row classifier (<text>:9)",
    ),
    "infinity": (
        lambda w: w["stem.norm.gamma"].__setitem__(slice(1, 3), -np.inf),
        "stem.norm.gamma: NaN or infinite in 2 of 4 places, first at [1], in row stem.norm (<text>:6)",
    ),
}


@pytest.mark.parametrize("fault", TENSORS)
def test_tensors_that_do_not_fit(
    small: Network, models: dict[str, Any], tmp_path: Path, fault: str
) -> None:
    change, message = TENSORS[fault]
    weights = small.random_weights(2)
    change(weights)
    path = tmp_path / "w.safetensors"
    safetensors_file.write(path, weights, {})
    with pytest.raises(WeightsError) as caught:
        canonical_file.fitting(path, small.graph)
    assert message in caught.value.lines
    unchanged(small, models, path)


def test_metadata_of_another_layout(small: Network, tmp_path: Path) -> None:
    weights, facts = small.random_weights(2), {"format": "archspec", "spec": "small", "digest": "0"}
    for layout in ("99", "", "2"):
        path = tmp_path / "w.safetensors"
        safetensors_file.write(
            path, weights, canonical_file.sealed({**facts, "layout": layout}, weights)
        )
        with pytest.raises(WeightsError, match=f"layout {layout}: 1 expected"):
            canonical_file.fitting(path, small.graph)


def test_bfloat16_and_float16_on_the_way_out(small: Network, tmp_path: Path) -> None:
    weights = small.random_weights(2, "float64")
    weights["classifier.bias"][2] = 1e6
    with pytest.raises(WeightsError, match=r"classifier.bias: 1e\+06 does not fit float16"):
        canonical_file.write(tmp_path / "w.safetensors", small.graph, weights, "float16")
    assert list(tmp_path.iterdir()) == []


def test_an_array_that_is_not_contiguous_is_written_in_order(
    small: Network, tmp_path: Path
) -> None:
    weights = small.random_weights(2)
    turned = {name: np.asfortranarray(array) for name, array in weights.items()}
    turned["classifier.kernel"] = weights["classifier.kernel"].astype(">f4")
    canonical_file.write(tmp_path / "w.safetensors", small.graph, turned)
    found = canonical_file.read(tmp_path / "w.safetensors", small.graph)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)


# pickles ----------------------------------------------------------------------------------------


class Hostile:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path / MARKER}",)


def _zip(path: Path, thing: Any) -> None:
    import torch

    torch.save(thing, path)


def _old(path: Path, thing: Any) -> None:
    import torch

    torch.save(thing, path, _use_new_zipfile_serialization=False)


def _raw(path: Path, thing: Any) -> None:
    path.write_bytes(pickle.dumps(thing, protocol=2))


@pytest.mark.parametrize("write", [_zip, _old, _raw])
@pytest.mark.parametrize("wrap", ["alone", "inside"])
def test_a_pickle_that_wants_to_execute_something(
    tmp_path: Path, write: Callable[[Path, Any], None], wrap: str
) -> None:
    thing: Any = Hostile(tmp_path)
    write(tmp_path / "w.pt", thing if wrap == "alone" else {"a.weight": thing})
    output = refused("weights", "inspect", tmp_path / "w.pt", says="w.pt is refused")
    assert "system" in output
    assert "nothing of it was executed" in output
    refused(
        "weights", "import", tmp_path / "w.pt", "mobilenet_v1", "-o", tmp_path / "out.safetensors"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.pt"]


def _pt(path: Path, thing: Any) -> Path:
    _zip(path, thing)
    return path


def test_pickles_that_are_no_state_dict(tmp_path: Path) -> None:
    import torch

    one = torch.ones(2)
    path = tmp_path / "w.pt"
    cases = [
        ([one], "list, a state dict expected"),
        ({"a": one, "b": 3}, "b: int, a tensor expected"),
        ({"a": one.to_sparse()}, "a: a sparse, quantised or empty tensor"),
        ({"a": one.expand(10**9, 2)}, "a: (1000000000, 2) is more than it holds"),
        ({"state_dict": {"a": one}, "model": {"a": one}}, "choose with --key: state_dict, model"),
    ]
    for thing, message in cases:
        refused("weights", "inspect", _pt(path, thing), says=message)
    assert run("weights", "inspect", path, "--key", "model").exit_code == 0
    refused(
        "weights",
        "inspect",
        path,
        "--key",
        "other",
        says="other: not there; it has state_dict, model",
    )


def test_a_zip_that_would_unpack_to_more(tmp_path: Path) -> None:
    import torch

    plain, packed = tmp_path / "plain.pt", tmp_path / "packed.pt"
    torch.save({"a": torch.zeros(1_000_000)}, plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    refused("weights", "inspect", packed, says="is compressed, which PyTorch does not do")


@pytest.mark.parametrize("cut", [0, 1, 30, 400, -1, -30])
def test_truncated_pickles(tmp_path: Path, cut: int) -> None:
    import torch

    path = tmp_path / "w.pt"
    torch.save({"a": torch.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:cut])
    refused("weights", "inspect", path)


# HDF5 -------------------------------------------------------------------------------------------


def _soft(file: h5py.File, folder: Path) -> str:
    file["layers/dense/vars/1"] = h5py.SoftLink("/layers/dense/vars/0")
    return "layers/dense/vars/1: a soft link to /layers/dense/vars/0"


def _external(file: h5py.File, folder: Path) -> str:
    with h5py.File(folder / "other.h5", "w") as other:
        other["secret"] = np.zeros(3)
    file["layers/dense/vars/1"] = h5py.ExternalLink("other.h5", "/secret")
    return "layers/dense/vars/1: an external link to /secret"


def _storage(file: h5py.File, folder: Path) -> str:
    (folder / "raw").write_bytes(b"secret" * 4)
    file.create_dataset("layers/dense/vars/1", (6,), "f4", external=[(str(folder / "raw"), 0, 24)])
    return "layers/dense/vars/1: its values are in other files"


def _virtual(file: h5py.File, folder: Path) -> str:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "secret", (3,))
    file.create_virtual_dataset("layers/dense/vars/1", layout)
    return "layers/dense/vars/1: its values are in other files"


def _bomb(file: h5py.File, folder: Path) -> str:
    file.create_dataset(
        "layers/dense/vars/1", (1_000_000,), "f4", data=np.zeros(1_000_000), compression="gzip"
    )
    return "layers/dense/vars/1: it is compressed or filtered"


def _empty(file: h5py.File, folder: Path) -> str:
    file.create_dataset("layers/dense/vars/1", (10**6, 10**6), "f4", chunks=(100, 100))
    return "layers/dense/vars/1: it claims 4,000,000,000,000 bytes and holds 0"


def _cycle(file: h5py.File, folder: Path) -> str:
    file["layers/dense/again"] = file["layers"]
    return "layers/dense/again: a second name of one object"


def _words(file: h5py.File, folder: Path) -> str:
    file.create_dataset("layers/dense/vars/1", data=["word"])
    return "layers/dense/vars/1: object is no type of numbers"


HDF5 = [_soft, _external, _storage, _virtual, _bomb, _empty, _cycle, _words]


@pytest.mark.parametrize("kind", ["w.weights.h5", "w.keras"])
@pytest.mark.parametrize("fault", HDF5)
def test_hdf5_that_reaches_out_or_blows_up(
    tmp_path: Path, fault: Callable[[h5py.File, Path], str], kind: str
) -> None:
    inner = tmp_path / "w.weights.h5"
    with h5py.File(inner, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((2, 3), np.float32)
        message = fault(file, tmp_path)
    if kind == "w.keras":
        with zipfile.ZipFile(tmp_path / kind, "w") as archive:
            archive.write(inner, "model.weights.h5")
    refused("weights", "inspect", tmp_path / kind, says=message)
    refused("weights", "import", tmp_path / kind, "mobilenet_v1", says=message)


def test_archives_that_are_not_kerass(tmp_path: Path) -> None:
    path = tmp_path / "w.keras"
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((2, 3), np.float32)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", data.getvalue())
    refused(
        "weights", "inspect", path, says="model.weights.h5 is compressed, which Keras does not do"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    refused("weights", "inspect", path, says="There is no item named 'model.weights.h5'")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", b"no HDF5")
    refused("weights", "inspect", path, says="not a whole HDF5 file")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
def test_truncated_hdf5(tmp_path: Path, part: float) -> None:
    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((200, 3), np.float32)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    refused("weights", "inspect", path, says="not a whole HDF5 file")


# ONNX -------------------------------------------------------------------------------------------


def onnx_model(**external: str) -> Any:
    from onnx import TensorProto, helper

    weight = helper.make_tensor(
        "w", TensorProto.FLOAT, [2, 3], np.zeros(6, np.float32).tobytes(), raw=True
    )
    if external:
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in external.items():
            entry = weight.external_data.add()
            entry.key, entry.value = key, value
    sides = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
        for name, size in (("x", 3), ("y", 2))
    ]
    node = helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)
    return helper.make_model(helper.make_graph([node], "g", sides[:1], sides[1:], [weight]))


def test_onnx_outside_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    path = folder / "m.onnx"
    (tmp_path / "secret").write_bytes(b"s" * 24)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "own").write_bytes(np.arange(6, dtype="<f4").tobytes())
    for location in ("../secret", str(tmp_path / "secret"), "link", "nothing", ""):
        path.write_bytes(onnx_model(location=location).SerializeToString())
        refused("weights", "inspect", path, says="w: its values are in")
    for told in ({"offset": "8"}, {"length": "25"}, {"offset": "-1"}, {"offset": "1e3"}):
        path.write_bytes(onnx_model(location="own", **told).SerializeToString())
        refused("weights", "inspect", path, says="24 bytes are not there in own")
    path.write_bytes(onnx_model(location="own").SerializeToString())
    with opened(path) as shelf:
        assert np.array_equal(np.asarray(shelf.tensors["w"]).ravel(), np.arange(6))


def test_damaged_onnx(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    data = onnx_model().SerializeToString()
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        with pytest.raises(WeightsError), opened(path):
            pass
    model = onnx_model()
    model.graph.initializer[0].dims[0] = 2**40
    path.write_bytes(model.SerializeToString())
    refused("weights", "inspect", path, says="w: 24 bytes, ")
    model = onnx_model()
    model.graph.initializer[0].data_type = 77
    path.write_bytes(model.SerializeToString())
    refused("weights", "inspect", path, says="w: its type 77 is unknown")


def test_onnx_without_norms_says_so(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    refused("weights", "import", path, "mobilenet_v2", says="there is no batch norm in it")


# imports ----------------------------------------------------------------------------------------


def state(small: Network) -> dict[str, Any]:
    """A state dict of other names than ours."""
    from archspec.lowering.backend import backend

    own = native(backend("torch").lower(small.graph), small.random_weights(1))
    return {f"net.{name}": value for name, value in own.items()}


IMPORTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "missing": (
        lambda s: s.pop("net.stem.norm.running_var"),
        "net.stem.norm.running_var: missing, (4,) expected by row stem.norm (<text>:6)",
    ),
    "a layer missing": (
        lambda s: s.pop("net.middle.weight") is s.pop("net.middle.bias"),
        "row middle (<text>:7): no layer with",
    ),
    "extra": (
        lambda s: s.update({"net.more.weight": np.zeros((2, 2), np.float32)}),
        "net.more.weight: (2, 2), no row has it",
    ),
    "shape": (
        lambda s: s.update({"net.classifier.weight": np.zeros((5, 8), np.float32)}),
        "net.classifier.weight: (5, 8), (5, 4) expected by row classifier (<text>:9)",
    ),
    "transposed": (
        lambda s: s.update({"net.classifier.weight": s["net.classifier.weight"].T}),
        "net.classifier.weight: (4, 5), (5, 4) expected by row classifier (<text>:9)",
    ),
    "type": (
        lambda s: s.update({"net.classifier.bias": np.zeros(5, np.int64)}),
        "net.classifier.bias: int64, a float type expected by row classifier (<text>:9)",
    ),
    "nan": (
        lambda s: s["net.stem.norm.bias"].__setitem__(3, np.nan),
        "net.stem.norm.bias: NaN or infinite in 1 of 4 places, first at [3], in row stem.norm (<text>:6)",
    ),
}


@pytest.mark.parametrize("fault", IMPORTS)
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_foreign_tensors_that_do_not_fit(
    small: Network, tmp_path: Path, fault: str, ending: str
) -> None:
    import torch
    from safetensors.numpy import save_file

    change, message = IMPORTS[fault]
    tensors = {name: np.array(value, order="C") for name, value in state(small).items()}
    change(tensors)
    tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    path, spec = tmp_path / f"w.{ending}", tmp_path / "small.yaml"
    spec.write_text(SPEC)
    if ending == "pt":
        torch.save({name: torch.from_numpy(value) for name, value in tensors.items()}, path)
    else:
        save_file(tensors, path)
    out = tmp_path / "out.safetensors"
    refused(
        "weights",
        "import",
        path,
        spec,
        "-l",
        "torchvision",
        "-o",
        out,
        says=message.replace("<text>", str(spec)),
    )
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["import", "w.safetensors", "mobilenet_v1", "--layout", "torchvison"],
            "did you mean `torchvision`?",
        ),
        (
            ["import", "w.safetensors", "mobilenet_v1", "--layout", "jax"],
            "known: torch, torchvision, timm, keras, onnx",
        ),
        (["import", "w.safetensors", "mobilenet_v1"], "name it with --layout"),
        (
            ["export", "w.safetensors", "small.yaml", "--layout", "nothing", "-o", "x.pt"],
            "there is no such layout",
        ),
        (
            ["export", "w.safetensors", "small.yaml", "--layout", "timm", "-o", "x.pt"],
            "--like FILE",
        ),
        (["convert", "w.safetensors", "x.npy"], "x.npy is no file of weights"),
        (["convert", "w.safetensors", "x.weights.h5"], "`weights export` writes it"),
        (["inspect", "w.bin"], "w.bin is no file of weights"),
        (["import", "w.safetensors", "small.yaml", "--layout", "torch"], "it is canonical already"),
    ],
)
def test_what_cannot_be_done(
    canonical: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SPEC)
    Path("w.bin").write_bytes(b"")
    refused("weights", *arguments, says=says)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "small.yaml",
        "w.bin",
        "w.safetensors",
    ]


def test_a_model_of_another_network(small: Network) -> None:
    other = archspec.load("mobilenet_v1", width=0.25)
    for name in ("torch", "keras"):
        chosen = ready(name)
        model, plan = other.build(name), chosen.lower(small.graph)
        with pytest.raises(WeightsError, match="not the one that the weights are for"):
            chosen.load(model, plan, small.random_weights(0))


def test_names_in_files_are_safe_in_a_terminal(tmp_path: Path) -> None:
    name = "a\x1b[31m\u202eb"
    safetensors_file.write(tmp_path / "w.safetensors", {name: np.zeros(2, np.float32)}, {})
    shown = run("weights", "inspect", tmp_path / "w.safetensors", "mobilenet_v1").output
    assert "\x1b" not in shown
    assert "\u202e" not in shown
