"""Work on several processors, stopped cleanly: by Ctrl-C, by a signal, or where a part of it fails."""

from __future__ import annotations

import os
import signal
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing import active_children, get_context, parent_process
from queue import SimpleQueue
from threading import Event, Thread, current_thread, main_thread
from time import monotonic
from typing import Any

from examgen.errors import Stopped

Report = Callable[[str, int, int], None]  # stage, done, of how many
RENEWED = 60.0  # seconds of work after which a process makes room for a new one: laying out paper, it grows
_asked = Event()  # by Ctrl-C
_Call = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]


def silent(stage: str, done: int, total: int) -> None:
    """Reports nothing."""


def nothing() -> None:
    """What a process does before there is work."""


@contextmanager
def terminable() -> Iterator[None]:
    """Whatever is half done is cleared away where the process is asked to end, by a signal or by Ctrl-C."""
    _asked.clear()
    deaf = signal.getsignal(signal.SIGINT) is not signal.default_int_handler  # or somebody else listens
    with _handled(signal.SIGTERM, _stop), nullcontext() if deaf else _handled(signal.SIGINT, _interrupt):
        yield


def heed() -> None:
    """Raises KeyboardInterrupt where Ctrl-C was pressed and dropped, by a library that was being loaded or by Python itself."""
    if _asked.is_set():
        _asked.clear()
        raise KeyboardInterrupt


class Workers(Executor):
    """An executor that knows how many calls it works on at a time."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many calls are worked on at a time, at least 1."""


class _Inline(Workers):
    """Works at once in this process: one job needs no second interpreter."""

    width = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        heed()
        return future


class _Processes(Workers):
    """So many spawned processes, each of which is renewed once it has worked for a while.

    `ProcessPoolExecutor` can renew its processes too, but in Python 3.11 hangs where work is waiting when the last one ends.
    So each process is a pool of its own, with a thread that hands it one call after another.
    """

    width = 1

    def __init__(self, jobs: int, first: Callable[[], None]) -> None:
        self.width, self._first = jobs, first
        self._calls: SimpleQueue[tuple[Future[Any], _Call] | None] = SimpleQueue()
        self._stopping = Event()
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(jobs)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        heed()
        future: Future[Any] = Future()
        self._calls.put((future, (fn, args, kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the processes: with `cancel_futures` once they have done what they are at, else once all is done."""
        if cancel_futures:
            self._stopping.set()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def stop(self, others: set[Any]) -> None:
        """Ends the processes at once, whatever they are at; not `others`, which are none of them."""
        self.shutdown(wait=False, cancel_futures=True)
        while any(thread.is_alive() for thread in self._threads):  # one of them may just be starting a process
            for process in set(active_children()) - others:
                process.terminate()
            for thread in self._threads:
                thread.join(0.05)

    def _serve(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Ctrl-C reaches every process, and only this one has to speak of it: those that are started here are deaf to it
            # from their first moment
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process = _Process(self._first)
        while (call := self._calls.get()) is not None:
            future, (fn, args, kwargs) = call
            if self._stopping.is_set() or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                future.set_result(process.result(fn, args, kwargs))
            except BaseException as failure:
                future.set_exception(failure)
        process.end()


class _Process:
    """One process after another, each of which works for a while."""

    def __init__(self, first: Callable[[], None]) -> None:
        self._first, self._worked = first, 0.0
        self._pool: ProcessPoolExecutor | None = None
        with suppress(OSError):  # which is told where there is something to do
            self._begun()

    def result(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """What comes of a call."""
        if self._worked > RENEWED:
            self.end()
        pool, began = self._begun(), monotonic()
        try:
            return pool.submit(fn, *args, **kwargs).result()
        finally:
            self._worked += monotonic() - began

    def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool, self._worked = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin), 0.0
            self._pool.submit(self._first)
        return self._pool

    def end(self) -> None:
        """Ends the process once it has nothing to do."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _begin() -> None:
    """A process of ours is deaf to Ctrl-C, and ends with the one that started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def workers(jobs: int, first: Callable[[], None] = nothing) -> Iterator[Workers]:
    """Processes that are stopped, not waited for, where the work fails. `first` is what each does before there is work.

    Raises: Stopped where one of them was killed.
    """
    if jobs == 1:
        yield _Inline()
        return
    others = set(active_children())
    pool = _Processes(jobs, first)
    try:
        yield pool
    except BaseException as failure:
        pool.stop(others)
        if isinstance(failure, BrokenProcessPool):
            raise Stopped(
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


def _interrupt(number: int, frame: Any) -> None:
    _asked.set()
    raise KeyboardInterrupt


def _stop(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)  # the status of a process that the signal ends
