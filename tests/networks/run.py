"""Many random networks: `make fuzz`.

`python -m tests.networks.run --count N --seed S [--run M] [--save FOLDER]` draws the specs of the seeds S to S + N - 1,
prints each in both frameworks, and really runs M of them. Seeds that are done are kept in FOLDER: a run that was
interrupted goes on. The first spec of each kind of failure is written there, made as small as it can be.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from archspec.source import from_data
from tests.networks.checking import checked, fails, smaller
from tests.networks.specs import spec, trimmed

Result = dict[str, Any]


def one(task: tuple[int, bool]) -> Result:
    """What came of a seed, as data."""
    seed, run = task
    made = spec(random.Random(seed))
    found = checked(made, run=run)
    return {"seed": seed, **vars(found)}


def summary(results: Sequence[Result]) -> str:
    """Counts, one a line."""
    refused = Counter(r["refused"] for r in results if r["refused"])
    valid = [r for r in results if not r["refused"]]
    kinds: dict[str, list[int]] = {}
    for r in results:
        for kind, _ in r["failures"]:
            kinds.setdefault(kind, []).append(r["seed"])
    fallen = [r["seed"] for r in valid if r["fallbacks"]]
    failed = [r["seed"] for r in valid if r["failures"]]
    lines = [
        f"{len(results):7,} specs",
        f"{len(valid):7,} valid, {share(len(valid), len(results))}",
        f"{sum(r['printed'] == 2 for r in valid):7,} printed in both frameworks",
        f"{sum(r['ran'] for r in valid):7,} run",
        f"{len(fallen):7,} with a fallback, {share(len(fallen), len(valid))}: {fallen[:8]}",
        f"{len(failed):7,} failed",
        *(f"{len(seeds):7,}   {kind}: {seeds[:6]}" for kind, seeds in _most(kinds)),
        *(f"{number:7,} refused by {code}" for code, number in refused.most_common()),
    ]
    return "\n".join(lines)


def _most(kinds: dict[str, list[int]]) -> list[tuple[str, list[int]]]:
    return sorted(kinds.items(), key=lambda item: -len(item[1]))


def share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.2f} %"


def save(folder: Path, results: Sequence[Result], seen: set[str]) -> None:
    """A small spec for each kind of failure that has none yet."""
    for result in results:
        for kind, message in result["failures"]:
            if kind in seen:
                continue
            seen.add(kind)
            run = not kind.startswith(("print", "load"))
            made = smaller(spec(random.Random(result["seed"])), partial(fails, kind=kind, run=run))
            text = from_data(trimmed(made)).text
            note = " ".join(message.split())
            head = f"# {kind}: {note} (seed {result['seed']})\n"
            name = "".join(c if c.isalnum() else "_" for c in kind)[:70].strip("_")
            (folder / f"{name}.yaml").write_text(head + text)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", type=int, default=0, help="how many of them are really run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--save", type=Path, help="folder of results and of failing specs")
    given = parser.parse_args(arguments)
    log = given.save and given.save / "results.jsonl"
    results: list[Result] = []
    if log:
        given.save.mkdir(parents=True, exist_ok=True)
        lines = log.read_text().splitlines() if log.exists() else []
        results = [json.loads(line) for line in lines]
    done = {r["seed"] for r in results}
    every = given.count // given.run if given.run else 0
    seeds = range(given.seed, given.seed + given.count)
    tasks = [(s, bool(every) and s % every == 0) for s in seeds if s not in done]
    context = multiprocessing.get_context("spawn")
    with context.Pool(given.jobs, maxtasksperchild=500) as pool:
        for number, result in enumerate(pool.imap_unordered(one, tasks, chunksize=5), 1):
            results.append(result)
            if log:
                with log.open("a") as file:
                    file.write(json.dumps(result) + "\n")
            if number % 500 == 0:
                failed = sum(bool(r["failures"]) for r in results)
                print(f"{number:6,} of {len(tasks):,}, {failed} failed", flush=True)
    print(summary(results))
    if given.save:
        save(given.save, results, set())
    return int(any(r["failures"] for r in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
