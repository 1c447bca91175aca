"""A build that fails or is stopped leaves the folder as it was, and says where it failed.

Where it was stopped from outside, what it has finished is kept in a hidden folder, and is all that is there.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import examgen.build
import examgen.setting
import examgen.staging
from examgen.build import build, variants
from examgen.engines import _torch
from examgen.entries import FILES
from examgen.errors import ExamgenError, ProofError
from examgen.exam import read_exam
from examgen.render import galley
from examgen.render.paper import Head
from examgen.unfinished import STAGE
from tests.building.folders import LECTURE, Folder
from tests.cli.commands import Ended, complaint, run
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("build")


def listing(folder: Path) -> dict[str, bytes | None]:
    """All that stands in a folder, but for what is kept of stopped builds."""
    found = (path for path in sorted(folder.rglob("*")) if STAGE not in str(path))
    return {str(path): path.read_bytes() if path.is_file() else None for path in found}


def kept(folder: Path) -> list[str]:
    """What stopped builds have left, of which the owner alone can see anything."""
    stages = [path.name for path in folder.glob(f"{STAGE}*")]
    assert {0o700} >= {stat.S_IMODE((folder / name).stat().st_mode) for name in stages}
    return stages


def again(folder: Path) -> Ended:
    return run("build", LECTURE, "-o", folder, "--proof", 1, "-j", 1)


@pytest.fixture(params=["empty", "built"])
def place(request: pytest.FixtureRequest, sample: Folder, tmp_path: Path) -> Path:
    """A folder that is not there yet, or holds an older build."""
    folder = tmp_path / "out"
    return sample.copy(folder).path if request.param == "built" else folder


def broken(failure: BaseException) -> Callable[[str, Head], bytes]:
    """A renderer that fails on the key, which is set once the sheets are written."""
    def write(html: str, head: Head) -> bytes:
        raise failure

    return write


def test_an_engine_that_is_wrong_stops_the_build(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slope of the wrong sign in PyTorch's table: exit 1 naming variant, code, task and node; the folder as before."""
    before = listing(place)
    right = _torch.TABLE["sigmoid"]
    monkeypatch.setitem(_torch.TABLE, "sigmoid", lambda node, x: right(node, x) * 1.001)
    ended = again(place)
    assert (1, "") == (ended.status, ended.out)
    said = ended.err.splitlines()[-1]
    assert said.startswith("examgen: variant 1 (") and "), task 2: " in said
    assert "torch" in said and "sympy" in said and " f" in said
    assert (before, []) == (listing(place), kept(place))
    assert place.exists() == bool(before)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("a bug"), FileNotFoundError(2, "No such file")])
