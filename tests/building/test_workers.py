"""Those who do the work: processes that are renewed, and the machines of a cluster, two workers of which run here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import examgen.processes
from examgen.pieces import Made, Piece, make, said
from examgen.processes import RENEWED, nothing, terminable, workers
from tests.building import quick
from tests.building.folders import Folder
from tests.building.test_same_bytes import differences
from tests.cli.commands import complaint, run

pytestmark = pytest.mark.xdist_group("workers")


def process() -> int:
    return os.getpid()


def failing() -> None:
    raise ZeroDivisionError("a bug")


@pytest.mark.parametrize(("seconds", "renewed"), [(RENEWED, False), (-1.0, True)])
def test_processes_are_renewed(seconds: float, renewed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many seconds of work another one takes its place; no call is lost, and none is done in this process."""
    monkeypatch.setattr(examgen.processes, "RENEWED", seconds)
    with workers(2) as pool:
        found = {future.result(timeout=60) for future in [pool.submit(process) for _ in range(5)]}
    assert (5 if renewed else 2) >= len(found) >= (5 if renewed else 1)
    assert os.getpid() not in found


def test_what_fails_in_a_process_fails_here() -> None:
    """And other calls are done."""
    with workers(2) as pool:
        wrong, right = pool.submit(failing), pool.submit(process)
        assert right.result(timeout=60) != os.getpid()
        with pytest.raises(ZeroDivisionError, match="a bug"):
            wrong.result(timeout=60)


def test_no_thread_and_no_process_is_left() -> None:
    """Neither where all is done nor where something fails while others wait."""
    before = threading.active_count()
    with pytest.raises(KeyError), workers(2) as pool:
        waiting = [pool.submit(time.sleep, 60) for _ in range(5)]
        raise KeyError
    with workers(2) as pool:
        wait([pool.submit(process)])
    assert before == threading.active_count()
    assert all(future.done() for future in waiting)


def noted(place: str, log: list[str]) -> Made:
    log.append(place)
    return {place: "0"}


@pytest.mark.parametrize("done", [[], ["a"], ["a", "b"], ["c"]])
def test_pieces_are_made_in_order(done: list[str]) -> None:
    """Each after those it needs, of those that are ready the first; what is done already is only counted."""
    log: list[str] = []
    recorded: list[str] = []
    reported: list[tuple[str, int, int]] = []
    needs: Mapping[str, list[str]] = {"c": ["a", "b"], "d": ["a"], "a": [], "b": []}
    pieces = [Piece(name, "set", noted, (name, log), needs[name]) for name in needs]
    there: dict[str, Made] = {name: {} for name in done}
    with workers(1) as pool:
        make(pool, pieces, there, lambda name, files: recorded.append(name), lambda *told: reported.append(told))
    expected = {"": ["a", "d", "b", "c"], "a": ["d", "b", "c"], "ab": ["c", "d"], "c": ["a", "d", "b"]}["".join(done)]
    assert expected == log == recorded
    assert [("set", count, 4) for count in range(1, 5)] == reported
    assert "4 of 4 files of sheets and key set" == said(pieces, there)


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cluster") / "exam.toml"
    path.write_text(quick.EXAM, encoding="utf-8")
    return path


