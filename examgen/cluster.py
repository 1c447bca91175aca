"""Work on the machines of a Dask cluster, which have to be set up as this one is."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from examgen.errors import EngineUnavailable, InputError, OutputError, Stopped
from examgen.processes import Workers

LOST = ("KilledWorker", "CommClosedError", "FutureCancelledError")  # Dask's exceptions where workers or all of it end
WAIT = 10  # seconds for a scheduler to answer, and for a first worker to be there
SAME = "install the versions of one constraints.txt everywhere"


class _Cluster(Workers):
    """The workers of a scheduler; each looks, before it works, whether it is set up as this machine is."""

    def __init__(self, client: Any, versions: Mapping[str, str]) -> None:
        self._client, self._versions = client, versions
        self._executor: Executor = client.get_executor(pure=False)

    @property
    def width(self) -> int:
        return max(1, sum(map(int, self._client.nthreads().values())))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._executor.submit(_checked, self._versions, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=not cancel_futures)


@contextmanager
def cluster(scheduler: str, versions: Mapping[str, str]) -> Iterator[Workers]:
    """The workers of a scheduler such as tcp://host:8786; `versions` are those that all have to have.

    Raises: EngineUnavailable where Dask is not installed, InputError where nobody answers or works there, Stopped where the
    cluster goes away.
    """
    with _connected(scheduler) as client:
        pool = _Cluster(client, versions)
        try:
            yield pool
        except BaseException as failure:
            pool.shutdown(cancel_futures=True)
            if type(failure).__name__ in LOST or isinstance(failure, CancelledError):
                raise Stopped(
                    f"--scheduler {scheduler}: the cluster or its workers were lost"
                    f" ({str(failure) or type(failure).__name__}), look at their logs"
                ) from None
            raise


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError:
        raise EngineUnavailable(
            "--scheduler needs Dask's distributed, which is not installed: pip install 'examgen-dl[cluster]'"
        ) from None
    connect: Any = distributed.Client
    try:
        client = connect(scheduler, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--scheduler {scheduler}: no scheduler answers there ({type(error).__name__}), start one with: dask scheduler"
        ) from None
    with client, _quiet():
        try:
            client.wait_for_workers(1, timeout=WAIT)
        except TimeoutError:
            raise InputError(
                f"--scheduler {scheduler}: it has no workers, start some with: dask worker {scheduler} --nthreads 1"
            ) from None
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's log says in a page what is told here in a sentence."""
    before = [(log, log.level) for log in map(logging.getLogger, ("distributed", "distributed.client"))]
    try:
        for log, _ in before:
            log.setLevel(logging.CRITICAL)
        yield
    finally:
        for log, level in before:
            log.setLevel(level)


def _checked(versions: Mapping[str, str], fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A call on a worker, which does it only where it is set up for it.

    Raises: InputError where versions differ, or several threads would share what is no thread's own; OutputError where the
    worker does not see the folders that it is to write to.
    """
    _check_worker(versions)
    for folder in (argument for argument in args if isinstance(argument, Path)):
        if not folder.is_dir():
            raise OutputError(
                f"{folder.parent}: the worker on {socket.gethostname()} does not see this folder: give one with -o that all"
                " machines share under the same name"
            )
    return fn(*args, **kwargs)


def _check_worker(versions: Mapping[str, str]) -> None:
    from distributed import get_worker

    from examgen.versions import environment

    name = socket.gethostname()
    if get_worker().state.nthreads != 1:
        raise InputError(f"the worker on {name} works in several threads, start it with: dask worker --nthreads 1")
    own = environment()
    for library in sorted(own.keys() | versions.keys()):
        here, there = versions.get(library, "not there"), own.get(library, "not there")
        if here != there:
            raise InputError(f"the worker on {name} has {library} {there}, this machine {here}: {SAME}")