def test_a_failure_in_rendering_keeps_the_old_files(
    place: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt, a bug and a file of the installation that is missing, after the sheets were set: no new file.

    Only what goes wrong in writing is told as a failure in writing. A bug would come again: nothing is kept of it.
    """
    before = listing(place)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    unset(monkeypatch, broken(failure))
    if isinstance(failure, KeyboardInterrupt):
        assert 0 != again(place).status
    else:
        with pytest.raises(type(failure), match=str(failure.args[-1])):
            again(place)
    assert (before, isinstance(failure, RuntimeError)) == (listing(place), not kept(place))


@pytest.mark.parametrize("name", [*FILES, "solutions"])
def test_a_full_disk_keeps_the_old_files(place: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever file does not fit: exit 2, one sentence, the folder as before."""
    before, real = listing(place), examgen.staging._fill

    def full(path: Path, content: Any) -> str:
        if f"-{name}" in path.name:
            path.write_bytes(b"half of it")
            raise OSError(28, "No space left on device")
        return real(path, content)

    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    monkeypatch.setattr(examgen.staging, "_fill", full)
    ended = again(place)
    said = f"examgen: {place}: writing failed (No space left on device), what stood there before is kept"
    assert (2, said) == (ended.status, ended.err.splitlines()[-1])
    assert "note: stopped; " in ended.err
    assert before == listing(place)
    assert [] == [path for path in place.rglob("*") if path.is_file() and b"half of it" == path.read_bytes()]


def test_a_build_over_another_replaces_it(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth of the comparison: where nothing fails, the files are new and nothing else is there.

    One variant takes the place of three, so two of the old solutions are gone.
    """
    folder = sample.copy(tmp_path / "out")
    before = listing(folder.path)
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    assert 0 == again(folder.path).status
    assert sorted([*FILES, folder.solutions[0]]) == folder.names
    after = listing(folder.path)
    assert all(before[name] != after[name] for name in after if after[name] is not None)


@pytest.mark.parametrize(
    ("module", "place"), [(examgen.build, "solved_variant"), (examgen.setting, "solution_html"), (galley, "solution_html")]
)
def test_a_solution_that_cannot_be_set_is_named(
    tmp_path: Path, module: Any, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Number and code of its variant: in the sentence of a refusal, and beside the traceback of a bug; no folder."""
    real, code = getattr(module, place), variants(read_exam(LECTURE), 2)[1].code

    def fails(failure: Exception) -> Callable[..., Any]:
        def fail(*arguments: Any, **options: Any) -> Any:
            if any(getattr(argument, "number", None) == 2 for argument in arguments):
                raise failure
            return real(*arguments, **options)

        return fail

    if module is not galley:
        unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    monkeypatch.setattr(module, place, fails(ProofError("it does not add up")))
    ended = run("build", LECTURE, "-o", tmp_path / "out", "--proof", 2, "-j", 1)
    said = f"examgen: the solution of variant 2 ({code}): it does not add up"
    assert (1, said) == (ended.status, ended.err.splitlines()[-1])
    monkeypatch.setattr(module, place, fails(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError) as bug:
        build(read_exam(LECTURE), tmp_path / "out", count=2)
    assert [f"This happened in the solution of variant 2 ({code})."] == bug.value.__notes__
    assert [] == list(tmp_path.iterdir())


@contextmanager
def real_build(folder: Path, jobs: str) -> Iterator[subprocess.Popen[str]]:
    """`examgen build` with all its processes in a group of their own, once it has drawn."""
    code = (  # a suite run in the background hands on that SIGINT is ignored
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.argv = ['examgen', 'build', {str(LECTURE)!r}, '-o', 'out', '-j', {jobs!r}]\n"
        "from examgen.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        assert started.stderr is not None
        try:
            assert "drawn: 30\n" == started.stderr.readline()
            yield started
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)


def children(process: int) -> list[int]:
    """The worker processes of a build."""
    text = " ".join(path.read_text(encoding="utf-8") for path in Path(f"/proc/{process}/task").glob("*/children"))
    return [child for child in map(int, text.split()) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_nothing_half_done(tmp_path: Path, jobs: str) -> None:
    """Sent to all processes of a real build once it has drawn: a status that is not 0, soon, and no file; workers mute.

    What is kept is told.
    """
    with real_build(tmp_path, jobs) as started:
        os.killpg(started.pid, signal.SIGINT)
        _, said = started.communicate(timeout=60)
    assert 0 != started.returncode
    assert "Traceback" not in said
    told = [line for line in said.splitlines() if line.startswith("note: stopped; ")]
    assert 1 == len(told) and told[0].endswith(": the same command goes on from there, and --fresh begins anew")
    assert ({}, 1) == (listing(tmp_path / "out"), len(kept(tmp_path / "out")))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_terminated_build_leaves_nothing_half_done(tmp_path: Path, jobs: str) -> None:
    """SIGTERM to the build alone: the status of a process that it ends, no file, and no worker that lives on."""
    with real_build(tmp_path, jobs) as started:
        workers = children(started.pid)
        os.kill(started.pid, signal.SIGTERM)
        _, said = started.communicate(timeout=60)
    assert 128 + signal.SIGTERM == started.returncode
    assert int(jobs) == max(len(workers), 1)
    assert [] == [worker for worker in workers if Path(f"/proc/{worker}").exists()]
    assert "Traceback" not in said and "note: stopped; " in said
    assert ({}, 1) == (listing(tmp_path / "out"), len(kept(tmp_path / "out")))


def test_a_killed_worker_is_one_sentence(tmp_path: Path) -> None:
    """As the system does where memory runs out: exit 2, what is kept, what to do, and no file."""
    with real_build(tmp_path, "2") as started:
        os.kill(children(started.pid)[0], signal.SIGKILL)
        _, said = started.communicate(timeout=60)
    assert 2 == started.returncode
    assert said.splitlines()[-1].startswith("examgen: a process that took part was killed, ")
    assert said.endswith("such as -j 1\n") and "Traceback" not in said and "note: stopped; " in said
    assert ({}, 1) == (listing(tmp_path / "out"), len(kept(tmp_path / "out")))


def test_signals_are_handled_as_before_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who calls `build` keeps the own handlers, and may call it in a thread, where Python sets none."""
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    thread = threading.Thread(target=build, args=(read_exam(LECTURE), tmp_path / "thread"), kwargs={"count": 1})
    thread.start()
    thread.join()
    build(read_exam(LECTURE), tmp_path / "main", count=1)
    assert before == [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    assert listing(tmp_path / "main").keys() == {name.replace("thread", "main") for name in listing(tmp_path / "thread")}


def wrong_from_the_second_chunk(exam: Any, chunk: Sequence[Any], *told: Any) -> Any:
    """What a worker does instead of solving: the first chunk is fine, a later one has an answer that does not hold."""
    if chunk[0].number > 1:
        raise ProofError(f"variant {chunk[0].number} ({chunk[0].code}), task 1: torch and sympy disagree")
    return {}


def no_solutions(*told: Any) -> Any:
    """What a worker does instead of setting worked solutions."""
    return {}


def test_a_failed_proof_in_a_worker_names_the_variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At two jobs as at one: exit 1, the variant's number, and no folder."""
    monkeypatch.setattr(examgen.build, "CHUNK", 5)
    monkeypatch.setattr(examgen.build, "_write_solved", wrong_from_the_second_chunk)
    monkeypatch.setattr(examgen.build, "_write_solutions", no_solutions)
    monkeypatch.setattr(examgen.build, "_printed", lambda *told: [])
    ended = run("build", LECTURE, "-o", tmp_path / "out", "--proof", 7, "-j", 2)
    assert (1, "") == (ended.status, ended.out)
    assert ended.err.splitlines()[-1].startswith("examgen: variant 6 (")
    assert [] == list(tmp_path.iterdir())


def test_a_build_without_pango_says_how_to_get_it(tmp_path: Path) -> None:
    """In a process where WeasyPrint's shared libraries cannot be loaded: exit 2, one sentence, no page of advice."""
    code = (
        "import sys, cffi\n"
        "def missing(self, name, *flags): raise OSError(f'cannot load library {name!r}: no such file')\n"
        "cffi.FFI.dlopen = missing\n"
        f"sys.argv = ['examgen', 'build', {str(LECTURE)!r}, '-o', 'out', '--proof', '1', '-j', '1']\n"
        "from examgen.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    said = complaint(Ended(done.returncode, done.stdout, done.stderr))
    assert said.startswith("WeasyPrint cannot be loaded (cannot load library 'libgobject-2.0-0'): install ")
    assert "Pango and HarfBuzz-Subset" in said
    assert [] == list(tmp_path.iterdir())


def test_what_is_missing_is_told_before_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CUDA device that is not there costs no drawing."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(examgen.build, "variants", lambda *arguments: pytest.fail("drawn too early"))
    with pytest.raises(ExamgenError, match="sees no CUDA device"):
        build(read_exam(LECTURE), tmp_path / "out", device="cuda")
    with pytest.raises(pytest.fail.Exception, match="drawn too early"):
        build(read_exam(LECTURE), tmp_path / "out")
    assert [] == list(tmp_path.iterdir())
