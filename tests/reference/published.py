"""Against torchvision and timm themselves: `make reference` runs this in an environment that has them.

The suite compares with what is kept in fixtures/; here these are held against the libraries, and imports are proven by
`--check` as people use it: a file, the spec's own `reference`, a random batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import archspec
from archspec.cli.main import main
from archspec.lowering.backend import ready
from archspec.weights.files.tensor_file import Order, TensorFile
from archspec.weights.matching.match import match
from tests.reference import make_fixtures, seeded
from tests.reference.models import MODELS
from tests.zoo.in_torch import WAYS, made_model
from tests.zoo.subjects import subject

SPECS = Path(__file__).parents[1] / "specs"
SMALL = [name for name, model in MODELS.items() if not model.large and not model.options]
BOUND = 1e-10


def spec_of(name: str) -> str:
    """The path of a spec of the tests' own, or the name of one of the zoo."""
    path = SPECS / f"{MODELS[name].spec}.yaml"
    return str(path) if path.exists() else MODELS[name].spec


def apart(found: object, expected: np.ndarray) -> float:
    return float(np.abs(np.asarray(found) - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
def test_fixtures_are_what_the_libraries_say(name: str) -> None:
    facts, found = make_fixtures.fixture(name)
    kept = json.loads((make_fixtures.HERE / f"{name}.json").read_text())
    assert facts["tensors"] == kept["tensors"]
    with np.load(make_fixtures.HERE / f"{name}.npz") as logits:
        assert set(logits) == set(found)
        for size, value in found.items():
            assert apart(value, logits[size]) <= BOUND


def test_the_onnx_fixture_is_what_pytorch_exports() -> None:
    import onnx

    data, logits = make_fixtures.onnx_fixture()
    kept = onnx.load(make_fixtures.HERE / "torchvision_mobilenet_v2.onnx")
    assert [n.op_type for n in kept.graph.node] == [
        n.op_type for n in onnx.load_from_string(data).graph.node
    ]
    with np.load(make_fixtures.HERE / "torchvision_mobilenet_v2_onnx.npz") as found:
        assert apart(logits, found["logits"]) <= BOUND


FIGURES = json.loads((Path(__file__).parent / "figures" / "torchvision.json").read_text())


@pytest.mark.parametrize("builder", FIGURES)
def test_figures_are_what_torchvision_says(builder: str) -> None:
    from torchvision import models

    options = {"init_weights": False} if builder in ("googlenet", "inception_v3") else {}
    with torch.device(
        "cpu" if builder.startswith("regnet") else "meta"
    ):  # it computes widths with tensors
        model = models.get_model(builder, weights=None, **options)
    counters = [name for name, _ in model.named_buffers() if name.endswith("num_batches_tracked")]
    figures = FIGURES[builder]
    assert sum(p.numel() for p in model.parameters()) == figures["params"]
    assert sum(b.numel() for b in model.buffers()) - len(counters) == figures["buffers"]
    kept = [w for w in models.get_model_weights(builder) if w.meta["_ops"] == figures["gmacs"]]
    assert figures["crop"] in {weights.transforms().crop_size[0] for weights in kept}


@pytest.mark.parametrize("builder", FIGURES)
def test_a_file_without_an_order(builder: str) -> None:
    """Every builder's tensors by the alphabet: the same ones are found as in order of definition."""
    from torchvision import models

    options = {"init_weights": False} if builder in ("googlenet", "inception_v3") else {}
    with torch.device("cpu" if builder.startswith("regnet") else "meta"):
        state = models.get_model(builder, weights=None, **options).state_dict()
    tensors = {n: np.broadcast_to(np.float32(0), tuple(v.shape)) for n, v in state.items()}
    graph = archspec.load(builder).graph

    def found(listed: Iterable[str], order: Order) -> dict[str, str]:
        shelf = TensorFile("the file", {name: tensors[name] for name in listed}, order)
        pairs = match(graph, shelf, "torchvision").pairs
        return {pair.weight.name: pair.entry.name for pair in pairs}

    assert found(sorted(tensors), "none") == found(tensors, "definition")


@pytest.mark.parametrize("way", WAYS)
def test_features_are_extracted(way: str, tmp_path: Path) -> None:
    """torchvision's own tracer: what a `same` convolution gives, of images of another size."""
    from torchvision.models.feature_extraction import create_feature_extractor

    model = made_model(way, subject("efficientnet_lite0"), tmp_path)
    layers = [n for n, m in model.named_modules() if type(m).__name__ == "Conv2dSame"]
    seen: list[torch.Tensor] = []
    extract = create_feature_extractor(model, [layers[1]])
    model.get_submodule(layers[1]).register_forward_hook(lambda m, args, out: seen.append(out))
    x = torch.rand(2, 3, 51, 51, dtype=torch.float64)
    with torch.no_grad():
        model(x)
        assert torch.equal(extract.eval()(x)[layers[1]], seen[0])


@pytest.mark.parametrize("name", SMALL)
def test_a_live_model_gives_its_logits(name: str) -> None:
    row, model = MODELS[name], make_fixtures.filled(name)
    for height, width in row.sizes:
        network = archspec.load(spec_of(name), input=(height, width, 3))
        assert network.document.reference == row.reference
        expected = make_fixtures.logits(model, (height, width))
        for source in (model, model.state_dict()):
            weights = network.import_weights(source, layout=row.library)
            ours = network.build("torch", weights=weights, dtype="float64")
            assert apart(ready("torch").run(ours, seeded.batch((height, width))), expected) <= BOUND


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", SMALL)
def test_import_with_check(name: str, ending: str, tmp_path: Path) -> None:
    """The command: its own random batch, the builder that the spec names; and a spec that is another network."""
    from safetensors.torch import save_file

    row = MODELS[name]
    spec, layout = spec_of(name), row.library
    state = make_fixtures.filled(name).float().state_dict()
    path, out = tmp_path / f"w{ending}", tmp_path / "out.safetensors"
    torch.save(state, path) if ending == ".pt" else save_file(state, path)
    command = [
        "weights",
        "import",
        str(path),
        spec,
        "--layout",
        layout,
        "--input",
        "97x75x3",
        "--check",
    ]
    found = CliRunner().invoke(main, [*command, "-o", str(out)])
    assert found.exit_code == 0, found.output
    assert "logits equal the source's own" in found.output
    other = ["--set", "act=relu"] if layout == "timm" else ["--set", "top=none"]
    found = CliRunner().invoke(main, [*command, *other, "-o", str(tmp_path / "other.safetensors")])
    assert found.exit_code == 1, found.output
    assert not (tmp_path / "other.safetensors").exists()


@pytest.mark.parametrize("name", SMALL)
def test_export_like_loads_into_the_published_model(name: str, tmp_path: Path) -> None:
    from archspec.weights import exporting

    spec, layout = spec_of(name), MODELS[name].library
    model = make_fixtures.filled(name).float()
    template, path = tmp_path / "like.pt", tmp_path / "w.pt"
    torch.save(model.state_dict(), template)
    network = archspec.load(spec, input=(64, 57, 3))
    weights = network.random_weights(4)
    exporting.like(path, template, network.graph, weights, layout)
    model.load_state_dict(torch.load(path, weights_only=True), strict=True)
    ours = network.build("torch", weights=weights, dtype="float64")
    inputs = seeded.batch((64, 57))
    with torch.no_grad():
        expected = model.double()(torch.from_numpy(np.moveaxis(inputs, -1, 1).copy())).numpy()
    assert apart(ready("torch").run(ours, inputs), expected) <= BOUND


def test_check_hears_auxiliary_heads(tmp_path: Path) -> None:
    """Three outputs, of which torchvision gives two in training alone."""
    path, out = tmp_path / "w.pt", tmp_path / "out.safetensors"
    torch.save(make_fixtures.filled("torchvision_googlenet").float().state_dict(), path)
    arguments = ["-l", "torchvision", "--input", "97x75x3", "--with", "init_weights=false"]
    command = ["weights", "import", str(path), "googlenet", *arguments, "--check"]
    found = CliRunner().invoke(main, [*command, "-o", str(out)])
    assert found.exit_code == 0, found.output
    assert "logits equal the source's own" in found.output
    other = tmp_path / "other.yaml"
    text = (Path(archspec.__file__).parents[1] / "specs" / "googlenet.yaml").read_text()
    swapped = text.replace("activation: relu,", "activation: relu6,")
    assert swapped != text
    other.write_text(swapped)
    found = CliRunner().invoke(main, [*command[:3], str(other), *command[4:], "-o", str(out)])
    assert found.exit_code == 1, found.output
    assert "logits differ by" in found.output


def test_check_names_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(make_fixtures.filled("torchvision_mobilenet_v2", width_mult=0.35).state_dict(), path)
    command = [
        "weights",
        "import",
        str(path),
        "mobilenet_v2",
        "--set",
        "width=0.35",
        "-l",
        "torchvision",
        "--check",
    ]
    small = ["--input", "64x64x3"]
    plain = CliRunner().invoke(main, [*command, *small])
    assert plain.exit_code == 1
    assert "more with --with NAME=VALUE" in plain.output
    assert CliRunner().invoke(main, [*command, *small, "--with", "width_mult=0.35"]).exit_code == 0
    wrong = CliRunner().invoke(main, [*command, "--reference", "torchvision.models.mobilenet_v22"])
    assert wrong.exit_code == 1
    assert "did you mean `mobilenet_v2`?" in wrong.output
    nothing = CliRunner().invoke(main, [*command, "--reference", "os.system"])
    assert nothing.exit_code == 1
    assert "torchvision.models.NAME or timm.NAME expected" in nothing.output
