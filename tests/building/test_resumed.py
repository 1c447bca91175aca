"""A build that was stopped goes on from what it had finished, and ends with the same bytes."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import examgen.build
import examgen.versions
from examgen import unfinished
from examgen.errors import ProofError
from examgen.unfinished import DONE, STAGE
from tests.building import quick
from tests.building.folders import Folder, everything
from tests.cli.commands import Ended, run
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("resumed")

CHUNK = 2
GOES_ON = "note: goes on from what a stopped build has finished: "
THROWN_AWAY = "note: what a stopped build had finished is thrown away: "
FILES = 23  # that a build writes: what is drawn, four for each of three chunks, sheets, key, six solutions, both JSON files


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)
    unset(monkeypatch, quick.write_pdf)
    monkeypatch.setattr(examgen.build, "sheets_pdf", quick.sheets_pdf)
    monkeypatch.setattr(examgen.build, "CHUNK", CHUNK)
    monkeypatch.setattr(examgen.build, "WORKED", 1)


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("resumed") / "exam.toml"
    path.write_text(quick.EXAM, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(exam: Path) -> Folder:
    """What a build that nobody stops makes."""
    started = command(exam, exam.parent / "whole")
    _, said = started.communicate(timeout=100)
    assert (0, 4) == (started.returncode, said.count("\n")), said
    return Folder(exam.parent / "whole")


def command(exam: Path, folder: Path, largest: int = -1) -> subprocess.Popen[str]:
    """The same by the real command with two processes, whose files the system lets grow to so many bytes at most."""
    arguments = [str(CHUNK), "build", str(exam), "-o", str(folder), "-j", "2"]
    return subprocess.Popen(
        [sys.executable, quick.__file__, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
    )


def again(exam: Path, folder: Path, *options: object) -> Ended:
    return run("build", exam, "-o", folder, "-j", 1, *options)


def same(one: Folder, other: Folder) -> bool:
    """Whether two folders hold the same bytes under the same names, hidden ones too."""
    return {name: one.bytes(name) for name in one.names} == {name: other.bytes(name) for name in other.names}


def stopping(at: int, failure: BaseException, written: list[str]) -> Callable[..., str]:
    """What writes files up to one, counted from 1, where it fails."""
    real = examgen.build.write

    def write(stage: Path, name: str, content: Any) -> str:
        written.append(name)
        if len(written) == at:
            raise failure
        return real(stage, name, content)

    return write


def stopped(exam: Path, folder: Path, at: int, *options: object, failure: BaseException | None = None) -> Ended:
    """A build that ends at one of its files, and leaves nothing to be seen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examgen.build, "write", stopping(at, failure or KeyboardInterrupt(), []))
        ended = again(exam, folder, *options)
    assert 0 != ended.status
    assert [] == [name for name in Folder(folder).names if not name.startswith(STAGE)] if folder.exists() else True
    return ended


