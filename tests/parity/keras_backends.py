"""Keras on TensorFlow, JAX and PyTorch: built models and generated files against the prediction, in float64.

`python -m tests.parity.keras_backends` runs published networks and the tests' own specs on each framework that is
here, in a process each, for KERAS_BACKEND is read when Keras is imported. `--few` is what the suite runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from importlib import util
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ENGINES = ("tensorflow", "jax", "torch")
WIDE = {"mobilenet_v1": {"width": 0.25}, "mobilenet_v2": {"width": 0.35}}
NETWORKS = ("mobilenet_v1", "mobilenet_v2", "resnet50", "efficientnet_b0")
FEW = ("operations", "heads")


def missing(engine: str) -> bool:
    """Whether a framework is not installed."""
    return util.find_spec(engine) is None


def run(engine: str, *options: str) -> subprocess.CompletedProcess[str]:
    """This file in a process whose Keras computes with `engine`."""
    environment = {**os.environ, "KERAS_BACKEND": engine}
    command = [sys.executable, "-m", "tests.parity.keras_backends", "--engine", engine, *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False
    )


def compared(few: bool) -> bool:
    """Every network in this process, a line each; whether all are equal."""
    import archspec
    from archspec.parity.comparing import compare
    from archspec.parity.workers import in_process

    own = sorted(path.stem for path in (ROOT / "tests/specs").glob("*.yaml"))
    sizes = [32] if few else [33, 64]
    networks = [(name, size) for name in (NETWORKS[:1] if few else NETWORKS) for size in sizes]
    cases: list[tuple[str, int]] = [*networks, *((name, 0) for name in (FEW if few else own))]
    equal = True
    for name, size in cases:
        began = time.perf_counter()
        path = ROOT / "tests/specs" / f"{name}.yaml"
        spec = path if path.exists() else name
        network = archspec.load(spec, input=(size, size, 3) if size else None, **WIDE.get(name, {}))
        report = compare(network, ["keras"], opening=in_process)
        found = [one for row in report.rows for one in row.differences.values()]
        worst = max(found, default=float("nan"))
        equal &= report.equal
        shape = "x".join(map(str, network.input_shape))
        seconds = time.perf_counter() - began
        print(f"  {name:22} {shape:12} worst {worst:.1e}  {seconds:5.1f} s", flush=True)
        for finding in report.findings[:3]:
            print(f"    {finding.path}: {finding.message}", flush=True)
    return equal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--few", action="store_true")
    options = parser.parse_args()
    if options.engine:
        return 0 if compared(options.few) else 1
    failed = False
    for engine in ENGINES:
        if missing(engine):
            print(f"Keras on {engine}: skipped, it is not installed")
            continue
        print(f"Keras on {engine}", flush=True)
        done = run(engine, *(["--few"] if options.few else []))
        print(done.stdout, done.stderr if done.returncode else "", sep="")
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
