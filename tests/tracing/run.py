"""Every tracer of PyTorch on one network of each family and on every spec that pads `same`: `make zoo`.

`python -m tests.tracing.run [--tracer fx]... [NAME or FILE.yaml...]` prints a line for each network.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from pathlib import Path

from tests.tracing.checking import Traced, checked, found_by_name
from tests.tracing.ways import TRACERS
from tests.zoo.subjects import families, variants

HERE = Path(__file__).parent
SPECS = HERE.parent / "specs"


def subjects() -> list[str]:
    """The first network of each file of the zoo, since one that extends another may pad otherwise; the tests' specs."""
    return [*families(), *_others(), *map(str, _specs())]


def _specs() -> list[Path]:
    return [*sorted(SPECS.glob("*.yaml")), *sorted(HERE.glob("specs/*.yaml"))]


def _others() -> list[str]:
    return [names[0] for names in variants().values() if names[0] not in families()]


def line(name: str, found: Traced) -> str:
    """What was found of one network."""
    same = sum(not value for value in found.figures.values())
    worst = max(found.figures.values(), default=0.0)
    free = any(what.endswith("width") for what in found.figures)
    size = "another batch, height and width" if free else "another batch"
    verdict = "FAIL" if found.faults else "ok"
    told = f"{len(found.figures)} traced, {same} equal to the bit, {worst:.1e} apart at most"
    return "  ".join((verdict, Path(name).stem, told, size))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="networks of the zoo and files")
    parser.add_argument("--tracer", choices=tuple(TRACERS), action="append")
    options = parser.parse_args()
    failed = 0
    for name in options.names or subjects():
        with tempfile.TemporaryDirectory() as folder:
            found = checked(found_by_name(name), Path(folder), options.tracer or tuple(TRACERS))
        print(line(name, found), flush=True)
        for what, why in found.refused.items():
            print(f"      {what}, free height and width: {why}", flush=True)
        for fault in found.faults:
            print(f"      {fault}", flush=True)
        failed += bool(found.faults)
        gc.collect()
    print(f"{failed} fail" if failed else "all as they should be")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
