"""`archspec parity`: equal ways are found equal; where one is not, the row and the cause are named."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main
from archspec.cli.rendering import comparisons as compared
from archspec.graph.ops.activation import Relu6
from archspec.graph.ops.base import Operation
from archspec.graph.ops.dense import Dense
from archspec.lowering import backend as backends
from archspec.lowering.backend import MissingFramework, UnknownBackend, ready
from archspec.parity.comparing import NothingToCompare, compare
from archspec.parity.report import Finding, Report
from archspec.parity.ways import Failure, FrameworkWays, Job
from archspec.parity.workers import Worker, WorkerError, in_process
from archspec.weights.files import canonical_file
from archspec_keras import tables as keras_table
from archspec_torch import tables as torch_table
from archspec_torch.tables import activation, dense

WAYS = ("keras", "keras source", "torch", "torch source")
Find = Callable[[str], str]


@pytest.fixture
def parity(test_spec: Find) -> Callable[..., Report]:
    """A comparison in this process, which has the frameworks already."""

    def run(
        spec: str, chosen: Sequence[str] = (), *, opening: Any = in_process, **options: Any
    ) -> Report:
        known = {"weights", "dtype", "train", "seed"}
        given = {name: options.pop(name) for name in known & options.keys()}
        network = archspec.load(test_spec(spec), **options)
        return compare(network, chosen, opening=opening, **given)

    return run


Parity = Callable[..., Report]


def first(report: Report) -> Finding:
    assert report.findings
    assert not report.equal
    return report.findings[0]


def key(finding: Finding) -> str | None:
    return finding.suspicion.key if finding.suspicion else None


@pytest.mark.parametrize("spec", ["paddings", "dense_blocks", "aliases", "names", "taps"])
def test_equal_ways(parity: Parity, spec: str) -> None:
    report = parity(spec)
    assert report.equal, report.findings
    assert report.ways == WAYS
    assert report.missing == report.asked == ()
    assert 0 < report.worst <= 1e-12
    for row in report.rows:
        assert set(row.differences) in (set(WAYS), set()), row.name  # an identity is no call


def test_float32_has_a_limit_of_its_own(parity: Parity) -> None:
    report = parity("residuals", dtype="float32")
    assert report.equal, report.findings
    assert report.limit == 1e-4
    assert 1e-9 < report.worst < 1e-4


def test_the_row_and_the_cause(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of many rows; both ways of the framework, and nobody else's."""
    monkeypatch.setitem(torch_table.TABLE, "relu6", activation.activation("nn.ReLU"))  # type: ignore[index]
    found = first(parity("residuals"))
    assert (found.check, found.row, found.path) == ("values", "stem", "stem.act")
    assert found.ways == ("torch", "torch source")
    assert key(found) == "activation"
    assert found.span.source.name.endswith("residuals.yaml")
    assert found.span.line == 26


