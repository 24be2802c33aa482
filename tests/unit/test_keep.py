"""Variables that stay arguments: one file is the network at each of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec.language.compose import settings as other_values
from archspec.lowering.backend import ready
from archspec.lowering.layouts import native_shape
from archspec.printing.source import Printed
from archspec.printing.verify.replay import ReplayError, replay
from archspec.source import SpecError

BACKENDS = ("torch", "keras")
SPECS = Path(__file__).parents[2] / "specs"


def replayed(text: str, model: str, backend: str, spec: str, settings: dict[str, Any]) -> int:
    """Hold a file, called with arguments, against the plan of the spec with these variables."""
    chosen = ready(backend)
    plan = chosen.lower(archspec.load(spec, **settings).graph)
    return replay(text, plan, model, chosen.syntax(plan).replayed(), settings)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("spec", ["mobilenet_v1", "mobilenet_v2", "efficientnet_lite0"])
def test_width_is_an_argument(spec: str, backend: str) -> None:
    printed = archspec.load(spec).printed(backend, keep=["width", "classes"])
    for width in (0.25, 0.35, 0.5, 0.75, 1.0, 1.3, 1.4):
        settings = {"width": width, "classes": 11}
        assert replayed(printed.text, printed.model, backend, spec, settings) > 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_classes_is_an_argument_by_default(backend: str) -> None:
    printed = archspec.load("mobilenet_v2").printed(backend)
    settings = {"classes": 3, "dropout": 0.5}
    assert replayed(printed.text, printed.model, backend, "mobilenet_v2", settings) > 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_rates_are_arguments_by_default(backend: str) -> None:
    printed = archspec.load("efficientnet_lite0").printed(backend)
    settings = {"classes": 3, "dropout": 0.5, "drop_path": 0.4}
    assert replayed(printed.text, printed.model, backend, "efficientnet_lite0", settings) > 150


TABLE = """
archspec: 1
name: small
vars: {depth: 1, rate: 0.2, classes: 4}
input: [8, 8, 3]
rows:
  - name: stages
    table:
      columns: [c, n]
      rows: [[4, 1], [6, 2]]
      let: {repeats: n * depth, drop: rate * row}
      each:
        - {type: conv, name: convs, kernel: 1, filters: c, repeat: repeats}
        - {type: dropout, name: drop, rate: drop}
  - {type: dense, name: classifier, units: classes}
