"""Loading takes the model and little more: one tensor at a time, in parts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import archspec
from archspec.weights.files import canonical_file

PROGRAM = Path(__file__).with_name("memory.py")
WIDTH = 3.0
MOST = 1.3


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = archspec.load("mobilenet_v1", width=WIDTH)
    assert network.params.total * 4 > 100 * 2**20
    path = tmp_path_factory.mktemp("large") / "w.safetensors"
    canonical_file.write(path, network.graph, network.init_weights(0))
    return path


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak is read from Linux's /proc"
)
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_peak_of_building_and_of_loading(large: Path, backend: str) -> None:
    command = [sys.executable, str(PROGRAM), backend, str(large), str(WIDTH)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    size, built, loaded = map(int, done.stdout.split())
    assert 0.9 * size <= built <= MOST * size
    assert loaded <= MOST * size
