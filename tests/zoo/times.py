"""What a generated file costs, slowest first: `python -m tests.zoo.times [NAME...]`, of the whole zoo unless named.

Milliseconds of one processor, the least of seven, after start-up: lowering, printing and replay; then with reading and
elaborating the spec before them. Needs no framework.
"""

from __future__ import annotations

import sys
from time import process_time

import archspec
from archspec import shelf

BACKENDS = ("torch", "keras")
ROUNDS = 7


def spent(name: str, backend: str) -> tuple[float, float]:
    """(printing, loading and printing) of one network, in milliseconds."""
    begun = process_time()
    network = archspec.load(name)
    loaded = process_time()
    network.printed(backend)
    ended = process_time()
    return 1e3 * (ended - loaded), 1e3 * (ended - begun)


def main() -> None:
    names = sys.argv[1:] or [*shelf.listed()]
    for backend in BACKENDS:
        spent(names[0], backend)  # start-up
    found = []
    for name in names:
        for backend in BACKENDS:
            rounds = [spent(name, backend) for _ in range(ROUNDS)]
            found.append((*map(min, zip(*rounds, strict=True)), name, backend))
    for printing, whole, name, backend in sorted(found, reverse=True):
        print(f"{printing:8.1f} ms  with loading {whole:8.1f} ms  {name}  {backend}")


if __name__ == "__main__":
    main()