@contextmanager
def dask(*arguments: object, expects: str, folder: Path) -> Iterator[None]:
    """A part of a cluster, as it is started from the command line, once it says something."""
    with (folder / f"{arguments[0]}.log").open("a+") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "dask", *map(str, arguments)], stdout=log, stderr=subprocess.STDOUT, cwd=folder
        )
        try:
            end = time.monotonic() + 60
            while expects not in Path(log.name).read_text(encoding="utf-8"):
                assert time.monotonic() < end and started.poll() is None, Path(log.name).read_text(encoding="utf-8")
                time.sleep(0.05)
            yield
        finally:
            started.terminate()
            started.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler without workers."""
    folder, port = tmp_path_factory.mktemp("dask"), free_port()
    options = ("--host", "127.0.0.1", "--port", port, "--no-dashboard")
    with dask("scheduler", *options, expects="Scheduler at:", folder=folder):
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def working(scheduler: str, folder: Path, count: int = 2, threads: int = 1) -> Iterator[None]:
    options = ("--nworkers", count, "--nthreads", threads, "--no-dashboard", "--local-directory", folder)
    with dask("worker", scheduler, *options, expects="Registered to:", folder=folder):
        yield


def test_a_cluster_makes_the_same_bytes(scheduler: str, exam: Path, tmp_path: Path) -> None:
    """Two workers on this machine, asked by the command: the files are those of one process, PDFs and all."""
    with working(scheduler, tmp_path):
        ended = run("build", exam, "-o", tmp_path / "out", "--scheduler", scheduler)
    assert (0, True) == (ended.status, "solved and proved: 6\n" in ended.err), ended.err
    alone = run("build", exam, "-o", tmp_path / "alone", "-j", 1)
    assert (0, []) == (alone.status, differences(Folder(tmp_path / "out"), Folder(tmp_path / "alone")))


def test_a_worker_with_threads_is_told(scheduler: str, exam: Path, tmp_path: Path) -> None:
    """Several calls in one process would share what cannot be shared."""
    with working(scheduler, tmp_path, 1, 2):
        ended = run("build", exam, "-o", tmp_path / "out", "--scheduler", scheduler)
    said = f"examgen: the worker on {socket.gethostname()} works in several threads, start it with: dask worker --nthreads 1"
    assert (2, said) == (ended.status, ended.err.splitlines()[-1])


def test_a_worker_that_does_not_see_the_folder_is_told(scheduler: str, exam: Path, tmp_path: Path) -> None:
    """A worker whose view of the folder is taken away: one sentence with folder and machine, and no file."""
    from examgen.cluster import cluster
    from examgen.errors import OutputError
    from examgen.versions import environment

    with working(scheduler, tmp_path, 1), cluster(scheduler, environment()) as pool:
        call = pool.submit(os.listdir, tmp_path / "elsewhere" / "stage")
        with pytest.raises(OutputError) as failure:
            call.result(timeout=60)
    shown = f"{tmp_path / 'elsewhere'}: the worker on {socket.gethostname()} does not see this folder: give one with -o that"
    assert str(failure.value).startswith(shown)


def test_a_worker_with_other_versions_is_told(scheduler: str, tmp_path: Path) -> None:
    """With the library and both versions."""
    from examgen.cluster import cluster
    from examgen.errors import InputError
    from examgen.versions import environment

    with working(scheduler, tmp_path, 1), cluster(scheduler, {**environment(), "numpy": "1.0"}) as pool:
        call = pool.submit(os.getpid)
        with pytest.raises(InputError, match=r"the worker on .* has numpy [0-9.]+, this machine 1\.0: install the versions of"):
            call.result(timeout=60)


def test_a_cluster_that_goes_away_is_told(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler ends while a call waits: exit 2, what is kept, one sentence, and one process goes on from there."""
    import examgen.build

    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    monkeypatch.setattr(examgen.build, "CHUNK", 1)
    with ExitStack() as there:
        options = ("--host", "127.0.0.1", "--port", port, "--no-dashboard")
        there.enter_context(dask("scheduler", *options, expects="Scheduler at:", folder=tmp_path))
        there.enter_context(working(address, tmp_path, 1))
        real = examgen.build.record

        def ending(stage: Path, piece: str, files: Made) -> None:
            real(stage, piece, files)
            if piece.endswith("000002"):
                there.close()

        with monkeypatch.context() as patch:
            patch.setattr(examgen.build, "record", ending)
            ended = run("build", exam, "-o", tmp_path / "out", "--scheduler", address)
    *_, note, last = ended.err.splitlines()
    assert 2 == ended.status and note.startswith("note: stopped; "), ended.err
    assert last.startswith(f"examgen: --scheduler {address}: the cluster or its workers were lost (")
    assert "note: goes on from what a stopped build has finished: " in run("build", exam, "-o", tmp_path / "out", "-j", 1).err


def test_a_scheduler_without_workers_is_told(
    scheduler: str, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while, with the command that starts one; no folder."""
    monkeypatch.setattr("examgen.cluster.WAIT", 0.5)
    said = complaint(run("build", exam, "-o", tmp_path / "out", "--scheduler", scheduler))
    assert f"--scheduler {scheduler}: it has no workers, start some with: dask worker {scheduler} --nthreads 1" == said
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://", "127.0.0.1:1", "foo://x:1"])
def test_a_scheduler_that_is_not_there_is_told(
    address: str, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence with its address, and no folder."""
    monkeypatch.setattr("examgen.cluster.WAIT", 0.5)
    said = complaint(run("build", exam, "-o", tmp_path / "out", "--scheduler", address))
    assert said.startswith(f"--scheduler {address}: no scheduler answers there (")
    assert [] == list(tmp_path.iterdir())


def test_without_dask_it_says_how_to_get_it(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where distributed cannot be imported: exit 2 and one sentence."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = complaint(run("build", exam, "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:8786"))
    assert "--scheduler needs Dask's distributed, which is not installed: pip install 'examgen-dl[cluster]'" == said
    assert [] == list(tmp_path.iterdir())


def swallowing() -> None:
    """Is interrupted, and lets that drop, as a library may do that is being loaded."""
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
    except KeyboardInterrupt:
        pass


def test_ctrl_c_that_is_let_drop_stops_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the next piece of work; without anybody who heeds it the work would go on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), terminable(), workers(1) as pool:
            pool.submit(swallowing)
        monkeypatch.setattr(examgen.processes, "heed", nothing)
        with terminable(), workers(1) as pool:
            assert pool.submit(swallowing).done()
    finally:
        signal.signal(signal.SIGINT, before)
