"""The sums of generated files, a line each: `digests.py [NAME...]`, of the whole zoo unless named. Needs no framework.

A program of its own, so that any Python with any seed of its hashes can be asked.
"""

from __future__ import annotations

import hashlib
import sys

import archspec
from archspec import shelf

BACKENDS = ("torch", "keras")


def main() -> None:
    for name in sys.argv[1:] or shelf.listed():
        network = archspec.load(name)
        for backend in BACKENDS:
            text = network.source(backend)
            print(name, backend, hashlib.sha256(text.encode()).hexdigest(), flush=True)
    heavy = {"torch", "keras", "tensorflow"} & sys.modules.keys()
    assert not heavy, f"imported: {heavy}"


if __name__ == "__main__":
    main()
