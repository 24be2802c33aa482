"""Nothing in the suite depends on how fast the machine is: what is compared with a clock is a ratio of one run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parents[1]
CLOCKS = {
    "getrusage",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "sleep",
    "thread_time",
    "time",
    "time_ns",
    "timeit",
}
RATIOS = {"errors/test_errors.py"}  # how long a mistake takes beside a spec of the zoo, in one run
SCRIPTS = {  # print what they take
    "faults/run.py",
    "mistakes/damaged.py",
    "parity/keras_backends.py",
    "zoo/in_torch.py",
    "zoo/run.py",
    "zoo/times.py",
}


def names(node: ast.AST) -> Iterator[str]:
    """The clocks that a piece of code names."""
    if isinstance(node, ast.ImportFrom) and node.module in ("time", "timeit", "resource"):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield from {node.attr} & CLOCKS if node.value.id in ("time", "timeit", "resource") else ()
    if isinstance(node, ast.Call):
        yield from (word.arg for word in node.keywords if word.arg == "timeout")
        waits = isinstance(node.func, ast.Attribute) and node.func.attr == "wait"
        yield from (["wait"] if waits and node.args else [])
    if isinstance(node, ast.Attribute) and node.attr == "timeout":
        yield "timeout"  # pytest.mark.timeout


def hasty(call: ast.Call) -> Iterator[str]:
    """What a call of hypothesis's `settings` says of time."""
    options = {word.arg: ast.unparse(word.value) for word in call.keywords}
    if options.get("deadline", "None") != "None":
        yield f"deadline={options['deadline']}"
    checks = options.get("suppress_health_check", "list(HealthCheck)")
    every = checks in ("list(HealthCheck)", "[*HealthCheck]")
    if not every and "HealthCheck.too_slow" not in checks:
        yield f"suppress_health_check={checks} without HealthCheck.too_slow"


def complaints(text: str) -> list[str]:
    """The lines of a file that a slow machine could fail."""
    found = []
    for node in ast.walk(ast.parse(text)):
        hits = [*names(node)]
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "settings":
            hits += hasty(node)
        found += [f"{getattr(node, 'lineno', 0)}: {hit}" for hit in hits]
    return found


def test_no_file_waits_for_a_clock() -> None:
    found = {}
    for file in sorted(TESTS.rglob("*.py")):
        name = file.relative_to(TESTS).as_posix()
        if name not in RATIOS | SCRIPTS and "node_modules" not in name:
            found[name] = complaints(file.read_text(encoding="utf-8"))
    assert not {name: lines for name, lines in found.items() if lines}


def test_clocks_are_measured_by_those_alone_that_are_excused() -> None:
    for name in RATIOS | SCRIPTS:
        assert complaints((TESTS / name).read_text(encoding="utf-8")), name


@pytest.mark.parametrize(
    "code",
    [
        "start = time.perf_counter()",
        "from time import process_time",
        "messages.get(timeout=5)",
        "assert process.wait(5) == 0",
        "@pytest.mark.timeout(10)\ndef test(): pass",
        "@settings(deadline=200)\ndef test(): pass",
        "MANY = settings(QUICK, suppress_health_check=[HealthCheck.filter_too_much])",
    ],
)
def test_a_clock_is_seen(code: str) -> None:
    assert complaints(code)


def test_hypothesis_measures_no_time() -> None:
    """The profile of the suite, which every test has unless it says otherwise."""
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
