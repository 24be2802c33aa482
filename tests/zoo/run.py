"""Every network of the zoo, built and generated, file by file: `make zoo`.

`python -m tests.zoo.run [--backend torch] [--no-graphs] [--inductor] [WORD...]` takes the files whose names hold one
of the words, each in a process of its own, and prints a line for each network.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from tests.zoo.subjects import Found, Subject, families, subject, variants

BACKENDS = ("torch", "keras")
Check = Callable[[Subject, Path], Found]


def line(name: str, backend: str, size: tuple[int, ...], found: Found, seconds: float) -> str:
    """What was found of one network; figures that are zero are counted."""
    shown = [f"{what} {value:.1e}" for what, value in found.figures.items() if value]
    same = sum(not value for value in found.figures.values())
    told = [f"{same} equal to the bit"] if same else []
    verdict = "FAIL" if found.faults else "ok"
    parts = (verdict, name, backend, "x".join(map(str, size)), f"{seconds:.1f} s", *told, *shown)
    return "  ".join(parts)


def checks(backend: str, options: argparse.Namespace, stack: ExitStack) -> Check:
    """What is asked about a framework."""
    if backend == "torch":
        from tests.zoo import in_torch

        if options.inductor:
            return in_torch.inductor
        return lambda one, folder: in_torch.checked(
            one, folder, graphs=in_torch.PAIRS if options.graphs else ()
        )
    from tests.zoo import in_keras

    other = stack.enter_context(in_keras.Alone())
    return lambda one, folder: in_keras.checked(one, folder, other)


def networks(file: str, options: argparse.Namespace) -> Iterator[str]:
    """Those of a file; for inductor the first of each family."""
    for name in variants()[file]:
        if not options.inductor or name in families():
            yield name


def here(file: str, backend: str, options: argparse.Namespace) -> int:
    """The networks of one file in this process; how many fail."""
    failures = 0
    with ExitStack() as stack:
        check = checks(backend, options, stack)
        for name in networks(file, options):
            begun = perf_counter()
            one = subject(name)
            with tempfile.TemporaryDirectory() as folder:
                found = check(one, Path(folder))
            size = one.network.input_shape
            print(line(name, backend, size, found, perf_counter() - begun), flush=True)
            for fault in found.faults:
                print(f"      {fault}", flush=True)
            failures += bool(found.faults)
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="files whose names hold one of these words")
    parser.add_argument("--backend", choices=BACKENDS, action="append")
    parser.add_argument("--no-graphs", dest="graphs", action="store_false")
    parser.add_argument("--inductor", action="store_true", help="of each family the first, in C++")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    backends = ["torch"] if options.inductor else options.backend or BACKENDS
    if options.here:
        return min(here(options.words[0], backends[0], options), 1)
    files = [f for f in variants() if not options.words or any(w in f for w in options.words)]
    flags = [flag for flag in sys.argv[1:] if flag in ("--no-graphs", "--inductor")]
    failed = []
    for file in files:
        for backend in backends:
            command = [sys.executable, "-m", "tests.zoo.run", "--here", "--backend", backend, file]
            if subprocess.run([*command, *flags], check=False).returncode:
                failed.append(f"{file} ({backend})")
    print(
        f"failed: {', '.join(failed)}" if failed else f"{len(files)} files, all as they should be"
    )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
