"""Networks whose source once was wrong, refused or unreadable: each is printed, reads well, and is the built one."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archspec
from archspec.lowering.backend import ready, several
from archspec.workflows.building import code_lines

SPECS = Path(__file__).parent / "specs"
CASES = sorted(path.stem for path in SPECS.glob("*.yaml"))
SMALL: dict[str, dict[str, Any]] = {  # sizes at which a file is run
    "dla34_one_tree2": {"resolution": 32, "classes": 3, "widths": [8, 8, 16, 16]},
    "ecaresnet26t": {"depths": [1, 1, 1, 2], "resolution": 32, "classes": 3},
    "ghostnet_100": {"resolution": 32, "classes": 3},
    "mobilenetv4_conv_small": {"resolution": 32, "classes": 3},
    "repvgg_a0": {"resolution": 32, "classes": 3},
    "res2net50_26w_4s": {"resolution": 32, "classes": 3, "depths": [2, 1, 1, 1]},
    "starnet_s1": {"resolution": 32, "classes": 3},
}
LINES = {  # of code in PyTorch, at most
    "res2net50_26w_4s": 160,
    "ecaresnet26t": 170,
    "ghostnet_100": 200,
    "starnet_s1": 95,
    "repvgg_a0": 75,
    "mobilenetv4_conv_small": 130,
    "dla34_one_tree2": 130,
}
MACHINE = ("get_submodule", "add_module", "getattr")


def definitions(text: str) -> Counter[str]:
    """How many definitions there are of each name, numbers at its end left out."""
    nodes = [n for n in ast.parse(text).body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    return Counter(re.sub(r"\d+$", "", node.name) for node in nodes)


@pytest.mark.parametrize("backend", ["torch", "keras"])
@pytest.mark.parametrize("name", CASES)
def test_source(name: str, backend: str) -> None:
    printed = archspec.load(SPECS / f"{name}.yaml").printed(backend)
    assert not printed.fallbacks
    assert not [word for word in MACHINE if word in printed.text]
    assert max(definitions(printed.text).values()) <= 2
    if backend == "torch" and name in LINES:
        assert code_lines(printed.text) <= LINES[name]


@pytest.mark.parametrize("name", CASES)
def test_the_file_is_the_built_network(name: str, tmp_path: Path) -> None:
    network = archspec.load(SPECS / f"{name}.yaml", **SMALL.get(name, {}))
    weights = network.random_weights(0, "float64")
    inputs = np.random.default_rng(1).standard_normal((2, *network.input_shape))
    outputs: list[Any] = []
    for backend in ("torch", "keras"):
        chosen: Any = ready(backend)
        outputs.append(chosen.run(network.build(backend, weights=weights, dtype="float64"), inputs))
        printed = network.printed(backend)
        path = tmp_path / f"{backend}_case.py"
        path.write_text(printed.text)
        made = chosen.import_source(path, printed.model, "float64", network.input_shape)
        chosen.load(made, chosen.lower(network.graph), weights)
        outputs.append(chosen.run(made, inputs))
    first, *others = (several(output)[0] for output in outputs)
    for other in others:
        assert np.abs(other - first).max() <= 1e-9 * np.abs(first).max()
