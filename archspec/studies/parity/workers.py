"""A process for each framework: generated files run there, and two frameworks start side by side."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from archspec.studies.parity.ways import Case, Side

T = TypeVar("T")
P = ParamSpec("P")


class WorkerError(Exception):
    """A process that ended, or failed in a way that is no finding about a network."""


class Asked(Protocol):
    """Someone to ask about one framework."""

    def ask(
        self, what: Callable[Concatenate[Side, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """A question - a method of Side - put at once; the answer when it is called for."""
        ...


class Worker:
    """A Side in a process of its own."""

    def __init__(self, case: Case) -> None:
        self.name = case.backend
        self.pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_begin, initargs=(case,)
        )

    def ask(
        self, what: Callable[Concatenate[Side, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Raises WorkerError where the answer is called for."""
        asked: Future[T] = self.pool.submit(_answer, what, args, options)

        def answer() -> T:
            try:
                return asked.result()
            except BrokenProcessPool:
                raise WorkerError(f"the process of {self.name} ended: out of memory?") from None

        return answer


_CASES: list[Case] = []
_SIDES: list[Side] = []


def _begin(case: Case) -> None:
    """The process waits for its first question; an interrupt ends it without a word, the other one speaks."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _CASES.append(case)


def _answer(what: Callable[..., T], args: Sequence[Any], options: Mapping[str, Any]) -> T:
    try:
        if not _SIDES:
            _SIDES.append(Side(_CASES[0]))
        return what(_SIDES[0], *args, **options)
    except Exception:
        raise WorkerError(traceback.format_exc()) from None


class Here:
    """A Side in this process."""

    def __init__(self, case: Case) -> None:
        self.side = Side(case)

    def ask(
        self, what: Callable[Concatenate[Side, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Whatever goes wrong passes through."""
        found = what(self.side, *args, **options)
        return lambda: found


@contextmanager
def here(cases: Sequence[Case]) -> Iterator[dict[str, Asked]]:
    """The same without processes, for those who have imported the frameworks already."""
    yield {case.backend: Here(case) for case in cases}


@contextmanager
def workers(cases: Sequence[Case]) -> Iterator[dict[str, Asked]]:
    """A worker for each case, by its backend; their processes end with the block."""
    made = {case.backend: Worker(case) for case in cases}
    try:
        yield dict(made)
    finally:
        for worker in made.values():
            worker.pool.shutdown(wait=False, cancel_futures=True)