def test_both_frameworks_may_be_wrong(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    """They agree with each other, and not with the spec: the third voice says so."""
    monkeypatch.setitem(torch_table.TABLE, "relu6", torch_table.TABLE["relu"])  # type: ignore[index]
    monkeypatch.setitem(keras_table.TABLE, "relu6", keras_table.TABLE["relu"])  # type: ignore[index]
    found = first(parity("residuals"))
    assert found.ways == WAYS
    assert (found.row, key(found)) == ("stem", "activation")


def changed(old: str, new: str, backend: str = "torch") -> Any:
    """An opening in which the generated file of one backend says something else."""

    def opening(jobs: Sequence[Job]) -> Any:
        made = []
        for job in jobs:
            assert not isinstance(job.file, Failure)
            file = job.file
            if job.backend == backend:
                assert old in file.text
                file = replace(file, text=file.text.replace(old, new, 1))
            made.append(replace(job, file=file))
        return in_process(made)

    return opening


def test_a_file_that_differs(parity: Parity) -> None:
    """A function between layers, which has no name to be heard by."""
    flat = "x.permute((0, 2, 3, 1)).flatten(1)"
    opening = changed(flat, flat.replace("2, 3", "3, 2"))
    found = first(parity("flatten", opening=opening))
    assert (found.ways, found.row, key(found)) == (("torch source",), "flat", "flatten-order")


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_file_wired_otherwise(parity: Parity, test_spec: Find, backend: str) -> None:
    text = archspec.load(test_spec("aliases")).source(backend)
    line = next(line for line in text.splitlines() if "cat(" in line or "Concatenate" in line)
    inside = line[line.index("[") : line.index("]") + 1]
    turned = f"[{', '.join(reversed(inside[1:-1].split(', ')))}]"
    found = first(parity("aliases", opening=changed(inside, turned, backend)))
    assert (found.ways, found.row, key(found)) == ((f"{backend} source",), "wide", "order")


def test_a_file_that_reads_something_else(parity: Parity, test_spec: Find) -> None:
    """Keras: the layer is fed by a row that the spec does not name."""
    text = archspec.load(test_spec("taps")).source("keras")
    code = text.split('"""', 2)[2]
    line = next(line for line in code.splitlines() if "late2" in line)
    inside = line[line.index("([") + 1 : line.index("])") + 1]
    other = inside.replace(inside[1:-1].split(", ")[0], "stem")
    found = first(parity("taps", opening=changed(inside, other, "keras")))
    assert (found.ways, found.row, key(found)) == (("keras source",), "late2", "wiring")


@pytest.mark.parametrize(
    ("backend", "old", "new"),
    [
        ("torch", "return self.classifier", "return 2 * self.classifier"),
        ("keras", "keras.Model(inputs, x,", "keras.Model(inputs, 2 * x,"),
    ],
)
def test_a_file_that_gives_something_else(parity: Parity, backend: str, old: str, new: str) -> None:
    """Every row is right, and what the model gives is not."""
    found = first(parity("flatten", opening=changed(old, new, backend)))
    assert (found.check, found.ways, found.row) == ("output", (f"{backend} source",), "")
    assert found.difference == pytest.approx(1.0)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_file_that_does_not_run(parity: Parity, backend: str) -> None:
    old = "from torch import" if backend == "torch" else "import keras"
    opening = changed(old, f"raise OSError('no')\n{old}", backend)
    found = first(parity("flatten", opening=opening))
    assert (found.check, found.ways, found.row) == ("source", (f"{backend} source",), "")
    assert "OSError: no" in found.message


def test_a_table_that_fails(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    def row(node: Any, weights: Any) -> Any:
        raise KeyError("width")

    monkeypatch.setitem(keras_table.TABLE, "flatten", row)  # type: ignore[index]
    report = parity("flatten")
    found = first(report)
    assert (found.check, found.row, found.ways) == ("lower", "flat", ("keras", "keras source"))
    assert "KeyError" in found.message
    assert all(set(row.differences) == {"torch", "torch source"} for row in report.rows)


def test_a_layer_that_cannot_be_made(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    def row(node: Any, weights: Any) -> Any:
        (step,) = dense.dense(node, weights)[-1:]
        return (replace(step, call=replace(step.call, args=step.call.args[:1])),)

    monkeypatch.setitem(torch_table.TABLE, "dense", row)  # type: ignore[index]
    found = first(parity("residuals"))
    assert (found.check, found.row) == ("build", "classifier")


def test_a_prediction_that_is_wrong(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec.graph.ops import window

    monkeypatch.setattr(window, "ceil_div", lambda size, step: size // step)
    found = first(parity("paddings", height=75, width=62))
    assert (found.check, found.ways, found.row) == ("shapes", ("prediction",), "a")
    assert "37 x 31 x 8 is predicted, 38 x 31 x 8 comes out" in found.message


def test_a_count_that_is_wrong(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Dense.weights
    monkeypatch.setattr(Dense, "weights", lambda self, *args: whole(self, *args)[:1])
    found = first(parity("flatten"))
    assert (found.check, found.row, key(found)) == ("counts", "mix", "bias")


def test_a_shape_that_is_wrong(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows cannot run on it; fed the reference's inputs it can."""
    right = torch_table.TABLE["max_pool"]

    def row(node: Any, weights: Any) -> Any:
        attrs = {**node.attrs, "stride": node.attrs["kernel"]}
        return right(replace(node, attrs=attrs), weights)

    monkeypatch.setitem(torch_table.TABLE, "max_pool", row)  # type: ignore[index]
    found = first(parity("dense_blocks"))
    assert (found.row, key(found)) == ("stem_pool", "stride")
    assert found.difference == float("inf")


def test_an_operation_without_a_meaning(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a plug-in's: the frameworks are compared with each other, and it is said."""
    monkeypatch.setattr(Relu6, "compute", Operation.compute)
    report = parity("residuals")
    assert report.equal
    assert report.asked == ("stem.act",)
    monkeypatch.setitem(torch_table.TABLE, "relu6", torch_table.TABLE["relu"])  # type: ignore[index]
    found = first(parity("residuals"))
    assert (found.ways, found.row) == (("torch", "torch source"), "stem")
    assert key(found) == "activation"  # what it computes instead has a meaning


def test_training(parity: Parity) -> None:
    report = parity("residuals", train=True)
    assert report.equal, report.findings
    assert report.stilled == ("dropout",)
    assert report.trained is not None
    assert set(report.trained.worst) == {
        "outputs",
        "statistics after 1 step",
        "statistics after 3 steps",
        "gradients",
        "input gradient",
        "weights after 10 steps",
    }
    assert all(max(ways.values()) <= 1e-8 for ways in report.trained.worst.values())
    assert report.trained.moved > 1e-5


@pytest.mark.parametrize(
    ("spec", "stilled"),
    [("drop_path", "drop"), ("squeeze_excite", None)],
    ids=["samples-dropped", "hard-sigmoid"],
)
def test_training_of(parity: Parity, spec: str, stilled: str | None) -> None:
    """Dropped samples are chance, too; the gradient of a hard sigmoid is exact."""
    report = parity(spec, train=True)
    assert report.equal, report.findings
    assert report.stilled[-1:] == (() if stilled is None else (stilled,))


def test_gradients_that_are_zero_are_no_difference(parity: Parity) -> None:
    """A bias before a batch norm: nothing but rounding is left of its gradient."""
    report = parity("flatten", train=True)
    assert report.equal, report.findings
    assert report.trained is not None
    assert report.trained.zero == ("hidden.bias",)


def test_training_from_initial_values(parity: Parity, test_spec: Find) -> None:
    """Weights that begin at zero have no length to be measured by."""
    weights = archspec.load(test_spec("flatten")).init_weights(0, "float64")
    report = parity("flatten", train=True, weights=weights)
    assert report.equal, report.findings


def test_a_network_without_weights(parity: Parity) -> None:
    rows = [{"type": "max_pool", "name": "pool", "kernel": 2}, {"type": "flatten", "name": "flat"}]
    spec = {"archspec": 1, "name": "bare", "input": [6, 4, 3], "rows": rows}
    report = compare(archspec.load(spec), train=True, opening=in_process)
    assert report.equal, report.findings
    assert report.trained is not None
    assert report.trained.moved == 0


def test_decay(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    right = torch_table.TABLE["batch_norm"]

    def row(node: Any, weights: Any) -> Any:
        (step,) = right(node, weights)
        args = tuple((k, node.attrs["decay"] if k == "momentum" else q) for k, q in step.call.args)
        return (replace(step, call=replace(step.call, args=args)),)

    monkeypatch.setitem(torch_table.TABLE, "batch_norm", row)  # type: ignore[index]
    assert parity("flatten").equal  # inference does not see it
    found = first(parity("flatten", train=True))
    assert (found.check, found.row) == ("statistics after 1 step", "hidden")
    assert key(found) == "decay"
    assert "keeps 0.01 of a statistic, not 0.99" in str(found.suspicion)


def test_unbiased_variance(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(ready("torch")), "unbiased", False)
    found = first(parity("flatten", train=True))
    assert (found.row, key(found)) == ("hidden", "variance")


def test_a_gradient_that_is_wrong(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several, the first on the way back: the last row."""
    backend: Any = ready("torch")
    right = type(backend).gradients

    def gradients(self: Any, *args: Any) -> Any:
        made = right(self, *args)
        wrong = {name: made.weights[name] * 1.001 for name in ("stem.kernel", "mix.kernel")}
        return replace(made, weights={**made.weights, **wrong})

    monkeypatch.setattr(type(backend), "gradients", gradients)
    report = parity("flatten", train=True)
    found = next(f for f in report.findings if f.check == "gradients")
    assert found.row == "mix"
    assert found.difference == pytest.approx(1e-3, rel=1e-2)
    assert "at most 1e-08 of the largest value" in compared.findings(report)


def test_one_framework_is_compared_with_the_reference(parity: Parity) -> None:
    report = parity("flatten", ["torch"])
    assert report.equal
    assert report.ways == ("torch", "torch source")
    assert [(m.ways, m.why) for m in report.missing] == [
        (("keras", "keras source"), "not asked for")
    ]


def test_what_is_not_installed_is_named(parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = {"keras": ("keras",), "torch": ()}
    monkeypatch.setattr(backends, "missing", lambda backend: lacking[backend.name])
    report = parity("flatten")
    assert report.ways == ("torch", "torch source")
    assert "needs keras, not installed here" in report.missing[0].why
    assert "left out    keras and keras source: the keras backend needs" in compared.parity(
        report, "table"
    )
    with pytest.raises(MissingFramework, match="keras"):
        parity("flatten", ["keras"])
    lacking["torch"] = ("torch",)
    with pytest.raises(NothingToCompare, match=r"needs keras.*needs torch"):
        parity("flatten")
    with pytest.raises(UnknownBackend):
        parity("flatten", ["jax"])


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["parity", *arguments])


def test_the_command(test_spec: Find, tmp_path: Path) -> None:
    """In processes of its own, with weights from a file."""
    network = archspec.load(test_spec("flatten"))
    file = tmp_path / "w.safetensors"
    canonical_file.write(file, network.graph, network.random_weights(7, "float32"))
    found = run(test_spec("flatten"), "--weights", str(file), "--format", "json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    assert said["equal"]
    assert said["ways"] == ["prediction", *WAYS]
    assert said["batch"] == [2, 11, 8, 3]
    assert [row["name"] for row in said["rows"]] == [row.name for row in network.table()]
    assert sum(row["params"] for row in said["rows"]) == network.params.total
    assert said["findings"] == said["missing"] == []
    assert said["training"] is None


def test_the_command_says_what_differs(test_spec: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compare.__kwdefaults__, "opening", in_process)
    monkeypatch.setitem(torch_table.TABLE, "relu6", torch_table.TABLE["relu"])  # type: ignore[index]
    found = run(test_spec("residuals"))
    assert found.exit_code == 1
    assert (
        "residuals.yaml:26:6: error[ways-differ]: stem.act, torch and torch source:" in found.stderr
    )
    assert "= hint: suspicion: activation: it computes relu, not relu6" in found.stderr
    assert "NOT EQUAL" in found.stdout
    found = run(test_spec("residuals"), "--format", "json")
    assert found.exit_code == 1
    (finding,) = json.loads(found.stdout)["findings"]
    assert finding["path"], finding["row"] == ("stem.act", "stem")
    assert (finding["line"], finding["suspicion"]) == (26, "activation")
    assert finding["ways"] == ["torch", "torch source"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing.yaml"], 2, "nothing.yaml"),
        (["mobilenet_v1", "--backend", "jax"], 2, "there is no backend `jax`"),
        (["mobilenet_v1", "--training", "--dtype", "float32"], 2, "--dtype float64"),
        (["mobilenet_v1", "--weights", "none.safetensors"], 2, "does not exist"),
        (["mobilenet_v1", "--set", "width=wide"], 1, "width"),
    ],
)
def test_the_command_used_wrongly(arguments: list[str], code: int, said: str) -> None:
    found = run(*arguments)
    assert (found.exit_code, said in found.output) == (code, True), found.output
    assert "Traceback" not in found.output


def test_weights_that_do_not_fit(test_spec: Find, tmp_path: Path) -> None:
    other = archspec.load(test_spec("aliases"))
    file = tmp_path / "w.safetensors"
    canonical_file.write(file, other.graph, other.random_weights())
    found = run(test_spec("flatten"), "--weights", str(file))
    assert found.exit_code in (1, 2)
    assert "does not fit flatten" in found.output


def test_a_process_that_fails_says_so(test_spec: Find, tmp_path: Path) -> None:
    network = archspec.load(test_spec("flatten"))
    text = Failure("print", "no file")
    job = Job("jax", network.graph, text, {}, np.zeros(0), "float64", tmp_path)
    worker = Worker(job, 1)
    with pytest.raises(RuntimeError, match="there is no backend `jax`"):
        worker.ask(FrameworkWays.tensors)()
    (process,) = multiprocessing.active_children()
    process.kill()
    with pytest.raises(WorkerError, match="the process of jax ended"):
        worker.ask(FrameworkWays.tensors)()
    worker.pool.shutdown()