"""


def written(spec: str, backend: str, *keep: str) -> Printed:
    network = archspec.load(spec)
    return network.printed(backend, keep=[*({"classes"} & {*network.vars}), *keep])


def hold(printed: Printed, backend: str, spec: str, **settings: Any) -> int:
    """Hold a file against the spec with these values; what nothing reads is no argument."""
    chosen = ready(backend)
    plan = chosen.lower(archspec.load(spec, **settings).graph)
    given = {printed.arguments[n]: v for n, v in settings.items() if n in printed.arguments}
    return replay(printed.text, plan, printed.model, chosen.syntax(plan).replayed(), given)


def alike(base: str, *kept: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The variants of a file that differ from `base` in the variables `kept` alone, with their values of these."""
    own = archspec.load(base)
    for name in archspec.load(str(SPECS / f"{own.document.family}.yaml")).variants:
        values = archspec.load(name).vars
        if all(values[n] == own.vars[n] for n in values if n not in kept):
            yield name, {n: values[n] for n in kept}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("base", "kept", "variants"),
    [
        ("resnet18", ["depths"], ["resnet18", "resnet34"]),
        ("resnet50", ["depths"], ["resnet50", "resnet101", "resnet152"]),
        ("wide_resnet50_2", ["depths"], ["wide_resnet50_2", "wide_resnet101_2"]),
        ("resnext101_32x8d", ["depths"], ["resnext101_32x8d"]),
        ("densenet121", ["depths"], ["densenet121", "densenet169", "densenet201"]),
        ("densenet121", ["growth"], ["densenet121", "densenet169", "densenet201"][:1]),
        (
            "densenet121",
            ["depths", "growth", "stem"],
            ["densenet121", "densenet161", "densenet169", "densenet201"],
        ),
        ("resnet50", ["group_width"], ["resnet50", "wide_resnet50_2"]),
        ("resnet50", ["groups", "group_width"], ["resnet50", "wide_resnet50_2", "resnext50_32x4d"]),
        ("resnet34", ["block"], ["resnet34", "resnet50"]),
        (
            "mnasnet1_0",
            ["width"],
            ["mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"],
        ),
    ],
)
def test_one_file_is_every_variant(
    base: str, kept: list[str], variants: list[str], backend: str
) -> None:
    """Every call, name and argument of each variant's own plan, with that variant's values as arguments."""
    printed = written(base, backend, *kept)
    assert set(printed.arguments) == {"classes", *kept}
    found = dict(alike(base, *kept))
    assert list(found) == variants
    for name, values in found.items():
        assert hold(printed, backend, name, **values, classes=7) > 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_whole_family_is_one_file(backend: str) -> None:
    kept = ["block", "depths", "groups", "group_width", "top", "resolution"]
    printed = written("resnet50", backend, *kept)
    found = dict(alike("resnet50", *kept))
    assert len(found) == len(archspec.load(str(SPECS / "resnet.yaml")).variants) == 10
    for number, (name, values) in enumerate(found.items()):
        top = ("softmax", "logits", "none")[number % 3]
        own = {**values, "top": top, "resolution": 65}
        assert hold(printed, backend, name, **own) > 50


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("base", ["mobilenet_v1", "mobilenet_v2", "mnasnet1_0"])
def test_widths_that_are_no_variant(base: str, backend: str) -> None:
    printed = written(base, backend, "width")
    for width in (0.35, 0.5, 0.75, 1.1, 1.7):
        assert hold(printed, backend, base, width=width, classes=7) > 50


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("base", ["mobilenet_v1", "mobilenet_v2", "mnasnet1_0", "resnet18"])
def test_resolution_is_an_argument_where_the_file_states_it(base: str, backend: str) -> None:
    """PyTorch's convolutions take any size: there is nothing to state."""
    printed = written(base, backend, "resolution")
    assert ("resolution" in printed.arguments) == (backend == "keras")
    for resolution in (96, 97, 128, 160, 192, 224):
        assert hold(printed, backend, base, resolution=resolution) > 50
    with pytest.raises(ReplayError):
        hold(printed, backend, base, channels=4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_lists_of_another_length(backend: str) -> None:
    printed = written("densenet121", backend, "depths")
    for depths in ((2,), (2, 1), (1, 2, 3, 1, 2)):
        assert hold(printed, backend, "densenet121", depths=depths) > 10
    with pytest.raises(ReplayError):
        replay_of_other = written("densenet121", backend)
        hold(replay_of_other, backend, "densenet121", depths=(2, 1))


def test_the_loop_is_how_people_write_it() -> None:
    assert (
        "for n, (c, s) in zip(depths, STAGES, strict=True):"
        in written("resnet50", "torch", "depths").text
    )
    assert (
        "for row, (n, (c, s)) in enumerate(zip(depths, STAGES, strict=True)):"
        in written("resnet50", "keras", "depths").text
    )
    for backend in BACKENDS:
        text = written("densenet121", backend, "depths").text
        assert "for row, n in enumerate(depths):" in text
        assert "if row < len(depths) - 1:" in text
        assert "depths: tuple[int, ...] = (6, 12, 24, 16)" in text


def test_weights_of_a_made_model_are_those_of_the_plan() -> None:
    """The files run: names and shapes of every weight, for another variant than the one they were generated from."""
    torch = pytest.importorskip("torch")
    for base, other in (("resnet50", "resnet101"), ("densenet121", "densenet169")):
        printed = written(base, "torch", "depths")
        made: dict[str, Any] = {}
        exec(compile(printed.text, base, "exec"), made)
        network = archspec.load(other)
        with torch.device("meta"):
            model = made[printed.model](depths=network.vars["depths"])
        found = {n: tuple(t.shape) for n, t in model.state_dict().items() if "num_batches" not in n}
        slots = network.plan("torch").slots()
        expected = {n: native_shape(slot) for _, n, slot in slots}
        assert found == expected
        assert len(found) > 500


SETTINGS: list[dict[str, Any]] = [
    {"depth": 2},
    {"rate": 0.1},
    {"wide": 1.5, "depth": 3},
    {"deep": False},
    {"ws": (3, 5), "deep": False, "rate": 0.0},
    {"ws": (2, 9), "kind": "dense"},
    {"lines": ((4, 2), (5, 1), (6, 3)), "kind": "none"},
    {"kernel": 5, "wide": 0.5},
]
EVERYTHING = """
archspec: 1
name: everything
vars:
  depth: 1
  rate: 0.2
  classes: 4
  ws: [4, 6]
  lines: [[4, 1], [6, 2]]
  deep: true
  wide: 1.0
  kernel: 3
  kind: {value: plain, one_of: [plain, dense, none]}
let: {ch(c): int(4 * c * wide)}
input: [9, 7, 3]
rows:
  - name: stages
    table:
      columns: [c, n]
      rows: [[4, 1], [6, 2]]
      let: {repeats: n * depth, drop: rate * (before(repeats) + row) / total(repeats)}
      each:
        - {type: conv, name: convs, kernel: 1, filters: ch(c), repeat: repeats}
        - {type: dropout, name: drop, rate: drop}
  - name: beside
    table:
      columns: {w: ws, d: [1, 2]}
      let: {sums: w + before(w) * d + total(w)}
      each:
        - {type: conv, name: conv, kernel: kernel, padding: symmetric, filters: sums, when: deep}
  - name: listed
    table:
      columns: [c, n]
      rows: lines
      each:
        - {type: conv, name: convs, kernel: 1, filters: c, repeat: n}
  - name: computed
    table:
      columns: [c, n]
      rows: [[4 * depth, 1], ["ws[0]", 2]]
      each:
        - {type: conv, name: convs, kernel: 1, filters: c, repeat: n}
  - name: counted
    table:
      columns: {w: ws}
      each:
        - {type: conv, name: conv, kernel: 1, filters: 5, bias: false}
  - {type: conv, name: mix, kernel: 1, filters: 7, when: kind == plain}
  - {name: mix, rows: [{type: conv, name: a, kernel: 1, filters: 5}, {type: relu, name: b}], when: kind == dense}
  - {type: relu6, name: act, when: deep or kind == none}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: classifier, units: classes}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_way_to_hang_on_a_variable(backend: str) -> None:
    """Columns, cells, whole tables, names derived from columns, sums above and in all, counts, conditions, words."""
    kept = ["depth", "rate", "ws", "lines", "deep", "wide", "kernel", "kind"]
    printed = written(EVERYTHING, backend, *kept)
    assert not printed.fallbacks
    assert set(printed.arguments) == {"classes", *kept}
    for values in SETTINGS:
        assert hold(printed, backend, EVERYTHING, **values, classes=3) > 5
    for name in kept:
        alone = written(EVERYTHING, backend, name)
        for values in (values for values in SETTINGS if set(values) == {name}):
            assert hold(alone, backend, EVERYTHING, **values) > 5


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("variable", "value"), [("depth", 3), ("rate", 0.7)])
def test_a_variable_behind_a_column(backend: str, variable: str, value: Any) -> None:
    printed = written(TABLE, backend, variable)
    assert hold(printed, backend, TABLE, **{variable: value}) >= 4
    usual = archspec.load(TABLE).printed(backend)
    assert set(usual.arguments) == {"classes", "rate"}  # depth shapes the network


NONE_AT_FIRST = """
archspec: 1
name: none_at_first
vars: {depths: [2, 0], n: 0, width: 1.0, tapped: false}
input: [8, 9, 3]
rows:
  - name: stages
    table:
      columns: {times: depths}
      each: [{type: conv, name: convs, kernel: 1, filters: "4 + row", repeat: times}]
  - {type: conv, name: more, kernel: 1, filters: 5, repeat: n}
  - {type: conv, name: wider, kernel: 1, filters: 16, when: width > 1}
  - name: turns
    repeat: 2
    rows:
      - {type: conv, name: a, kernel: 1, filters: 6}
      - {type: add, name: b, from: [input, prev], when: tapped and i > 0}
  - {type: conv, name: last, kernel: 1, filters: 5}
"""


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "values",
    [
        {"depths": (1,)},
        {"depths": (0, 0, 2)},
        {"n": 2},
        {"n": 1, "depths": (0, 2)},
        {"width": 1.5},
        {"width": 0.5},
        {"tapped": True},
    ],
    ids=str,
)
def test_rows_that_are_not_there_at_first(values: dict[str, Any], backend: str) -> None:
    printed = written(NONE_AT_FIRST, backend, *values)
    assert hold(printed, backend, NONE_AT_FIRST, **values) > 1
    assert hold(printed, backend, NONE_AT_FIRST) > 1


REFUSED = {
    "unnamed": (
        "rows:\n  - table: {columns: {n: depths}, each: [{type: conv, name: 'c{row}', kernel: 1, filters: n}]}",
        "depths",
        "no one line serves all turns",
    ),
    "hidden": (
        "rows:\n  - {name: t, table: {columns: {depths: depths}, each: "
        "[{type: conv, name: c, kernel: 1, filters: depths}]}}",
        "depths",
        "a column of its name hides it",
    ),
    "only elsewhere": (
        "rows:\n  - {type: conv, name: c, kernel: 1, filters: 4}\n"
        "  - {type: relu, name: r, when: size == 77}",
        "size",
        "r is not there with these values",
    ),
    "another operation": (
        "rows:\n  - {type: conv, name: c, kernel: 3, filters: wide}\n"
        "  - {type: dense, name: d, units: 2, activation: act}",
        "act",
        "no line serves all of its values",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_stay_is_refused_by_name_and_with_the_reason(case: str) -> None:
    rows, name, why = REFUSED[case]
    variables = "{depths: [2, 3], size: 1, wide: 4, act: {value: relu, one_of: [relu, tanh]}}"
    spec = f"archspec: 1\nname: small\nvars: {variables}\ninput: [9, 9, 3]\n{rows}\n"
    with pytest.raises(SpecError) as caught:
        archspec.load(spec).source("torch", keep=["wide", name])
    assert f"small cannot be written with `{name}` as an argument: {why}" in str(caught.value)
    assert f"`{name}` is declared here" in str(caught.value)
    assert archspec.load(spec).source("torch")


def test_a_file_that_is_wrong_at_a_variant_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the other values that lines are found for, the variants still stop it."""
    spec = (
        "archspec: 1\nname: small\nvars: {act: {value: relu, one_of: [relu, tanh]}}\ninput: [9]\n"
        "rows: [{type: dense, name: d, units: 4, activation: act}]\n"
        "variants: {other: {vars: {act: tanh}}}\n"
    )
    monkeypatch.setattr(other_values, "choices", lambda *_: iter(()))
    with pytest.raises(SpecError) as caught:
        archspec.load(spec).source("torch", keep=["act"])
    assert "with act=tanh the file would not be the network" in str(caught.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_fix_makes_a_literal_of_what_would_stay(backend: str) -> None:
    network = archspec.load("efficientnet_lite0")
    usual = network.printed(backend)
    assert list(usual.arguments) == ["classes", "dropout", "drop_path"]
    fixed = network.printed(backend, fix=["drop_path", "width"])
    assert list(fixed.arguments) == ["classes", "dropout"]
    assert hold(fixed, backend, "efficientnet_lite0", dropout=0.4) > 50
    assert list(network.printed(backend, fix=["classes"]).arguments) == ["dropout", "drop_path"]
    assert list(network.printed(backend, keep=["drop_path"]).arguments) == ["drop_path"]


def test_what_cannot_be_fixed_is_explained() -> None:
    network = archspec.load("mobilenet_v1")
    with pytest.raises(SpecError) as caught:
        network.source("torch", fix=["clases"])
    assert "has no variable `clases`" in str(caught.value)
    assert "did you mean `classes`?" in str(caught.value)
    with pytest.raises(SpecError) as caught:
        network.source("torch", keep=["classes", "width"], fix=["width"])
    assert "`width` cannot stay an argument and become a literal" in str(caught.value)


def test_files_with_arguments_are_the_same_in_every_process(
    in_every_process: Callable[[str], bytes],
) -> None:
    in_every_process(
        "import archspec, sys\n"
        "kept = ['block', 'depths', 'groups', 'group_width', 'top', 'classes']\n"
        "for backend in ('torch', 'keras'):\n"
        "    sys.stdout.write(archspec.load('resnet50').source(backend, keep=kept))\n"
        "    sys.stdout.write(archspec.load('efficientnet_lite0').source(backend, keep=['depth']))\n"
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_kept_is_refused_by_the_replay(backend: str) -> None:
    """The comparison can fail: a file for width 1 is not the network of width 0.5."""
    printed = archspec.load("mobilenet_v2").printed(backend)
    chosen = ready(backend)
    plan = chosen.lower(archspec.load("mobilenet_v2", width=0.5).graph)
    with pytest.raises(ReplayError):
        replay(printed.text, plan, printed.model, chosen.syntax(plan).replayed())


def test_what_cannot_be_kept_is_explained() -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load("mobilenet_v1").source("torch", keep=["nothing"])
    assert "has no variable `nothing`" in str(caught.value)
