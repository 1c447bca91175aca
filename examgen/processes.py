"""Work on several processors, stopped cleanly: by Ctrl-C, by a signal, or where a part of it fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from threading import current_thread, main_thread
from typing import Any

from examgen.errors import ExamgenError

Report = Callable[[str, int, int], None]  # stage, done, of how many


def silent(stage: str, done: int, total: int) -> None:
    """Reports nothing."""


@contextmanager
def terminable() -> Iterator[None]:
    """Whatever is half done is cleared away where the process is asked to end."""
    with _handled(signal.SIGTERM, _stop):
        yield


class _Inline(Executor):
    """An executor that works at once in this process: one job needs no second interpreter."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def workers(jobs: int) -> Iterator[Executor]:
    """Processes that are stopped, not waited for, where the work fails.

    Raises: ExamgenError where one of them was killed.
    """
    if jobs == 1:
        yield _Inline()
        return
    others = set(active_children())
    quietly = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process: only this one has to speak of it
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=signal.signal, initargs=quietly)
    try:
        with _handled(*quietly):  # which the workers inherit: they are deaf to it from their first moment
            for _ in range(jobs):
                pool.submit(os.getpid)
        yield pool
    except BaseException as failure:
        for worker in set(active_children()) - others:
            worker.terminate()
        if isinstance(failure, BrokenProcessPool):
            raise ExamgenError(
                "a process that took part was killed, often for want of memory: take fewer processes, such as -j 1"
            ) from None
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _handled(number: int, handler: Any) -> Iterator[None]:
    """A signal handled otherwise for a while; elsewhere than in the main thread Python does not allow that."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL if before is None else before)


def _stop(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)  # the status of a process that the signal ends