@pytest.mark.parametrize("at", [2, 3, 4, 7, 14, 15, 16, 18, 22, 23])
def test_a_stopped_build_goes_on(exam: Path, whole: Folder, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At any of its files: what was finished is told and not made again, and the bytes are those of a build in one go."""
    told = stopped(exam, tmp_path / "out", at)
    assert "note: stopped; " in told.err and "--fresh begins anew\n" in told.err
    written: list[str] = []
    monkeypatch.setattr(examgen.build, "write", stopping(0, KeyboardInterrupt(), written))
    ended = again(exam, tmp_path / "out")
    assert (0, True) == (ended.status, GOES_ON in ended.err)
    assert 0 < FILES - len(written) <= at
    assert same(whole, Folder(tmp_path / "out"))


def test_a_build_in_one_go_says_nothing(exam: Path, whole: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: no note, and as many files written as there are."""
    written: list[str] = []
    monkeypatch.setattr(examgen.build, "write", stopping(0, KeyboardInterrupt(), written))
    ended = again(exam, tmp_path / "out")
    assert (0, False, FILES) == (ended.status, "note:" in ended.err, len(written))
    assert same(whole, Folder(tmp_path / "out"))


def test_what_is_finished_is_counted(exam: Path, tmp_path: Path) -> None:
    """Of variants solved and worked solutions by the variant, of the rest by the file."""
    there = "6 of 6 variants solved and proved, 2 of 6 worked solutions set, 2 of 2 files of sheets and key set"
    told = stopped(exam, tmp_path / "out", 19).err
    assert f"note: stopped; {there}: the same command goes on from there, and --fresh begins anew\n" in told
    assert f"{GOES_ON}{there}\n" in again(exam, tmp_path / "out").err


@pytest.mark.parametrize("what", ["seed", "title", "options", "variants", "library", "files"])
def test_what_belongs_to_another_build_is_thrown_away(
    what: str, exam: Path, whole: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another seed, word, option or number of variants, another version or state of the code: a note, and nothing is used."""
    other, options = tmp_path / "exam.toml", {"options": ("--key", "full"), "variants": ("--proof", 3)}.get(what, ())
    text = quick.EXAM.replace('"T"', '"U"') if what == "title" else quick.EXAM
    other.write_text(text.replace(quick.SEED, quick.SEED[::-1]) if what == "seed" else text, encoding="utf-8")
    with monkeypatch.context() as patch:
        if what in ("library", "files"):
            changed = {"library": "weasyprint", "files": "examgen's files"}[what]
            patch.setattr(examgen.versions, "environment", lambda: {**examgen.versions.versions(), changed: "0"})
        stopped(other, tmp_path / "out", 16, *options)
    ended = again(exam, tmp_path / "out")
    assert (0, True, False) == (ended.status, THROWN_AWAY in ended.err, GOES_ON in ended.err)
    assert same(whole, Folder(tmp_path / "out"))


def test_fresh_begins_anew(exam: Path, whole: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a note, since it was asked for."""
    stopped(exam, tmp_path / "out", 16)
    written: list[str] = []
    monkeypatch.setattr(examgen.build, "write", stopping(0, KeyboardInterrupt(), written))
    ended = again(exam, tmp_path / "out", "--fresh")
    assert (0, False, FILES) == (ended.status, "note:" in ended.err, len(written))
    assert same(whole, Folder(tmp_path / "out"))


def test_what_would_fail_again_is_not_kept(exam: Path, tmp_path: Path) -> None:
    """An answer that does not hold: no folder is left."""
    told = stopped(exam, tmp_path / "out", 16, failure=ProofError("it does not add up"))
    assert (1, False) == (told.status, "note:" in told.err)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone", "unnoted", "half a line"])
def test_a_damaged_piece_is_made_again(damage: str, exam: Path, whole: Folder, tmp_path: Path) -> None:
    """Whatever happened to its file or to what is noted down of it; the bytes are the same in the end."""
    stopped(exam, tmp_path / "out", 18)
    (stage,) = (tmp_path / "out").glob(f"{STAGE}*")
    path = stage / "pieces" / "000003.solved"
    content = path.read_bytes()
    if damage in ("changed", "shorter"):
        path.write_bytes(content[:-9] + (b"?" * 9 if damage == "changed" else b""))
    elif damage == "gone":
        path.unlink()
    else:
        lines = (stage / DONE).read_bytes().splitlines(keepends=True)
        cut = [line for line in lines if b'"pieces/000003"' not in line]
        assert len(cut) == len(lines) - 1
        (stage / DONE).write_bytes(b"".join(cut) + (b'["pieces/000003", {"pie' if damage == "half a line" else b""))
    ended = again(exam, tmp_path / "out")
    assert (0, True) == (ended.status, f"{GOES_ON}4 of 6 variants solved" in ended.err)
    assert same(whole, Folder(tmp_path / "out"))


def test_no_seed_is_kept(exam: Path, tmp_path: Path) -> None:
    """Neither in what is kept of variants and answers nor in what tells builds apart; the owner alone can look into it.

    The search finds the code of a variant, so that it would find a seed.
    """
    stopped(exam, tmp_path / "out", 20)
    (stage,) = (tmp_path / "out").glob(f"{STAGE}*")
    code = next(path.stem for path in (stage / "solutions").iterdir())
    content = [path.read_bytes() if path.suffix == ".pdf" else everything(path) for path in stage.rglob("*") if path.is_file()]
    assert 15 < len(content) and 0o700 == stat.S_IMODE(stage.stat().st_mode)
    assert any(code.encode() in found for found in content)
    assert not any(quick.SEED.encode() in found for found in content)


def test_two_builds_at_once_do_not_meet(exam: Path, whole: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One begins and ends while another one sets its sheets: both succeed, and the folder is that of the last."""
    ended: list[Ended] = []

    def busy(*told: Any, **more: Any) -> bytes:
        if not ended:
            ended.append(Ended(-1, "", ""))
            ended[0] = again(exam, tmp_path / "out", "--proof", 2)
        return quick.sheets_pdf(*told, **more)

    monkeypatch.setattr(examgen.build, "sheets_pdf", busy)
    assert (0, 0) == (again(exam, tmp_path / "out").status, ended[0].status)
    assert same(whole, Folder(tmp_path / "out"))


def test_only_one_of_two_builds_takes_over(tmp_path: Path) -> None:
    """What was left can be claimed once, unless it is let go of again."""
    left = unfinished.new_stage(tmp_path, "mark")
    assert [] == list(unfinished.claimed(tmp_path))
    unfinished.let_go(left)
    (mine,) = unfinished.claimed(tmp_path)
    assert [] == list(unfinished.claimed(tmp_path))
    unfinished.let_go(mine)
    assert 1 == len(list(unfinished.claimed(tmp_path)))


def pieces(folder: Path) -> int:
    """How many pieces a build that runs has finished."""
    stages = list(folder.glob(f"{STAGE}*"))
    return len(unfinished.finished(stages[0])) if stages else 0


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)


def workers(process: int) -> list[int]:
    text = " ".join(path.read_text(encoding="utf-8") for path in Path(f"/proc/{process}/task").glob("*/children"))
    return [child for child in map(int, text.split()) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def alive(process: int) -> bool:
    try:
        return "Z" != Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.fixture
def running(exam: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A real build with two processes that has finished something."""
    with command(exam, tmp_path / "out") as started:
        try:
            until(lambda: pieces(tmp_path / "out") >= 2)
            yield started
        finally:
            started.kill()


def test_a_killed_build_goes_on(running: subprocess.Popen[str], exam: Path, whole: Folder, tmp_path: Path) -> None:
    """SIGKILL: no file but hidden ones, no worker that lives on, and the next build goes on to the same bytes."""
    ours = workers(running.pid)
    running.kill()
    running.communicate(timeout=60)
    until(lambda: not any(map(alive, ours)))
    assert 2 == len(ours)
    assert {True} == {name.startswith(STAGE) for name in Folder(tmp_path / "out").names}
    ended = again(exam, tmp_path / "out")
    assert (0, True) == (ended.status, GOES_ON in ended.err)
    assert same(whole, Folder(tmp_path / "out"))


def test_a_build_goes_on_after_a_worker_was_killed(
    running: subprocess.Popen[str], exam: Path, whole: Folder, tmp_path: Path
) -> None:
    """As where memory runs out: exit 2, what there is, what to do; the next build, by one process, goes on."""
    os.kill(workers(running.pid)[0], signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert (2, True) == (running.returncode, "note: stopped; " in said)
    assert said.splitlines()[-1].startswith("examgen: a process that took part was killed, ")
    ended = again(exam, tmp_path / "out")
    assert (0, True) == (ended.status, GOES_ON in ended.err)
    assert same(whole, Folder(tmp_path / "out"))


def test_a_build_goes_on_once_there_is_room(exam: Path, whole: Folder, tmp_path: Path) -> None:
    """A file that the system does not let grow to its end: exit 2, the cause, what there is; the next build goes on."""
    assert 30_000 < len(whole.bytes("key.json"))
    with command(exam, tmp_path / "out", 30_000) as started:
        _, said = started.communicate(timeout=60)
    *_, note, last = said.splitlines()
    assert f"examgen: {tmp_path / 'out'}: writing failed (File too large), what stood there before is kept" == last
    assert (2, True) == (started.returncode, note.startswith("note: stopped; 6 of 6 variants solved and proved"))
    assert {True} == {name.startswith(STAGE) for name in Folder(tmp_path / "out").names}
    ended = again(exam, tmp_path / "out")
    assert (0, True) == (ended.status, GOES_ON in ended.err)
    assert same(whole, Folder(tmp_path / "out"))
