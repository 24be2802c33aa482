"""Files whose numbers hang on the size of the image say so at any other size; those of which none does take any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archspec

ODD = """\
archspec: 1
name: odd
input: [9, 12, 4]
rows:
  - {type: pad, name: even, bottom: prev.height % 2, right: prev.width % 2}
  - {type: conv, name: c, kernel: 3, filters: 4, stride: 2, padding: same}
"""
TWO = """\
archspec: 1
name: two
inputs: {left: [9, 12, 4], right: [9, 12, 4]}
rows:
  - {type: concat, name: both, from: [left, right]}
  - {type: avg_pool, name: all, kernel: [both.height, 1]}
"""
ANY = """\
archspec: 1
name: any
input: [9, 12, 4]
rows:
  - {type: conv, name: c, kernel: 3, filters: 4, stride: 2}
  - {type: conv, name: d, kernel: 1, filters: 4, when: c.height > 2}
  - {type: global_avg_pool, name: pool}
"""


def imported(text: str, folder: Path, name: str) -> Any:
    path = folder / "file.py"
    path.write_text(text)
    variables: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), variables)
    return variables[name]


@pytest.mark.parametrize("spec", [ODD, TWO], ids=["odd", "two"])
def test_torch_refuses_other_sizes(spec: str, tmp_path: Path) -> None:
    import torch

    network = archspec.load(spec)
    made = imported(network.source("torch"), tmp_path, network.graph.class_name)()
    count = len(network.input_shapes)
    made(*[torch.zeros(2, 4, 9, 12)] * count)
    for height, width in ((10, 12), (9, 13)):
        with pytest.raises(AssertionError, match="images of 9 x 12 alone"):
            made(*[torch.zeros(2, 4, height, width)] * count)


def test_keras_refuses_other_sizes(tmp_path: Path) -> None:
    network = archspec.load(ODD)
    make = imported(network.source("keras"), tmp_path, "odd")
    assert make().output_shape == (None, 5, 6, 4)
    with pytest.raises(ValueError, match="images of 9 x 12 alone"):
        make((10, 12, 4))


def test_what_only_a_condition_reads_takes_any_size(tmp_path: Path) -> None:
    import torch

    network = archspec.load(ANY)
    made = imported(network.source("torch"), tmp_path, network.graph.class_name)()
    assert made(torch.zeros(2, 4, 21, 20)).shape == (2, 4)
