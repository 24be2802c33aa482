"""A process for each framework: generated files run there, and two frameworks start side by side."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from archspec.exceptions import ArchspecError
from archspec.parity.ways import Side, Subject

T = TypeVar("T")
P = ParamSpec("P")


class WorkerError(ArchspecError):
    """A process that ended before it had answered."""


class Asked(Protocol):
    """Someone to ask about one framework."""

    def ask(
        self, what: Callable[Concatenate[Side, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """A question - a method of Side - put at once; the answer when it is called for."""
        ...


class Worker:
    """A Side in a process of its own."""

    def __init__(self, subject: Subject, threads: int) -> None:
        self.name = subject.backend
        self.pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_begin, initargs=(subject, threads)
        )

    def ask(
        self, what: Callable[Concatenate[Side, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Raises WorkerError, and RuntimeError with what was not foreseen where the answer is called for."""
        with self.alive():
            asked: Future[T] = self.pool.submit(_answer, what, args, options)

        def answer() -> T:
            with self.alive():
                return asked.result()

        return answer

    @contextmanager
    def alive(self) -> Iterator[None]:
        """A pool whose process has ended is of no further use."""
        try:
            yield
        except BrokenProcessPool:
            said = f"the process of {self.name} ended: out of memory?"
            raise WorkerError(said) from None


_SUBJECTS: list[Subject] = []
_SIDES: list[Side] = []


def _begin(subject: Subject, threads: int) -> None:
    """The process waits for its first question; an interrupt ends it without a word, the one that asks speaks.

    Frameworks that each take every core for themselves keep one another waiting, up to a hundred times as long.
    """
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, str(threads))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_outlive, args=(parent_process(),), daemon=True).start()
    _SUBJECTS.append(subject)


def _outlive(parent: Any) -> None:
    """Nobody is left to ask: a process that waits for a question would wait for ever."""
    parent.join()
    os._exit(1)


def _answer(what: Callable[..., T], args: Sequence[Any], options: Mapping[str, Any]) -> T:
    try:
        if not _SIDES:
            _SIDES.append(Side(_SUBJECTS[0]))
        return what(_SIDES[0], *args, **options)
    except Exception:
        raise RuntimeError(traceback.format_exc()) from None  # not every exception can be sent


class Here:
    """A Side in this process."""

    def __init__(self, subject: Subject) -> None:
        self.side = Side(subject)

    def ask(
        self, what: Callable[Concatenate[Side, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Whatever goes wrong passes through."""
        found = what(self.side, *args, **options)
        return lambda: found


@contextmanager
def here(subjects: Sequence[Subject]) -> Iterator[dict[str, Asked]]:
    """The same without processes, for those who have imported the frameworks already."""
    yield {subject.backend: Here(subject) for subject in subjects}


@contextmanager
def workers(subjects: Sequence[Subject]) -> Iterator[dict[str, Asked]]:
    """A worker for each subject, by its backend; their processes end with the block."""
    threads = max(1, (os.cpu_count() or 1) // max(1, len(subjects)))
    made = {subject.backend: Worker(subject, threads) for subject in subjects}
    try:
        yield dict(made)
    finally:
        for worker in made.values():
            worker.pool.shutdown(wait=False, cancel_futures=True)
