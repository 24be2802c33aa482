"""What a backend says of itself as data: what it covers, targets and their homes, the source that a file carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec.lowering.dialect import Dialect
from archspec.lowering.plan import Target
from archspec.plugins import BrokenPlugin
from archspec.printing.emit.support import base, carried, file_names, imports
from archspec.printing.verify.walk import SIGNS
from archspec_keras.backend import DIALECT as KERAS
from archspec_torch.backend import DIALECT as TORCH

UNEVEN = """archspec: 1
name: uneven
input: [40, 40, 8]
blocks:
  twice:
    params: {{stride: 1}}
    rows:
      - {{type: depthwise, name: wide, kernel: 3, padding: same, stride: [1, stride]}}
      - {{type: depthwise, name: tall, kernel: 3, padding: same, stride: [stride, 1]}}
rows:
  - {{type: depthwise, name: first, kernel: 3, stride: [2, 1]}}
  - {{type: depthwise, name: even, kernel: 3, stride: 2}}
  - {{type: twice, name: inner, stride: 2, repeat: {turns}}}
  - {{type: max_pool, name: last, kernel: 2}}
"""


@pytest.mark.parametrize("turns", [1, 2])
def test_coverage_reports_every_row_with_its_place(turns: int) -> None:
    """Keras's depthwise layer has one stride: three rows of the text, however often a block runs."""
    network = archspec.load(UNEVEN.format(turns=turns))
    assert network.printed("torch").calls > 0
    with pytest.raises(archspec.SpecError) as caught:
        network.plan("keras")
    found = caught.value.diagnostics
    assert {d.code for d in found} == {"unsupported-operation"}
    assert [(d.span.line, d.received) for d in found] == [
        (8, "depthwise"),
        (9, "depthwise"),
        (11, "depthwise"),
    ]
    for command in (network.build, network.source):
        with pytest.raises(archspec.SpecError) as again:
            command("keras")
        assert again.value.diagnostics == found


@pytest.mark.parametrize("dialect", [TORCH, KERAS], ids=lambda dialect: dialect.name)
def test_every_target_is_found(dialect: Dialect) -> None:
    for target in dialect.targets:
        if target not in SIGNS:
            assert callable(dialect.resolve(target)), target
    for name in ("nn.Mystery", "os.system", "Conv2dSame.forward", "builtins.print", ""):
        with pytest.raises(BrokenPlugin):
            dialect.resolve(name)


Module = Callable[[str], Dialect]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """A function from the text of a module of layers to PyTorch's dialect with its `Layer`."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> Dialect:
        name = f"layers_{len(list(tmp_path.iterdir()))}_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(text)
        targets = {**TORCH.targets, "Layer": Target()}
        return replace(TORCH, targets=targets, homes={**TORCH.homes, "Layer": name})

    return write


LAYER = "class Layer(nn.Conv2d):\n    def forward(self, x):\n        return {}\n"


def test_a_file_carries_what_its_layers_use(module: Module) -> None:
    """Helpers of helpers, imports that only they need; nothing that nobody uses."""
    text = (
        "import math\nfrom collections.abc import Sequence\nfrom torch import nn\nimport os.path as p\n"
        "def unused():\n    return p\n"
        "def inner(x: 'Sequence') -> int:\n    return math.prod(x)\n"
        "def outer(x):\n    return inner([y for y in x])\n" + LAYER.format("outer(x)")
    )
    dialect = module(text)
    found = carried(dialect, ["x = Layer()"])
    assert [lines[0].partition("(")[0] for lines in found.segments] == [
        "def inner",
        "def outer",
        "class Layer",
    ]
    assert found.names["math"] == "math"
    assert not carried(dialect, ["x = nn.ReLU()"]).segments
    assert base(dialect, "Layer") == "nn.Conv2d"
    assert {"Layer", "inner", "outer", "unused", "Sequence", "nn"} <= file_names(dialect)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from torch import nn\nEPSILON = 1e-3\n" + LAYER.format("EPSILON"), "reads `EPSILON`"),
        ("from torch import nn\n" + LAYER.format("missing(x)"), "reads `missing`"),
        ("from torch import nn, fft as F\n" + LAYER.format("F.fft(x)"), "imports `F`"),
        ("from torch import nn\nclass Other: pass\n", "does not define `Layer`"),
    ],
)
def test_what_a_file_cannot_carry_is_refused(module: Module, text: str, said: str) -> None:
    with pytest.raises(BrokenPlugin, match=said):
        carried(module(text), ["x = Layer()"])


def test_two_modules_cannot_define_one_name(module: Module) -> None:
    """The second would silently take the first one's place in the file."""
    helper = "def helper(x):\n    return {}\n"
    texts = (helper.format("x") + "def Layer(x):\n    return helper(x)\n", helper.format("-x"))
    first, second = (module(text) for text in texts)
    both = {**first.homes, "helper": second.homes["Layer"]}
    assert len(carried(first, ["x = Layer()"]).segments) == 2
    with pytest.raises(BrokenPlugin, match="defines `helper`, which a file has already"):
        carried(replace(first, homes=both), ["x = helper(Layer())"])
    with pytest.raises(BrokenPlugin, match="defines `nn`, which a file has already"):
        carried(module("def Layer(x):\n    return nn(x)\ndef nn(x):\n    return x\n"), ["Layer()"])


def test_a_module_without_source_is_refused() -> None:
    homes = {**TORCH.homes, "Layer": "nowhere.at_all"}
    with pytest.raises(BrokenPlugin, match=r"nowhere\.at_all of nowhere has no source"):
        carried(replace(TORCH, homes=homes), ["x = Layer()"])


def test_imports_stand_as_formatters_put_them() -> None:
    names: dict[str, Any] = {
        **TORCH.names,
        "np": "numpy",
        "Sequence": "collections.abc:Sequence",
        "Mapping": "collections.abc:Mapping",
        "MAX": "torch:MAX",
        "fft": "torch:fft",
        "unused": "unused",
    }
    assert imports(names, {*names} - {"unused"}) == [
        "import math",
        "from collections import OrderedDict",
        "from collections.abc import Mapping, Sequence",
        "",
        "import numpy as np",
        "import torch",
        "from torch import MAX, Tensor, fft, nn",
        "from torch.nn import functional as F",
    ]
    assert imports(names, {"nn"}) == ["from torch import nn"]
    assert imports(names, set()) == []
