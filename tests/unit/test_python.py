"""The package as a person meets it in Python: what there is, what it says of itself, numbers of NumPy, tables."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import archspec
from archspec import rows as made
from archspec.exceptions import ArchspecError

TINY = """
archspec: 1
name: tiny
title: "<b>tiny</b> & small"
vars: {width: 1.0, size: 8, depths: [1, 2], bias: true, act: {value: relu, one_of: [relu, relu6]}}
input: [size, size, 3]
rows:
  - {type: conv, name: stem, kernel: 3, filters: int(4 * width), bias: bias, activation: act, padding: same}
  - {type: batch_norm, name: norm}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: head, units: len(depths)}
"""
RAISING = {"load", "with_vars", "variant", "check", "verify", "plan", "build", "import_weights"} | {
    "name_map", "source", "printed", "summary", "zoo"
}  # fmt: skip
SHAPED = {"load", "with_vars", "input_shape", "output_shape", "table"}
UNITS = {
    "macs": "multiply-adds",
    "table": "multiply-adds",
    "zoo": "multiply-adds",
    "params": "parameters",
}


def public() -> Iterator[tuple[str, Any]]:
    """Every public name with its value, those of classes too."""
    for name in archspec.__all__:
        value = getattr(archspec, name)
        yield name, value
        if inspect.isclass(value) and value.__module__.startswith("archspec"):
            yield from ((f"{name}.{k}", v) for k, v in vars(value).items() if is_own(k, v))


def is_own(name: str, value: Any) -> bool:
    described = isinstance(value, property) or inspect.isfunction(value)
    return described and not name.startswith("_")


def test_what_there_is() -> None:
    listed = dir(archspec)
    assert {"load", "zoo", "rows", "Network", "SpecError", "__version__"} <= set(listed)
    assert [name for name in listed if not name.startswith("_")] == sorted(archspec.__all__)
    for name in archspec.__all__:
        assert getattr(archspec, name) is not None
    space: dict[str, Any] = {}
    exec("from archspec import *", space)
    assert set(archspec.__all__) <= set(space)
    exec("from archspec.rows import *", space)
    assert set(dir(made)) <= set(space)


def test_rows_are_there_without_an_import_of_their_own() -> None:
    code = "import archspec; print(archspec.rows.Conv.__name__)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "Conv\n"


@pytest.mark.parametrize(("name", "value"), list(public()))
def test_every_public_name_says_what_it_is(name: str, value: Any) -> None:
    text = inspect.getdoc(value)
    assert text, "a docstring"
    assert text[0].isupper() and len(text) > 20
    last = name.rpartition(".")[2]
    if isinstance(value, ModuleType | type):
        return
    assert ("aises" in text) or last not in RAISING
    assert ("without the batch" in text) or last not in SHAPED
    assert UNITS.get(last, "") in text.lower()


@pytest.mark.parametrize("name", dir(made))
def test_every_row_says_what_it_is(name: str) -> None:
    assert len(inspect.getdoc(getattr(made, name)) or "") > 8


@pytest.mark.parametrize("number", [np.int64(16), np.uint8(16), np.array(16), np.array([16])[0]])
def test_numbers_of_numpy_are_numbers(number: Any) -> None:
    network = archspec.load(TINY, size=number, width=np.float32(0.5), bias=np.False_)
    plain = archspec.load(TINY, size=16, width=0.5, bias=False)
    assert network.digest == plain.digest
    assert network.to_yaml() == plain.to_yaml()
    assert network.source("torch") == plain.source("torch")
    assert {type(value) for value in network.vars.values()} <= {int, float, bool, str, tuple}
    assert archspec.load(TINY).with_vars(size=number).vars["size"] == 16


def test_lists_and_words_of_numpy() -> None:
    network = archspec.load(TINY, depths=np.array([3, 4]), act=np.str_("relu6"))
    assert network.vars["depths"] == (3, 4)
    assert network.digest == archspec.load(TINY, depths=[3, 4], act="relu6").digest
    sizes = (np.array([9, 7, 3]), (np.int64(9), 7, np.array(3)), [9, 7, 3])
    assert {archspec.load(TINY, input=size).input_shape for size in sizes} == {(9, 7, 3)}


def test_numbers_of_numpy_in_rows() -> None:
    row = made.Conv(filters=np.int64(16), kernel=np.array([3, 1]), bias=np.True_)
    assert row.to_yaml() == made.Conv(filters=16, kernel=[3, 1], bias=True).to_yaml()
    plain = {"archspec": 1, "name": "a", "input": np.array([4]), "rows": [{"type": "relu"}]}
    assert archspec.load(plain).input_shape == (4,)


def test_numpy_is_not_imported_for_that() -> None:
    code = "import sys, archspec; archspec.load('mobilenet_v1', width=0.5); print('numpy' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_another_input() -> None:
    network = archspec.load(TINY)
    wide = network.with_vars(input=(20, 10, 3), width=2.0)
    assert (wide.input_shape, wide.vars["width"]) == ((20, 10, 3), 2.0)
    assert wide.with_vars(width=1.0).input_shape == (20, 10, 3)
    assert wide.digest == archspec.load(TINY, input=(20, 10, 3), width=2.0).digest


def test_the_summary_is_the_papers_table(capsys: pytest.CaptureFixture[str]) -> None:
    network = archspec.load(TINY)
    for by, head in (("row", "Type / Stride"), ("block", "Rows"), ("type", "Of Kernels")):
        network.summary(by)
        text = capsys.readouterr().out
        assert head in text
        assert f"parameters  {network.params.total:,} = " in text
    network.summary()
    assert capsys.readouterr().out == f"{network.table()}\n"
    with pytest.raises(ValueError, match="'row', 'block', 'type'"):
        network.summary("rows")


def test_the_table_is_columns() -> None:
    """As pandas reads a list of named tuples: `_fields` are the columns, and every value is plain."""
    network = archspec.load(TINY)
    table = network.table()
    assert isinstance(table, list)
    fields = type(table[0])._fields
    assert {"name", "type", "input", "output", "params", "macs"} <= set(fields)
    columns = {field: [row[k] for row in table] for k, field in enumerate(fields)}
    assert columns["name"] == ["stem", "norm", "pool", "head"]
    assert all(type(number) is int for key in ("params", "macs") for number in columns[key])
    assert sum(columns["params"]) == network.params.total
    assert sum(columns["macs"]) == network.macs
    assert table[0].output == (8, 8, 4)


def test_a_notebook_shows_a_table() -> None:
    network = archspec.load(TINY)
    for shown in (network, network.table(), archspec.zoo("squeezenet")):
        html = shown._repr_html_()
        assert html.count("<table>") == html.count("</table>") == 1
        assert html.count("<tr>") == html.count("</tr>") > 2
        assert "<b>" not in html
        assert "color: inherit" in html or "color" not in html  # on light and on dark
    assert "&lt;b&gt;tiny&lt;/b&gt; &amp; small" in network._repr_html_()


def test_the_zoo_is_listed() -> None:
    zoo = archspec.zoo()
    assert len(zoo) > 100
    assert all(one.name and one.title for one in zoo)
    (one,) = [one for one in zoo if one.name == "mobilenet_v2"]
    network = archspec.load(one.name)
    assert (one.title, one.macs) == (network.graph.title, network.macs)
    assert one.params.total == network.params.total
    assert {one.family for one in archspec.zoo(family="vgg")} == {"vgg"}
    assert "vgg11" in str(archspec.zoo("vgg11"))
    with pytest.raises(ArchspecError, match=r"archspec\.zoo\(\)"):
        archspec.zoo("nothing_like_it")


NUMBER = np.array([1, 2])
MISTAKES: dict[str, Callable[[archspec.Network], Any]] = {
    "unknown": lambda n: archspec.load(TINY, widht=2),
    "far from any": lambda n: archspec.load(TINY, zzz=2),
    "no size": lambda n: archspec.load(TINY, input="8x8x3"),
    "one size": lambda n: archspec.load(TINY, input=8),
    "zero": lambda n: n.with_vars(input=(0, 8, 3)),
    "fraction": lambda n: n.with_vars(input=(8.5, 8, 3)),
    "infinite": lambda n: n.with_vars(width=float("inf")),
    "array": lambda n: n.with_vars(width=NUMBER),
    "object": lambda n: n.with_vars(width=object()),
    "keep": lambda n: n.source("torch", keep=["widht"]),
    "keep and fix": lambda n: n.source("torch", keep=["width"], fix=["width"]),
    "layout": lambda n: n.import_weights("weights.bin"),
    "no such layout": lambda n: n.import_weights("weights.bin", layout="caffe"),
    "no such spec": lambda n: archspec.load("nothing_like_it"),
    "backend": lambda n: n.source("jax"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_speak_of_python(mistake: str) -> None:
    with pytest.raises(ArchspecError) as raised:
        MISTAKES[mistake](archspec.load(TINY))
    assert " --" not in f" {raised.value}"
    assert "join" not in str(raised.value)
