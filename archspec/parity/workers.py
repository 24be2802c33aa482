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
from archspec.lowering import backend as backends
from archspec.parity.ways import FrameworkWays, Job

T = TypeVar("T")
P = ParamSpec("P")


class WorkerError(ArchspecError):
    """A process that ended before it had answered."""


class Runner(Protocol):
    """Runs the two ways of one framework."""

    def ask(
        self, what: Callable[Concatenate[FrameworkWays, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Begins to run a method of FrameworkWays; the result when it is called for."""
        ...


class Worker:
    """The ways of a framework in a process of their own."""

    def __init__(self, job: Job, threads: int) -> None:
        self.name = job.backend
        self.pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_begin, initargs=(job, threads)
        )

    def ask(
        self, what: Callable[Concatenate[FrameworkWays, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Raises WorkerError, and RuntimeError with what was not foreseen where the answer is called for."""
        with self.alive():
            future: Future[T] = self.pool.submit(_answer, what, args, options)

        def answer() -> T:
            with self.alive():
                return future.result()

        return answer

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Raises WorkerError where the process has ended."""
        try:
            yield
        except BrokenProcessPool:
            message = f"the process of {self.name} ended: out of memory?"
            raise WorkerError(message) from None


_JOBS: list[Job] = []
_WAYS: list[FrameworkWays] = []


def _begin(job: Job, threads: int) -> None:
    """Prepares the process. An interrupt ends it silently: the process that started it reports.

    Frameworks that each use every core slow one another down, up to a hundred times.
    """
    for name in ("OMP_NUM_THREADS", *_thread_variables(job.backend)):
        os.environ.setdefault(name, str(threads))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_outlive, args=(parent_process(),), daemon=True).start()
    _JOBS.append(job)


def _thread_variables(name: str) -> tuple[str, ...]:
    """The environment's variables by which a framework is told how many threads it may use."""
    plugins = backends.registered()
    return getattr(backends.load(plugins[name]), "thread_variables", ()) if name in plugins else ()


def _outlive(parent: Any) -> None:
    """Ends with the parent: otherwise a process that waits for work would wait for ever."""
    parent.join()
    os._exit(1)


def _answer(what: Callable[..., T], args: Sequence[Any], options: Mapping[str, Any]) -> T:
    try:
        if not _WAYS:
            _WAYS.append(FrameworkWays(_JOBS[0]))
        return what(_WAYS[0], *args, **options)
    except Exception:
        raise RuntimeError(traceback.format_exc()) from None  # not every exception can be sent


class InProcess:
    """The ways of a framework in this process."""

    def __init__(self, job: Job) -> None:
        self.ways = FrameworkWays(job)

    def ask(
        self, what: Callable[Concatenate[FrameworkWays, P], T], *args: P.args, **options: P.kwargs
    ) -> Callable[[], T]:
        """Exceptions of the method pass through."""
        result = what(self.ways, *args, **options)
        return lambda: result


@contextmanager
def in_process(jobs: Sequence[Job]) -> Iterator[dict[str, Runner]]:
    """As `workers`, without processes, for callers that have imported the frameworks already."""
    yield {job.backend: InProcess(job) for job in jobs}


@contextmanager
def workers(jobs: Sequence[Job]) -> Iterator[dict[str, Runner]]:
    """A worker for each job, by its backend; their processes end with the block."""
    threads = max(1, (os.cpu_count() or 1) // max(1, len(jobs)))
    started = {job.backend: Worker(job, threads) for job in jobs}
    try:
        yield dict(started)
    finally:
        for worker in started.values():
            worker.pool.shutdown(wait=False, cancel_futures=True)
