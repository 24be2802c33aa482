"""How much memory loading takes, measured in a process of its own: `memory.py BACKEND FILE WIDTH`.

Prints the size of the weights, then by how much the resident set grew at its highest (VmHWM, Linux) while a model was
built from the file, and while the file was loaded into that model again; all in bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path


def resident(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"{key} is not known here")


def main(backend: str, file: str, width: float) -> None:
    import numpy as np

    import archspec
    from archspec.lowering.backend import ready
    from archspec.weights.files import canonical_file

    small = archspec.load("mobilenet_v1", width=0.25)
    chosen = ready(backend)
    chosen.run(
        small.build(backend), np.zeros((1, 224, 224, 3), np.float32)
    )  # frameworks load parts of themselves late
    network = archspec.load("mobilenet_v1", width=width)
    found = [network.params.total * 4]

    def grown(before: int) -> int:
        return resident("VmHWM") - before

    clear = Path("/proc/self/clear_refs")
    before = resident("VmRSS")
    clear.write_text("5")
    model = network.build(backend, weights=file)
    found.append(grown(before))
    clear.write_text("5")
    chosen.load(model, chosen.lower(network.graph), canonical_file.stored(Path(file)))
    found.append(grown(before))
    print(*found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
